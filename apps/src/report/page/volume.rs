//! E-mails by day, and below them those that failed, on a scale of their own.

use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::Page;
use super::columns::{Columns, Series};
use crate::report::counts::Counts;
use crate::report::number::{grouped, percentage, short};

pub(super) fn draw(page: &Page) -> Markup {
    let (Some(days), Some(total)) = (page.account.days(), page.account.total()) else {
        return html! {};
    };
    html! {
        section.whole {
            h2 { "Volume and failures by day" }
            @if total.total() == 0 {
                p.empty { "No email in " (page.span.month.title()) "." }
            } @else {
                p.lead { (summary(&page.span.days, days)) }
                (volume(page, days).figure())
                @if total.lost() > 0 { (failures(page, days).figure()) }
            }
        }
    }
}

fn volume<'a>(page: &'a Page, days: &[Counts]) -> Columns<'a> {
    Columns {
        id: "volume",
        title: "Emails by day",
        description: summary(&page.span.days, days),
        days: &page.span.days,
        series: vec![
            series("sent", days, |day| day.sent),
            series("pending", days, |day| day.pending),
            series("other", days, |day| day.other),
            series("failed", days, |day| day.failed),
            series("rejected", days, |day| day.rejected),
        ],
        readouts: readouts(&page.span.days, days),
        label: |tick| {
            short(tick).unwrap_or_else(|| i64::try_from(tick).map(grouped).unwrap_or_default())
        },
        finest: Decimal::ONE,
        height: 170.0,
    }
}

/// The same days without what went well.
fn failures<'a>(page: &'a Page, days: &[Counts]) -> Columns<'a> {
    let mut chart = volume(page, days);
    chart.series.retain(|series| ["failed", "rejected"].contains(&series.name));
    Columns { id: "failures", title: "Failed or rejected emails by day", height: 80.0, ..chart }
}

fn series(name: &'static str, days: &[Counts], count: fn(&Counts) -> i64) -> Series {
    Series { class: name, name, values: days.iter().map(|day| count(day).into()).collect() }
}

fn readouts(dates: &[Date], days: &[Counts]) -> Vec<String> {
    let readout = |(date, day): (&Date, &Counts)| {
        format!(
            "{}: {} emails, {} failed or rejected ({})",
            self::date(*date),
            grouped(day.total()),
            grouped(day.lost()),
            percentage(day.lost(), day.total()),
        )
    };
    dates.iter().zip(days).map(readout).collect()
}

fn summary(dates: &[Date], days: &[Counts]) -> String {
    let dated = || dates.iter().zip(days);
    let busiest = dated().rev().max_by_key(|(_, day)| day.total());
    let worst = dated().rev().filter(|(_, day)| day.lost() > 0).max_by_key(|(_, day)| day.lost());
    let mut text = String::new();
    if let Some((date, day)) = busiest {
        let (date, count) = (self::date(*date), grouped(day.total()));
        text = format!("The busiest day was {date} with {count} emails");
    }
    match worst {
        Some((date, day)) => {
            let (date, count) = (self::date(*date), grouped(day.lost()));
            text + &format!("; most failures were on {date}: {count}.")
        }
        None => text + "; nothing failed.",
    }
}

/// `Tue 6 October`
pub(super) fn date(date: Date) -> String {
    date.strftime("%a %-d %B").to_string()
}
