//! What the email of the month consists of: failure reasons and sending accounts.

use maud::{Markup, html};
use sendmux_client::management::types::ProviderStatus;

use super::chart::{bar, share_bar, swatch};
use crate::report::data::{Report, ReportData};
use crate::report::mail::{self, SendingAccount, StatusCounts};
use crate::report::reason::ReasonFormat;
use crate::text::{percentage, sanitize, with_separators};

const MAX_REASONS: usize = 10;

/// Renders the most frequent failure reasons.
pub(super) fn reasons(report: &Report) -> Markup {
    let Ok(mail) = &report.data.mail else { return html! {} };
    let ranking = mail.reasons.ranking();
    let failures = mail.total.failures();
    let rest: StatusCounts = ranking
        .iter()
        .skip(MAX_REASONS)
        .fold(mail.reasons.rest, |sum, (_, counts)| sum.plus(counts));
    let largest = ranking.first().map_or(0, |(_, counts)| counts.total());
    let row = |reason: Markup, counts: &StatusCounts, bar: Markup| {
        html! {
            tr {
                th scope="row" { (reason) }
                td.b { (bar) }
                td.n { (with_separators(counts.total())) }
                td.n.optional { (percentage(counts.total(), failures)) }
            }
        }
    };
    html! {
        section.whole {
            h2 { "Failure reasons" }
            @if failures == 0 {
                p.empty { "No failures in " (report.period.month.title()) "." }
            } @else {
                p.lead {
                    "As reported by servers and sending accounts"
                    @if report.reason_format == ReasonFormat::Grouped {
                        ", with addresses, hosts and identifiers replaced"
                    }
                    "."
                }
                table {
                    thead { tr {
                        th scope="col" { "Reason" }
                        th.b scope="col" {
                            span.key { (swatch("failed")) "failed" }
                            span.key { (swatch("rejected")) "rejected" }
                        }
                        th.n scope="col" { "Emails" }
                        th.n.optional scope="col" { "Share" }
                    } }
                    tbody {
                        @for (reason, counts) in ranking.iter().take(MAX_REASONS) {
                            (row(html! { bdi { (reason) } }, counts, bar(largest, &[
                                ("failed", counts.failed), ("rejected", counts.rejected),
                            ])))
                        }
                        @if rest.total() > 0 {
                            (row(html! { span.muted { "All other reasons" } }, &rest, html! {}))
                        }
                    }
                    tfoot { tr {
                        th scope="row" { "Failed or rejected" }
                        td.b {}
                        td.n { (with_separators(failures)) }
                        td.n.optional { (percentage(failures, failures)) }
                    } }
                }
            }
        }
    }
}

const MAX_SHARES: usize = 5;
const MAX_ACCOUNTS: usize = 50;
const CLASSES: [&str; MAX_SHARES + 1] =
    ["share-1", "share-2", "share-3", "share-4", "share-5", "share-rest"];

/// Renders the share and failure rate of each sending account.
pub(super) fn sending_accounts(report: &Report) -> Markup {
    let Ok(mail) = &report.data.mail else { return html! {} };
    let providers = report.data.providers.as_deref().unwrap_or_default();
    let accounts = mail::sending_accounts(mail, providers);
    let total = mail.total.total();
    let largest = accounts.first().map_or(0, |account| account.counts.total());
    let (shown, hidden) = accounts.split_at(accounts.len().min(MAX_ACCOUNTS));
    let rest: StatusCounts =
        hidden.iter().fold(mail.senders.rest, |sum, account| sum.plus(&account.counts));
    html! {
        section {
            h2 { "Sending accounts" }
            @if accounts.is_empty() {
                p.empty { "No sending accounts and no email." }
            } @else {
                p.lead { (summary(&accounts, total)) }
                (shares(&accounts, total))
                table {
                    thead { tr {
                        th scope="col" { "Account" }
                        td.b {}
                        th.n scope="col" { "Emails" }
                        th.n scope="col" { "Share" }
                        th.n.optional scope="col" { "Failed" }
                        th.n scope="col" { "Rate" }
                    } }
                    tbody {
                        @for (index, account) in shown.iter().enumerate() {
                            (row(name(report.data, account, index), &account.counts, total,
                                largest, index))
                        }
                        @if !hidden.is_empty() || rest.total() > 0 {
                            (row(html! { span.muted { "All other accounts" } }, &rest, total,
                                largest, MAX_ACCOUNTS))
                        }
                    }
                }
            }
        }
    }
}

fn name(data: &ReportData, account: &SendingAccount, index: usize) -> Markup {
    let status = match &account.status {
        None if account.id.is_empty() || data.providers.is_err() => None,
        None => Some("not listed".to_owned()),
        Some(ProviderStatus::Active) => None,
        Some(status) => Some(sanitize(status.as_str(), 20)),
    };
    html! {
        @if account.counts.total() > 0 && index < MAX_SHARES {
            (swatch(CLASSES[index]))
        }
        bdi { (account.name) }
        @if let Some(status) = status { " " span.state { (status) } }
    }
}

fn row(name: Markup, counts: &StatusCounts, total: i64, largest: i64, index: usize) -> Markup {
    let class = CLASSES[index.min(MAX_SHARES)];
    html! {
        tr.none[counts.total() == 0] {
            th scope="row" { (name) }
            td.b { (bar(largest, &[(class, counts.total())])) }
            td.n { (with_separators(counts.total())) }
            td.n { (percentage(counts.total(), total)) }
            td.n.optional { (with_separators(counts.failures())) }
            td.n { (percentage(counts.failures(), counts.completed())) }
        }
    }
}

/// Renders one bar for all emails, with the largest sending accounts as its parts.
fn shares(accounts: &[SendingAccount], total: i64) -> Markup {
    if accounts.iter().filter(|account| account.counts.total() > 0).count() < 2 {
        return html! {};
    }
    let mut rest = total;
    let mut parts: Vec<(&str, i64)> = Vec::new();
    for account in accounts.iter().take(MAX_SHARES) {
        parts.push((&account.name, account.counts.total()));
        rest = rest.saturating_sub(account.counts.total());
    }
    parts.push(("all others", rest));
    parts.retain(|(_, count)| *count > 0);
    let readouts: Vec<String> = parts
        .iter()
        .map(|(name, count)| format!("{name}: {}", percentage(*count, total)))
        .collect();
    for (part, class) in parts.iter_mut().zip(CLASSES) {
        part.0 = class;
    }
    share_bar(
        &format!("Share of each sending account. {}", readouts.join("; ")),
        total,
        &parts,
        &readouts,
    )
}

fn summary(accounts: &[SendingAccount], total: i64) -> Markup {
    let mut used = accounts.iter().filter(|account| account.counts.total() > 0);
    match (used.clone().count(), used.next()) {
        (0, _) | (_, None) => html! { "None of them was used." },
        (1, _) => html! { "One sending account was used." },
        (count, Some(first)) => html! {
            (count) " sending accounts were used; " bdi { (first.name) } " sent "
            (percentage(first.counts.total(), total)) " of all emails."
        },
    }
}
