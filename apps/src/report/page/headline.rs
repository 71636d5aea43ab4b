//! The four figures to see first, with how they changed.

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::Page;
use crate::report::counts::Counts;
use crate::report::number::{cents, decimal_tenths, grouped, percentage, tenths};

pub(super) fn draw(page: &Page) -> Markup {
    let total = page.account.total();
    let before = page.account.metrics.as_ref().ok().map(|metrics| metrics.before);
    let name = page.before();
    let card = |title: &str, figure: Option<String>, change: Markup| {
        html! {
            div {
                dt { (title) }
                dd.figure { (figure.as_deref().unwrap_or("–")) }
                dd.change { (change) }
            }
        }
    };
    let volume = match (total, before) {
        (Some(now), Some(before)) => html! { (growth(now.total(), before.total(), &name)) },
        (Some(_), None) => html! { "no comparison" },
        _ => html! { "not known" },
    };
    let spend = page.account.spend.as_ref().ok();
    html! {
        dl.headline {
            (card("Emails", total.map(|total| grouped(total.total())), volume))
            (card("Sent", total.map(|total| grouped(total.sent)), sent(total)))
            (card("Failed or rejected",
                total.map(|total| percentage(total.lost(), total.total())),
                lost(total, before, &name)))
            (card("Spent", spend.map(|spend| cents(spend.total)), match spend {
                Some(spend) => html! { (money(spend.total, spend.before, &name)) },
                None => html! { "not known" },
            }))
        }
    }
}

fn sent(total: Option<Counts>) -> Markup {
    let Some(total) = total else { return html! { "not known" } };
    html! {
        @if total.total() > 0 { (percentage(total.sent, total.total())) " of all" }
        @if total.pending > 0 { ", " (grouped(total.pending)) " pending" }
    }
}

fn lost(total: Option<Counts>, before: Option<Counts>, name: &str) -> Markup {
    let Some(total) = total else { return html! { "not known" } };
    let share = |counts: Counts| tenths(counts.lost(), counts.total());
    let change = before.and_then(|before| Some(share(total)?.saturating_sub(share(before)?)));
    html! {
        (grouped(total.lost())) " emails"
        @if let Some(change) = change {
            ", "
            span.worse[change > 0] { (arrow(change)) " " (decimal_tenths(change.saturating_abs())) " points" }
            " vs " (name)
        }
    }
}

fn growth(now: i64, before: i64, name: &str) -> String {
    match tenths(now.saturating_sub(before), before) {
        Some(change) => changed(change, name),
        None => format!("none in {name}"),
    }
}

fn money(now: Decimal, before: Decimal, name: &str) -> String {
    let share = now.saturating_sub(before).saturating_mul(1000.into()).checked_div(before);
    match share
        .filter(|_| before > Decimal::ZERO)
        .and_then(|share| i64::try_from(share.round()).ok())
    {
        Some(change) => changed(change, name),
        None => format!("none in {name}"),
    }
}

fn changed(tenths: i64, name: &str) -> String {
    format!("{} {}% vs {name}", arrow(tenths), decimal_tenths(tenths.saturating_abs()))
}

fn arrow(change: i64) -> &'static str {
    match change {
        1.. => "▲",
        0 => "=",
        _ => "▼",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_direction() {
        assert_eq!(growth(110, 100, "May"), "▲ 10.0% vs May");
        assert_eq!(growth(90, 100, "May"), "▼ 10.0% vs May");
        assert_eq!(growth(100, 100, "May"), "= 0.0% vs May");
        assert_eq!(growth(5, 0, "May"), "none in May");
        assert_eq!(money(Decimal::new(15, 1), Decimal::ONE, "May"), "▲ 50.0% vs May");
        assert_eq!(money(Decimal::ONE, Decimal::ZERO, "May"), "none in May");
        assert_eq!(money(Decimal::MAX, Decimal::new(1, 6), "May"), "none in May");
    }
}
