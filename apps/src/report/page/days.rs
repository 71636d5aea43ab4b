//! The table of days: every figure of the charts.

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::Page;
use super::columns::is_weekend;
use super::volume::date;
use crate::report::counts::Counts;
use crate::report::number::{aligned, grouped, percentage, places};

pub(super) fn draw(page: &Page) -> Markup {
    let (counts, total) = (page.account.days(), page.account.total());
    let spend = page.account.spend.as_ref().ok();
    let is_quiet = total.is_none_or(|total| total.total() == 0)
        && spend.is_none_or(|spend| spend.days.iter().all(Decimal::is_zero));
    if is_quiet {
        return html! {};
    }
    let places = spend.map(|spend| places(spend.days.iter().copied())).unwrap_or_default();
    let today = page.span.end.to_zoned_datetime(page.span.zone.clone()).date();
    let days = page.span.days.iter().enumerate().filter(|(_, day)| **day <= today);
    html! {
        section.by-day {
            h2 { "Day by day" }
            table.days {
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
                            td.n { (aligned(spend.days.get(index).copied().unwrap_or_default(), places)) }
                        }
                    }
                } }
                tfoot { tr {
                    th scope="row" { (page.span.month.title()) }
                    @if let (Some(_), Some(total)) = (counts, total) { (cells(&total)) }
                    @if let Some(spend) = spend { td.n { (aligned(spend.total, places)) } }
                } }
            }
        }
    }
}

fn cells(counts: &Counts) -> Markup {
    html! {
        td.n { (grouped(counts.total())) }
        td.n.optional { (grouped(counts.sent)) }
        td.n.optional { (grouped(counts.pending)) }
        td.n.optional { (grouped(counts.failed)) }
        td.n.optional { (grouped(counts.rejected)) }
        td.n { (percentage(counts.lost(), counts.total())) }
    }
}
