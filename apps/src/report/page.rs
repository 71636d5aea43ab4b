//! The report as a self-contained HTML page.
//!
//! It has no scripts and makes no requests: its content security policy allows only the style
//! sheet.

mod breakdowns;
mod by_day;
mod chart;
mod year;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::data::{Report, ReportData};
use super::mail::StatusCounts;
use super::period::Period;
use crate::text::{
    format_tenths, per_mille, percentage, rounded_dollars, sanitize, with_separators,
};

const STYLE: &str = include_str!("page/style.css");

/// Renders the page. Equal reports have equal pages.
pub(crate) fn render(report: &Report) -> String {
    let title = format!("Email report, {}", report.period.month.title());
    let team = sanitize(&report.data.team, 120);
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                title { (title) " – " (team) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.eyebrow { "Email report · " bdi { (team) } }
                        h1 { (report.period.month.title()) }
                        p.muted { (subtitle(report.period)) }
                    }
                    (missing(report.data))
                    (warning(report.data))
                    (headline(report))
                    (by_day::volume(report))
                    (breakdowns::reasons(report))
                    (breakdowns::sending_accounts(report))
                    (by_day::spend(report))
                    (year::render(report))
                    (by_day::table(report))
                    (difference(report.data))
                    (footer(report))
                }
            }
        }
    };
    document.into_string()
}

fn subtitle(period: &Period) -> String {
    let zone = match period.is_utc() {
        true => "Days are in UTC, like those of the API.".to_owned(),
        false => {
            let zone = period.zone.iana_name().unwrap_or("another time zone");
            format!("Days are in {zone}; those of the API are in UTC.")
        }
    };
    match period.is_over() {
        true => zone,
        false => {
            let end = period.end.to_zoned_datetime(period.zone.clone());
            format!("Month to date, up to {}. {zone}", end.strftime("%-d %B, %H:%M"))
        }
    }
}

fn missing(data: &ReportData) -> Markup {
    let missing = data.missing();
    html! {
        @if !missing.is_empty() {
            div.notice role="note" {
                strong { "This report is incomplete." }
                ul { @for (what, problem) in missing {
                    li { "Missing: " (what) " – " (problem) "." }
                } }
            }
        }
    }
}

/// Renders the four main numbers with their changes.
fn headline(report: &Report) -> Markup {
    let total = report.data.total();
    let previous = report.data.metrics.as_ref().ok().map(|metrics| metrics.previous);
    let name = report.period.previous_name();
    let card = |title: &str, value: Option<String>, change: Markup| {
        html! {
            div {
                dt { (title) }
                dd.value { (value.as_deref().unwrap_or("–")) }
                dd.change { (change) }
            }
        }
    };
    let volume = match (total, previous) {
        (Some(now), Some(previous)) => {
            html! { (growth_since(now.total(), previous.total(), &name)) }
        }
        (Some(_), None) => html! { "no comparison" },
        _ => html! { "unknown" },
    };
    let spend = report.data.spend.as_ref().ok();
    html! {
        dl.headline {
            (card("Emails", total.map(|total| with_separators(total.total())), volume))
            (card("Sent", total.map(|total| with_separators(total.sent)), sent(total)))
            (card("Failed or rejected",
                total.map(|total| percentage(total.failures(), total.completed())),
                failures(total, previous, &name)))
            (card("Spent", spend.map(|spend| rounded_dollars(spend.total)), match spend {
                Some(spend) => html! { (spend_growth(spend.total, spend.previous, &name)) },
                None => html! { "unknown" },
            }))
        }
    }
}

fn sent(total: Option<StatusCounts>) -> Markup {
    let Some(total) = total else { return html! { "unknown" } };
    html! {
        @if total.total() > 0 { (percentage(total.sent, total.total())) " of all" }
        @if total.pending > 0 { ", " (with_separators(total.pending)) " pending" }
    }
}

fn failures(total: Option<StatusCounts>, previous: Option<StatusCounts>, name: &str) -> Markup {
    let Some(total) = total else { return html! { "unknown" } };
    let share = |counts: StatusCounts| per_mille(counts.failures(), counts.completed());
    let change = previous.and_then(|previous| Some(share(total)?.saturating_sub(share(previous)?)));
    html! {
        (with_separators(total.failures())) " emails"
        @if let Some(change) = change {
            ", "
            span.worse[change > 0] { (arrow(change)) " " (format_tenths(change.saturating_abs())) " points" }
            " vs " (name)
        }
    }
}

