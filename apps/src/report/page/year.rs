//! The year that ends with the month: a chart, and its months side by side.

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::by_day::{emails_label, statuses};
use super::chart::{Column, ColumnChart};
use super::growth;
use crate::report::data::{MonthData, Report};
use crate::report::mail::StatusCounts;
use crate::report::period::{Month, Period};
use crate::text::{percentage, rounded_dollars, with_separators};

/// Renders the year, unless nothing happened before the month.
pub(super) fn render(report: &Report) -> Markup {
    let months = report.data.year(report.period);
    let [first, .., last] = months.as_slice() else { return html! {} };
    let has_counts = report.data.metrics.as_ref().is_ok_and(|metrics| metrics.earlier.is_ok());
    let has_spend = report.data.spend.is_ok();
    // A part of a month is not compared with a whole one.
    let comparable = |index: usize| report.period.is_over() || index + 1 < months.len();
    let before = |index: usize| {
        index.checked_sub(1).filter(|_| comparable(index)).and_then(|index| months.get(index))
    };
    html! {
        section.whole {
            h2 { "A year at a glance" }
            p.lead {
                (first.month.title()) " to " (last.month.title())
                @if !report.period.is_over() { " so far" }
                ". Earlier months are counted by the metrics of the API."
            }
            @if has_counts { (chart(report.period, &months).figure()) }
            h3 { "Months side by side" }
            table.months.dense {
                thead { tr {
                    th scope="col" { "Month" }
                    @if has_counts {
                        th.n scope="col" { "Emails" }
                        th.n.optional scope="col" { "Change" }
                        th.n.optional scope="col" { "Failed or rejected" }
                        th.n scope="col" { "Failure rate" }
                    }
                    @if has_spend { th.n scope="col" { "Spend" } }
                } }
                tbody { @for (index, month) in months.iter().enumerate() {
                    tr {
                        th scope="row" { (month.month.short_title()) }
                        @if has_counts {
                            (cells(month, before(index)))
                        }
                        @if has_spend { td.n { (spend(month)) } }
                    }
                } }
            }
        }
    }
}

fn cells(month: &MonthData, before: Option<&MonthData>) -> Markup {
    let Some(counts) = month.counts else {
        return html! { td.n { "–" } td.n.optional { "–" } td.n.optional { "–" } td.n { "–" } };
    };
    let before = before.and_then(|before| before.counts);
    html! {
        td.n { (with_separators(counts.total())) }
        td.n.optional { (before.map_or("–".to_owned(), |before| growth(counts.total(), before.total()))) }
        td.n.optional { (with_separators(counts.failures())) }
        td.n { (percentage(counts.failures(), counts.completed())) }
    }
}

fn spend(month: &MonthData) -> String {
    month.spend.map_or("–".to_owned(), rounded_dollars)
}

fn chart(period: &Period, months: &[MonthData]) -> ColumnChart<'static> {
    let before_first = vec![StatusCounts::default(); period.year.len() - months.len()];
    let counts = months.iter().map(|month| month.counts.unwrap_or_default());
    let counts: Vec<_> = before_first.into_iter().chain(counts).collect();
    let readout = |month: Month, counts: &StatusCounts| {
        format!(
            "{}: {} emails, {} failed or rejected ({})",
            month.title(),
            with_separators(counts.total()),
            with_separators(counts.failures()),
            percentage(counts.failures(), counts.completed()),
        )
    };
    let by_month = || period.year.iter().map(|(month, _)| *month).zip(&counts);
    let column = |(index, (month, counts)): (usize, (Month, &StatusCounts))| Column {
        label: Some(month.short_name()),
        label_is_optional: index % 2 == 0,
        shaded: false,
        readout: readout(month, counts),
    };
    let busiest = by_month().max_by_key(|(_, counts)| counts.total());
    ColumnChart {
        id: "year",
        title: "Emails by month",
        description: busiest
            .map(|(month, counts)| format!("The busiest month was {}.", readout(month, counts)))
            .unwrap_or_default(),
        columns: by_month().enumerate().map(column).collect(),
        series: statuses(&counts),
        label: emails_label,
        min_step: Decimal::ONE,
        height: 110.0,
    }
}
