//! The domains and mailboxes of the account.

/// A domain. Ages are in days before the world's first mail.
pub(crate) struct Domain {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) verified: bool,
    pub(crate) receives: bool,
    pub(crate) age: i64,
}

/// A mailbox. Ages are in days before the world's first mail.
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
