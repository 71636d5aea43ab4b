//! Balance, spending and transactions.

use serde_json::{Value, json};

use crate::dataset::{Dataset, Micros, Transaction};
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const TYPES: [&str; 5] = ["PURCHASE", "USAGE", "AUTO_TOPUP", "REFUND", "ADJUSTMENT"];

pub(super) fn balance(dataset: &Dataset) -> HandlerResult {
    let ledger = &dataset.ledger;
    let month = |at| time::format_date(at).get(..7).map(str::to_owned);
    let this_month = month(dataset.now);
    let topped_up = sum(dataset, |item| item.kind == "AUTO_TOPUP" && month(item.at) == this_month);
    Ok(Content::Data(json!({
        "balance": money(ledger.balance()),
        "balance_purchased": money(sum(dataset, |item| item.amount > 0)),
        "balance_consumed": money(-sum(dataset, |item| item.amount < 0)),
        "currency": "USD",
        "auto_topup": {
            "enabled": true, "amount": money(ledger.top_up), "threshold": money(ledger.threshold),
            "monthly_limit": money(4 * ledger.top_up), "monthly_used": money(topped_up),
        },
    })))
}

pub(super) fn summary(dataset: &Dataset, query: &Query) -> HandlerResult {
    let days = match query.one_of("days", &["7", "30", "90"])? {
        Some("7") => 7,
        Some("90") => 90,
        _ => 30,
    };
    let recent = |item: &Transaction| item.at > dataset.now - days * DAY;
    Ok(Content::Data(json!({
        "period_days": days, "currency": "USD",
        "total_consumed": money(-sum(dataset, |item| recent(item) && item.amount < 0)),
        "total_purchased": money(sum(dataset, |item| recent(item) && item.amount > 0)),
        "transaction_count": dataset.ledger.transactions.iter().filter(|item| recent(item)).count(),
    })))
}

pub(super) fn transactions(dataset: &Dataset, query: &Query) -> HandlerResult {
    let kind = query.one_of("type", &TYPES)?;
    let all = dataset.ledger.transactions.iter();
    paginate(query, 25, all.filter(|item| kind.is_none_or(|kind| kind == item.kind)), transaction)
}

fn transaction(item: &Transaction) -> Value {
    json!({
        "id": item.id, "type": item.kind, "amount": money(item.amount),
        "quantity": item.quantity, "description": item.description,
        "balance_before": money(item.balance_before), "balance_after": money(item.balance_after),
        "created_at": time::format(item.at),
    })
}

fn sum(dataset: &Dataset, filter: impl Fn(&Transaction) -> bool) -> Micros {
    let items = dataset.ledger.transactions.iter();
    items.filter(|item| filter(item)).map(|item| item.amount).sum()
}

/// Formats an amount with six decimal places.
pub(super) fn money(amount: Micros) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    fn dataset() -> Dataset {
        Dataset::generate(2, NOW, 40)
    }

    #[test]
    fn amounts_have_six_decimal_places() {
        assert_eq!(money(-1_500), "-0.001500");
        assert_eq!(money(0), "0.000000");
        assert_eq!(money(12_345_678), "12.345678");
    }

    #[test]
    fn the_balance_is_the_one_after_the_last_transaction() {
        let dataset = dataset();
        let list = all(|query| transactions(&dataset, query), "");
        assert_eq!(data(balance(&dataset))["balance"], list[0]["balance_after"]);
        assert!(list.len() > 60);
    }

    #[test]
    fn each_transaction_has_one_type() {
        let dataset = dataset();
        let of = |kind: &str| all(|query| transactions(&dataset, query), &format!("type={kind}"));
        let total: usize = TYPES.iter().map(|kind| of(kind).len()).sum();
        assert_eq!(total, dataset.ledger.transactions.len());
        assert!(of("AUTO_TOPUP").iter().all(|item| item["type"] == "AUTO_TOPUP"));
    }

    #[test]
    fn the_summary_covers_its_period() {
        let dataset = dataset();
        let days = |text: &str| data(summary(&dataset, &Query::parse("/", text)));
        assert_eq!(days("")["period_days"], 30);
        assert_eq!(days("days=90")["transaction_count"], dataset.ledger.transactions.len());
        assert_eq!(days("days=90")["total_consumed"], data(balance(&dataset))["balance_consumed"]);
        assert_eq!(
            days("days=7")["transaction_count"].as_u64().map(|count| count < 12),
            Some(true)
        );
        assert!(summary(&dataset, &Query::parse("/", "days=8")).is_err());
    }
}
