//! The report as an email: a summary, with the page attached.

use std::path::PathBuf;

use clap::Args;
use sendmux_client::Secret;
use sendmux_mock::DemoAccount;

use super::data::Report;
use super::page;
use crate::account::{OpenError, read_key};
use crate::mailer::{Email, Mailer};
use crate::text::{percentage, rounded_dollars, sanitize, with_separators};

/// Options to send the report by email.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Email")]
pub struct EmailArgs {
    /// Send the report to this address, through the sending API; may be repeated. The same report is
    /// sent once within 24 hours. No file is written then unless --output is given.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SENDMUX_REPORT_SEND_TO",
        value_delimiter = ',',
        requires = "send_from"
    )]
    pub send_to: Vec<String>,

    /// Address from which the report is sent.
    #[arg(long, value_name = "ADDRESS", env = "SENDMUX_REPORT_SEND_FROM")]
    pub send_from: Option<String>,

    /// File that contains a mailbox key that may send. Default: the key in SENDMUX_SEND_KEY.
    #[arg(long, value_name = "FILE", env = "SENDMUX_SEND_KEY_FILE")]
    pub send_key_file: Option<PathBuf>,

    /// Base URL of the sending API. Default: the one of --base-url, or else the public server.
    #[arg(long, value_name = "URL", env = "SENDMUX_SEND_BASE_URL")]
    pub send_base_url: Option<String>,
}

impl EmailArgs {
    /// Returns the mailer, if the report is to be sent.
    ///
    /// # Errors
    /// A sentence about the key, the base URL or an address.
    pub(super) fn mailer(
        &self,
        base_url: Option<&str>,
        demo: Option<&DemoAccount>,
    ) -> Result<Option<Mailer>, String> {
        let (false, Some(from)) = (self.send_to.is_empty(), &self.send_from) else {
            return Ok(None);
        };
        let (key, base_url) = match demo {
            Some(demo) => (demo.mailbox_key().to_owned(), Some(demo.base_url())),
            None => {
                let key = read_key(self.send_key_file.as_deref(), "SENDMUX_SEND_KEY");
                let key = key.map_err(|error| match error {
                    OpenError::NoKey => "no key to send the report: set SENDMUX_SEND_KEY or pass \
                                         --send-key-file"
                        .to_owned(),
                    error => error.to_string(),
                })?;
                (key, self.send_base_url.as_deref().or(base_url))
            }
        };
        Mailer::new(Secret::new(key), base_url, from, self.send_to.clone()).map(Some)
    }
}

/// Returns the email and a key that equal reports share.
pub(super) fn email(report: &Report) -> (Email, String) {
    let period = report.period;
    let title = format!("Email report, {}", period.month.title());
    let mut lines = Vec::new();
    if let Some(total) = report.data.total() {
        lines.push(("Emails", with_separators(total.total())));
        lines.push(("Sent", with_separators(total.sent)));
        lines.push(("Failed or rejected", with_separators(total.failures())));
        lines.push(("Failure rate", percentage(total.failures(), total.completed())));
    }
    if let Ok(spend) = &report.data.spend {
        lines.push(("Spent", rounded_dollars(spend.total)));
    }
    let missing = report.data.missing();
    let team = sanitize(&report.data.team, 120);
    let html = maud::html! {
        h1 { (title) }
        p { (team) }
        table { @for (name, value) in &lines { tr { td { (name) } td align="right" { (value) } } } }
        @for (part, problem) in &missing { p { "Missing: " (part) " – " (problem) "." } }
        p { "The attached page has the details." }
    };
    let mut text = format!("{title}\n{team}\n\n");
    for (name, value) in &lines {
        text.push_str(&format!("{name}: {value}\n"));
    }
    for (part, problem) in &missing {
        text.push_str(&format!("Missing: {part} – {problem}.\n"));
    }
    text.push_str("\nThe attached page has the details.\n");
    // A complete report follows an incomplete one, and one of a later day an earlier one.
    let zone = period.zone.iana_name().unwrap_or_default();
    let (month, end) = (period.month, period.end.to_zoned_datetime(period.zone.clone()).date());
    let key = format!("{team} {month} {end} {zone} {}", missing.is_empty());
    let attachment = (format!("sendmux-{month}.html"), page::render(report).into_bytes());
    let email = Email {
        subject: format!("{title} – {team}"),
        html: html.into_string(),
        text,
        attachment: Some(attachment),
    };
    (email, key)
}
