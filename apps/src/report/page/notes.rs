//! How the figures came about.

use maud::{Markup, html};

use super::Page;
use crate::report::account::Account;
use crate::report::counts::Counts;
use crate::report::number::grouped;

pub(super) fn draw(page: &Page) -> Markup {
    let made = page.made.strftime("%-d %B %Y, %H:%M UTC").to_string();
    html! {
        (difference(page))
        footer {
            p { (source(page)) }
            p {
                "The failure rate is the share of failed and rejected emails among all. "
                "Spend is the sum of the transactions of type USAGE, to the last digit. "
                "Comparisons are with " (page.before()) "."
            }
            p {
                @if page.demo { "A made-up account. " }
                "Made on " (made) " with sendmux-client " (env!("CARGO_PKG_VERSION")) "."
            }
        }
    }
}

fn source(page: &Page) -> &'static str {
    match (&page.account.mail, &page.account.metrics) {
        (Ok(mail), Ok(metrics)) if mail.total == metrics.total => {
            "Counted from the log, email by email; the API's own counts agree."
        }
        (Ok(_), Ok(_)) => {
            "Counted from the log, email by email; the API's own counts differ, as shown above."
        }
        (Ok(_), Err(_)) => {
            "Counted from the log, email by email; the API's own counts were not to be had."
        }
        (Err(_), Ok(_)) => "Counts are the API's own; the log was not to be had.",
        (Err(_), Err(_)) => "Neither the log nor the API's own counts were to be had.",
    }
}

/// The log's counts and the API's own, where they are not the same.
fn differing(account: &Account) -> Option<(&Counts, &Counts)> {
    let (Ok(mail), Ok(metrics)) = (&account.mail, &account.metrics) else { return None };
    (mail.total != metrics.total).then_some((&mail.total, &metrics.total))
}

/// At the top of the page, what its end explains.
pub(super) fn warning(page: &Page) -> Markup {
    let Some((log, metrics)) = differing(page.account) else { return html! {} };
    html! {
        div.notice role="note" {
            strong { "Two counts differ." }
            " The log has " (grouped(log.total())) " emails, the API's own counts come to "
            (grouped(metrics.total())) "; see the end of the page."
        }
    }
}

fn difference(page: &Page) -> Markup {
    let Some((log, metrics)) = differing(page.account) else { return html! {} };
    let row = |name: &str, count: fn(&Counts) -> i64| {
        html! {
            tr {
                th scope="row" { (name) }
                td.n { (grouped(count(log))) }
                td.n { (grouped(count(metrics))) }
            }
        }
    };
    html! {
        section {
            h2 { "Two counts that differ" }
            p.lead {
                "This report counts the log. For the same time the API's metrics say something "
                "else; emails may have changed their status between the two, or one of the two "
                "may be behind."
            }
            table {
                thead { tr {
                    th scope="col" { "Emails" }
                    th.n scope="col" { "In the log" }
                    th.n scope="col" { "In the metrics" }
                } }
                tbody {
                    (row("Sent", |counts| counts.sent))
                    (row("Failed", |counts| counts.failed))
                    (row("Rejected", |counts| counts.rejected))
                    (row("Pending", |counts| counts.pending))
                    (row("Of another status", |counts| counts.other))
                }
                tfoot { (row("All", Counts::total)) }
            }
        }
    }
}
