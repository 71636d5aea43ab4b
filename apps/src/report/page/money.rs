//! What was spent.

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::Page;
use super::columns::{Columns, Series};
use super::volume::date;
use crate::report::number::{aligned, cents, exact, places, short};

pub(super) fn draw(page: &Page) -> Markup {
    let Ok(spend) = &page.account.spend else { return html! {} };
    let places = places(spend.kinds.values().map(|(_, sum)| *sum));
    html! {
        section.whole {
            h2 { "Spend" }
            @if spend.kinds.is_empty() {
                p.empty { "No transactions in " (page.span.month.title()) "." }
            } @else {
                p.lead { "Credit used for mail: " (cents(spend.total)) " in all." }
                @if spend.days.iter().any(|day| *day > Decimal::ZERO) {
                    (chart(page, &spend.days).figure())
                }
                table {
                    thead { tr {
                        th scope="col" { "Transactions" }
                        th.n scope="col" { "Number" }
                        th.n scope="col" { "Amount, USD" }
                    } }
                    tbody { @for (kind, (count, sum)) in &spend.kinds {
                        tr {
                            th scope="row" { bdi { (kind_name(kind)) } }
                            td.n { (count) }
                            td.n { (aligned(*sum, places)) }
                        }
                    } }
                }
            }
        }
    }
}

fn chart<'a>(page: &'a Page, days: &[Decimal]) -> Columns<'a> {
    let readout = |(day, amount)| format!("{}: {}", date(day), exact(amount));
    let dated = || page.span.days.iter().copied().zip(days.iter().copied());
    let most = dated().max_by_key(|(_, amount)| *amount);
    Columns {
        id: "spend",
        title: "Spend by day, USD",
        description: most.map(|most| format!("Most on {}.", readout(most))).unwrap_or_default(),
        days: &page.span.days,
        series: vec![Series { class: "spend", name: "spend", values: days.to_vec() }],
        readouts: dated().map(readout).collect(),
        label: |tick| short(tick).map(|short| format!("${short}")).unwrap_or_else(|| exact(tick)),
        finest: Decimal::new(1, 4),
        height: 110.0,
    }
}

fn kind_name(kind: &str) -> &str {
    match kind {
        "USAGE" => "Credit used",
        "PURCHASE" => "Credit bought",
        "AUTO_TOPUP" => "Credit bought automatically",
        "REFUND" => "Refunds",
        "ADJUSTMENT" => "Adjustments",
        other => other,
    }
}
