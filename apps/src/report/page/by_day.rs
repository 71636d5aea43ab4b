//! What happened on each day: charts of volume, failures and spend, and the table behind them.

use jiff::civil::{Date, Weekday};
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::chart::{Column, ColumnChart, Series};
use crate::report::data::Report;
use crate::report::mail::StatusCounts;
use crate::text::{
    aligned_dollars, compact, decimal_places, exact_dollars, percentage, rounded_dollars,
    with_separators,
};

/// Renders the volume by day and, below it, the failures at their own scale.
pub(super) fn volume(report: &Report) -> Markup {
    let (Some(days), Some(total)) = (report.data.days(), report.data.total()) else {
        return html! {};
    };
    html! {
        section.whole {
            h2 { "Volume and failures by day" }
            @if total.total() == 0 {
                p.empty { "No email in " (report.period.month.title()) "." }
            } @else {
                p.lead { (volume_summary(&report.period.days, days)) }
                (volume_chart(report, days).figure())
                @if total.failures() > 0 { (failures_chart(report, days).figure()) }
            }
        }
    }
}

fn volume_chart(report: &Report, days: &[StatusCounts]) -> ColumnChart<'static> {
    ColumnChart {
        id: "volume",
        title: "Emails by day",
        description: volume_summary(&report.period.days, days),
        columns: columns(&report.period.days, volume_readouts(&report.period.days, days)),
        series: statuses(days),
        label: emails_label,
        min_step: Decimal::ONE,
        height: 170.0,
    }
}

/// Returns the same chart, reduced to failures.
fn failures_chart(report: &Report, days: &[StatusCounts]) -> ColumnChart<'static> {
    let mut chart = volume_chart(report, days);
    chart.series.retain(|series| ["failed", "rejected"].contains(&series.name));
    ColumnChart { id: "failures", title: "Failed or rejected emails by day", height: 80.0, ..chart }
}

/// Returns a column for each day, with its number below the first day of each week.
fn columns(days: &[Date], readouts: Vec<String>) -> Vec<Column> {
    let column = |(index, (day, readout)): (usize, (&Date, String))| Column {
        label: (index % 7 == 0).then(|| day.day().to_string()),
        label_is_optional: false,
        shaded: is_weekend(*day),
        readout,
    };
    days.iter().zip(readouts).enumerate().map(column).collect()
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Returns a series for each status, given the counts by column.
pub(super) fn statuses(counts: &[StatusCounts]) -> Vec<Series> {
    let series = |name: &'static str, count: fn(&StatusCounts) -> i64| Series {
        class: name,
        name,
        values: counts.iter().map(|counts| count(counts).into()).collect(),
    };
    vec![
        series("sent", |counts| counts.sent),
        series("pending", |counts| counts.pending),
        series("other", |counts| counts.other),
        series("failed", |counts| counts.failed),
        series("rejected", |counts| counts.rejected),
    ]
}

/// Formats a tick of a chart of emails.
pub(super) fn emails_label(tick: Decimal) -> String {
    compact(tick).unwrap_or_else(|| i64::try_from(tick).map(with_separators).unwrap_or_default())
}

fn volume_readouts(dates: &[Date], days: &[StatusCounts]) -> Vec<String> {
    let readout = |(date, day): (&Date, &StatusCounts)| {
        format!(
            "{}: {} emails, {} failed or rejected ({})",
            self::date(*date),
            with_separators(day.total()),
            with_separators(day.failures()),
            percentage(day.failures(), day.completed()),
        )
    };
    dates.iter().zip(days).map(readout).collect()
}

fn volume_summary(dates: &[Date], days: &[StatusCounts]) -> String {
    let dated = || dates.iter().zip(days);
    let busiest = dated().rev().max_by_key(|(_, day)| day.total());
    let worst =
        dated().rev().filter(|(_, day)| day.failures() > 0).max_by_key(|(_, day)| day.failures());
    let mut text = String::new();
    if let Some((date, day)) = busiest {
        let (date, count) = (self::date(*date), with_separators(day.total()));
        text = format!("The busiest day was {date} with {count} emails");
    }
    match worst {
        Some((date, day)) => {
            let (date, count) = (self::date(*date), with_separators(day.failures()));
            text + &format!("; most failures ({count}) were on {date}.")
        }
        None => text + "; there were no failures.",
    }
}

/// Formats a date as `Tue 6 October`.
fn date(date: Date) -> String {
    date.strftime("%a %-d %B").to_string()
}

