//! The report as an email: a summary, with the page attached.

use std::path::PathBuf;

use clap::Args;
use maud::{DOCTYPE, Markup, html};
use sendmux_client::Secret;
use sendmux_mock::DemoAccount;

use super::data::{MonthData, Report};
use super::page;
use crate::account::{OpenError, Problem, read_key};
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
    let year = report.data.year(period);
    let year = if year.len() > 1 { year } else { Vec::new() };
    let mut text = format!("{title}\n{team}\n\n");
    for (name, value) in &lines {
        text.push_str(&format!("{name}: {value}\n"));
    }
    for (part, problem) in &missing {
        text.push_str(&format!("Missing: {part} – {problem}.\n"));
    }
    if !year.is_empty() {
        text.push_str("\nMonths side by side:\n");
    }
    for month in &year {
        let [name, emails, rate, spent] = cells(month);
        text.push_str(&format!("{name}: emails {emails}, failure rate {rate}, spent {spent}\n"));
    }
    text.push_str("\nThe attached page has the details.\n");
    let html = summary(&title, &team, &lines, &missing, &year);
    // A complete report follows an incomplete one, and one of a later day an earlier one.
    let zone = period.zone.iana_name().unwrap_or_default();
    let (month, end) = (period.month, period.end.to_zoned_datetime(period.zone.clone()).date());
    let key = format!("{team} {month} {end} {zone} {}", missing.is_empty());
    let attachment = (format!("sendmux-{month}.html"), page::render(report).into_bytes());
    let email =
        Email { subject: format!("{title} – {team}"), html, text, attachment: Some(attachment) };
    (email, key)
}

/// Formats the month, the emails, the failure rate and the spend.
fn cells(month: &MonthData) -> [String; 4] {
    let dash = || "–".to_owned();
    let counts = month.counts;
    [
        month.month.short_title(),
        counts.map_or_else(dash, |counts| with_separators(counts.total())),
        counts.map_or_else(dash, |counts| percentage(counts.failures(), counts.completed())),
        month.spend.map_or_else(dash, rounded_dollars),
    ]
}

/// Renders the summary for mail programs, which have no style sheets.
fn summary(
    title: &str,
    team: &str,
    lines: &[(&str, String)],
    missing: &[(&str, &Problem)],
    year: &[MonthData],
) -> String {
    const CELL: &str = "padding:4px 8px 4px 0;border-bottom:1px solid #dde2e8";
    const NUMBER: &str =
        "padding:4px 0 4px 8px;border-bottom:1px solid #dde2e8;text-align:right;white-space:nowrap";
    const HEADING: &str = "padding:4px 0 4px 8px;border-bottom:1px solid #dde2e8;text-align:right";
    let table = |rows: Markup| {
        html! {
            table width="100%" cellpadding="0" cellspacing="0"
                style="border-collapse:collapse;font-size:14px" { tbody { (rows) } }
        }
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
            }
            body style="margin:0;padding:16px 12px;font-family:Arial,Helvetica,sans-serif" {
                div style="max-width:560px;margin:0 auto" {
                    h1 style="font-size:22px;margin:0 0 4px" { (title) }
                    p style="margin:0 0 16px" { (team) }
                    (table(html! { @for (name, value) in lines {
                        tr { td style=(CELL) { (name) } td style=(NUMBER) { (value) } }
                    } }))
                    @for (part, problem) in missing {
                        p { "Missing: " (part) " – " (problem) "." }
                    }
                    @if !year.is_empty() {
                        h2 style="font-size:17px;margin:24px 0 4px" { "Months side by side" }
                        (table(html! {
                            tr {
                                th align="left" style=(CELL) { "Month" }
                                @for name in ["Emails", "Failure rate", "Spent"] {
                                    th style=(HEADING) { (name) }
                                }
                            }
                            @for month in year {
                                @let [name, numbers @ ..] = cells(month);
                                tr {
                                    td style=(CELL) { (name) }
                                    @for number in numbers { td style=(NUMBER) { (number) } }
                                }
                            }
                        }))
                    }
                    p style="margin:20px 0 0" { "The attached page has the details." }
                }
            }
        }
    };
    document.into_string()
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};
    use serde_json::json;

    use super::*;
    use crate::report::data::Metrics;
    use crate::report::fixture::{HOSTILE, data, log, mail, period};
    use crate::report::mail::StatusCounts;
    use crate::report::reason::ReasonFormat;

    #[test]
    fn the_summary_has_the_months_and_nothing_that_mail_programs_drop() {
        let mut data = data(mail(&[log(1, "failed", json!({}))]), &[], Vec::new());
        data.team = HOSTILE.to_owned();
        data.providers = Err(Problem::new(HOSTILE));
        if let Ok(Metrics { earlier: Ok(earlier), .. }) = &mut data.metrics {
            earlier[10] = StatusCounts { sent: 1234, ..StatusCounts::default() };
        }
        let (period, reason_format) = (period(), ReasonFormat::Grouped);
        let generated_at = period.end;
        let report =
            Report { data: &data, period: &period, reason_format, demo: false, generated_at };
        let (email, _) = email(&report);
        let months = "Months side by side:\n\
                      Sep 2026: emails 1,234, failure rate 0.0%, spent $0.00\n\
                      Oct 2026: emails 1, failure rate 100.0%, spent $0.00\n";
        assert!(email.text.contains(months), "{}", email.text);
        let page = Html::parse_document(&email.html);
        assert_eq!(page.errors.len(), 0, "{:?}", page.errors);
        for dropped in ["style", "script", "svg", "img", "link", "[class]", "[onerror]"] {
            let found = page.select(&Selector::parse(dropped).unwrap()).count();
            assert_eq!(found, 0, "{dropped}");
        }
        let rows = Selector::parse("h2 + table tr").unwrap();
        assert_eq!(page.select(&rows).count(), 3);
    }
}
