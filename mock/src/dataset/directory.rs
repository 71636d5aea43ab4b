//! The team, its domains, mailboxes and webhook subscriptions.

/// Public id of the team.
pub(crate) const TEAM_ID: &str = "team_demo";
/// Public id of the account's keys.
pub(crate) const CREDENTIAL_ID: &str = "smx_demo";
pub(crate) const TEAM_NAME: &str = "Example Shop";

/// A domain. Ages are in days before the first email of the dataset.
pub(crate) struct Domain {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) verified: bool,
    pub(crate) receives: bool,
    pub(crate) age: i64,
}

/// A mailbox.
pub(crate) struct Mailbox {
    pub(crate) id: &'static str,
    pub(crate) email: &'static str,
    pub(crate) display_name: Option<&'static str>,
    pub(crate) status: &'static str,
    pub(crate) gigabytes: i64,
    pub(crate) age: i64,
}

/// Newest first.
pub(crate) const DOMAINS: [Domain; 2] = [
    Domain {
        id: "mdom_news",
        name: "news.example.com",
        verified: false,
        receives: false,
        age: -55,
    },
    Domain { id: "mdom_example", name: "example.com", verified: true, receives: true, age: 90 },
];

/// Newest first.
pub(crate) const MAILBOXES: [Mailbox; 4] = [
    Mailbox {
        id: "mbx_press",
        email: "press@example.com",
        display_name: None,
        status: "suspended",
        gigabytes: 1,
        age: 10,
    },
    Mailbox {
        id: "mbx_orders",
        email: "orders@example.com",
        display_name: Some("Orders"),
        status: "active",
        gigabytes: 1,
        age: 60,
    },
    Mailbox {
        id: "mbx_support",
        email: "support@example.com",
        display_name: Some("Support"),
        status: "active",
        gigabytes: 5,
        age: 80,
    },
    Mailbox {
        id: "mbx_former",
        email: "former@example.com",
        display_name: None,
        status: "deleted",
        gigabytes: 1,
        age: 85,
    },
];

/// A webhook subscription.
pub(crate) struct Webhook {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) url: &'static str,
    pub(crate) events: &'static [&'static str],
    pub(crate) mailboxes: &'static [&'static str],
    pub(crate) failing: bool,
    pub(crate) age: i64,
}

/// Newest first. The first one's endpoint no longer exists.
pub(crate) const WEBHOOKS: [Webhook; 2] = [
    Webhook {
        id: "whk_orders",
        name: "Orders",
        url: "https://orders.example.net/hook",
        events: &["message.received"],
        mailboxes: &["mbx_orders"],
        failing: true,
        age: 5,
    },
    Webhook {
        id: "whk_demo",
        name: "Operations",
        url: "https://hooks.example.com/sendmux",
        events: &["message.bounced", "message.rejected", "message.complained"],
        mailboxes: &[],
        failing: false,
        age: 40,
    },
];