/// Renders the spend by day and the transactions by type.
pub(super) fn spend(report: &Report) -> Markup {
    let Ok(spend) = &report.data.spend else { return html! {} };
    let places = decimal_places(spend.by_type.values().map(|(_, sum)| *sum));
    html! {
        section.whole {
            h2 { "Spend" }
            @if spend.by_type.is_empty() {
                p.empty { "No transactions in " (report.period.month.title()) "." }
            } @else {
                p.lead { "Credit used for email: " (rounded_dollars(spend.total)) " in total." }
                @if spend.days.iter().any(|day| *day > Decimal::ZERO) {
                    (spend_chart(report, &spend.days).figure())
                }
                table {
                    thead { tr {
                        th scope="col" { "Transactions" }
                        th.n scope="col" { "Number" }
                        th.n scope="col" { "Amount, USD" }
                    } }
                    tbody { @for (name, (count, sum)) in &spend.by_type {
                        tr {
                            th scope="row" { bdi { (type_name(name)) } }
                            td.n { (count) }
                            td.n { (aligned_dollars(*sum, places)) }
                        }
                    } }
                }
            }
        }
    }
}

fn spend_chart(report: &Report, days: &[Decimal]) -> ColumnChart<'static> {
    let readout = |(day, amount)| format!("{}: {}", date(day), exact_dollars(amount));
    let dated = || report.period.days.iter().copied().zip(days.iter().copied());
    let highest = dated().max_by_key(|(_, amount)| *amount);
    ColumnChart {
        id: "spend",
        title: "Spend by day, USD",
        description: highest
            .map(|day| format!("The highest spend was on {}.", readout(day)))
            .unwrap_or_default(),
        columns: columns(&report.period.days, dated().map(readout).collect()),
        series: vec![Series { class: "spend", name: "spend", values: days.to_vec() }],
        label: |tick| {
            compact(tick).map(|short| format!("${short}")).unwrap_or_else(|| exact_dollars(tick))
        },
        min_step: Decimal::new(1, 4),
        height: 110.0,
    }
}

fn type_name(name: &str) -> &str {
    match name {
        "USAGE" => "Usage",
        "PURCHASE" => "Purchases",
        "AUTO_TOPUP" => "Automatic top-ups",
        "REFUND" => "Refunds",
        "ADJUSTMENT" => "Adjustments",
        other => other,
    }
}

/// Renders the table of days, which has all numbers of the charts.
pub(super) fn table(report: &Report) -> Markup {
    let (counts, total) = (report.data.days(), report.data.total());
    let spend = report.data.spend.as_ref().ok();
    let is_empty = total.is_none_or(|total| total.total() == 0)
        && spend.is_none_or(|spend| spend.days.iter().all(Decimal::is_zero));
    if is_empty {
        return html! {};
    }
    let places = spend.map(|spend| decimal_places(spend.days.iter().copied())).unwrap_or_default();
    let today = report.period.end.to_zoned_datetime(report.period.zone.clone()).date();
    let days = report.period.days.iter().enumerate().filter(|(_, day)| **day <= today);
    html! {
        section.by-day {
            h2 { "Day by day" }
            table.days.dense {
                thead { tr {
                    th scope="col" { "Day" }
                    @if counts.is_some() {
                        th.n scope="col" { "Emails" }
                        th.n.optional scope="col" { "Sent" }
                        th.n.optional scope="col" { "Pending" }
                        th.n.optional scope="col" { "Failed" }
                        th.n.optional scope="col" { "Rejected" }
                        th.n scope="col" { "Failure rate" }
                    }
                    @if spend.is_some() { th.n scope="col" { "Spend" } }
                } }
                tbody { @for (index, day) in days {
                    tr.weekend-row[is_weekend(*day)] {
                        th scope="row" { (date(*day)) }
                        @if let Some(counts) = counts {
                            (cells(&counts.get(index).copied().unwrap_or_default()))
                        }
                        @if let Some(spend) = spend {
                            td.n { (aligned_dollars(spend.days.get(index).copied().unwrap_or_default(), places)) }
                        }
                    }
                } }
                tfoot { tr {
                    th scope="row" { (report.period.month.title()) }
                    @if let (Some(_), Some(total)) = (counts, total) { (cells(&total)) }
                    @if let Some(spend) = spend { td.n { (aligned_dollars(spend.total, places)) } }
                } }
            }
        }
    }
}

fn cells(counts: &StatusCounts) -> Markup {
    html! {
        td.n { (with_separators(counts.total())) }
        td.n.optional { (with_separators(counts.sent)) }
        td.n.optional { (with_separators(counts.pending)) }
        td.n.optional { (with_separators(counts.failed)) }
        td.n.optional { (with_separators(counts.rejected)) }
        td.n { (percentage(counts.failures(), counts.completed())) }
    }
}
