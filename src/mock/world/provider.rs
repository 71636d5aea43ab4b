//! The sending accounts.

use super::DAY;
use super::incident::Incident;

pub(super) const MAIN: usize = 0;
pub(super) const SHARED: usize = 1;
pub(super) const GMAIL: usize = 2;
pub(super) const BACKUP: usize = 3;

/// What a relay says to a wrong password.
pub(super) const BAD_PASSWORD: &str = "535 5.7.8 SMTP authentication failed";

pub(crate) struct Provider {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    /// Share of the mail, in per cent.
    pub(crate) percentage: i64,
    /// E-mails it may send a day.
    pub(crate) per_day: Option<i64>,
    /// Address of an account connected through OAuth, which it always sends from.
    pub(crate) oauth_email: Option<&'static str>,
    pub(crate) smtp_host: Option<&'static str>,
    pub(crate) updated_at: i64,
}

impl Provider {
    /// Whether it is the platform's account, shared by the team.
    pub(crate) fn is_shared(&self) -> bool {
        self.kind == "amazon_ses"
    }
}

pub(super) fn all(emails_per_day: u32, today: i64, incident: &Incident) -> Vec<Provider> {
    let per_day = i64::from(emails_per_day);
    let quiet = Provider {
        id: "",
        name: "",
        kind: "smtp",
        status: "active",
        reason: None,
        percentage: 0,
        per_day: None,
        oauth_email: None,
        smtp_host: None,
        updated_at: (today - 70) * DAY,
    };
    vec![
        Provider {
            id: "dprov_main",
            name: "Main relay",
            percentage: 60,
            smtp_host: Some("smtp.example.com"),
            ..quiet
        },
        Provider {
            id: "dprov_ses",
            name: "Shared Amazon SES",
            kind: "amazon_ses",
            percentage: 30,
            per_day: Some(per_day.max(10)),
            ..quiet
        },
        Provider {
            id: "dprov_gmail",
            name: "Shop on Gmail",
            kind: "gmail_api",
            per_day: Some((per_day / 8).max(5)),
            oauth_email: Some("hello@example.com"),
            ..quiet
        },
        Provider {
            id: "dprov_backup",
            name: "Backup relay",
            status: "error",
            reason: Some(BAD_PASSWORD),
            percentage: 10,
            smtp_host: Some("backup.example.net"),
            updated_at: incident.end,
            ..quiet
        },
        Provider {
            id: "dprov_outlook",
            name: "Newsletter on Outlook",
            kind: "outlook_api",
            status: "inactive",
            oauth_email: Some("news@example.com"),
            ..quiet
        },
    ]
}