fn growth_since(now: i64, previous: i64, name: &str) -> String {
    match per_mille(now.saturating_sub(previous), previous) {
        Some(tenths) => change(tenths, name),
        None => format!("none in {name}"),
    }
}

/// Formats the change of a count, or a dash if there is nothing to compare with.
fn growth(now: i64, previous: i64) -> String {
    let tenths = per_mille(now.saturating_sub(previous), previous);
    tenths.map_or_else(
        || "–".to_owned(),
        |tenths| format!("{} {}%", arrow(tenths), format_tenths(tenths.saturating_abs())),
    )
}

fn spend_growth(now: Decimal, previous: Decimal, name: &str) -> String {
    let share = now.saturating_sub(previous).saturating_mul(1000.into()).checked_div(previous);
    match share
        .filter(|_| previous > Decimal::ZERO)
        .and_then(|share| i64::try_from(share.round()).ok())
    {
        Some(tenths) => change(tenths, name),
        None => format!("none in {name}"),
    }
}

fn change(tenths: i64, name: &str) -> String {
    format!("{} {}% vs {name}", arrow(tenths), format_tenths(tenths.saturating_abs()))
}

fn arrow(change: i64) -> &'static str {
    match change {
        1.. => "▲",
        0 => "=",
        _ => "▼",
    }
}

fn footer(report: &Report) -> Markup {
    let generated_at = report.generated_at.strftime("%-d %B %Y, %H:%M UTC").to_string();
    html! {
        footer {
            p { (source(report.data)) }
            p {
                "The failure rate is the share of failed and rejected emails among the completed ones: "
                "those that were sent, failed or were rejected. "
                "Spend is the exact sum of the transactions of type USAGE. "
                "Changes are relative to " (report.period.previous_name()) "."
            }
            p {
                @if report.demo { "Demo account. " }
                "Generated on " (generated_at) " by sendmux-report " (env!("CARGO_PKG_VERSION")) "."
            }
        }
    }
}

fn source(data: &ReportData) -> &'static str {
    match (&data.mail, &data.metrics) {
        (Ok(mail), Ok(metrics)) if mail.total == metrics.total => {
            "Counted from the email log; the metrics of the API agree."
        }
        (Ok(_), Ok(_)) => {
            "Counted from the email log; the metrics of the API differ, as shown above."
        }
        (Ok(_), Err(_)) => "Counted from the email log; the metrics of the API were not available.",
        (Err(_), Ok(_)) => "Counted by the metrics of the API; the email log was not available.",
        (Err(_), Err(_)) => "Neither the email log nor the metrics of the API were available.",
    }
}

/// Returns the counts of the log and of the metrics if they differ.
fn differing(data: &ReportData) -> Option<(&StatusCounts, &StatusCounts)> {
    let (Ok(mail), Ok(metrics)) = (&data.mail, &data.metrics) else { return None };
    (mail.total != metrics.total).then_some((&mail.total, &metrics.total))
}

/// Points from the top of the page to the explanation at its end.
fn warning(data: &ReportData) -> Markup {
    let Some((log, metrics)) = differing(data) else { return html! {} };
    html! {
        div.notice role="note" {
            strong { "Log and metrics differ." }
            " The log has " (with_separators(log.total())) " emails, the metrics have "
            (with_separators(metrics.total())) "; see the end of the page."
        }
    }
}

fn difference(data: &ReportData) -> Markup {
    let Some((log, metrics)) = differing(data) else { return html! {} };
    let row = |name: &str, count: fn(&StatusCounts) -> i64| {
        html! {
            tr {
                th scope="row" { (name) }
                td.n { (with_separators(count(log))) }
                td.n { (with_separators(count(metrics))) }
            }
        }
    };
    html! {
        section {
            h2 { "Log and metrics" }
            p.lead {
                "This report counts the email log. The metrics of the API differ for the same "
                "period: statuses may have changed between the two reads, or one of the two may "
                "be behind."
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
                    (row("Other", |counts| counts.other))
                }
                tfoot { (row("Total", StatusCounts::total)) }
            }
        }
    }
}

/// Allows the style sheet and nothing else: no scripts, images, fonts, frames or forms.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests;
