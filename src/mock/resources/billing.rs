//! Balance, spending and transactions.

use serde_json::{Value, json};

use super::{money, time};
use crate::mock::answer::{Answer, Outcome};
use crate::mock::page::{Query, page};
use crate::mock::world::{DAY, Micros, Transaction, World};

const TYPES: [&str; 5] = ["PURCHASE", "USAGE", "AUTO_TOPUP", "REFUND", "ADJUSTMENT"];

pub(in crate::mock) fn balance(world: &World) -> Outcome {
    let ledger = &world.ledger;
    let this_month = time(world.now).get(..7).map(str::to_owned);
    let topped_up = sum(world, |item| {
        item.kind == "AUTO_TOPUP" && time(item.at).get(..7) == this_month.as_deref()
    });
    Ok(Answer::Data(json!({
        "balance": money(ledger.balance()),
        "balance_purchased": money(sum(world, |item| item.amount > 0)),
        "balance_consumed": money(-sum(world, |item| item.amount < 0)),
        "currency": "USD",
        "auto_topup": {
            "enabled": true, "amount": money(ledger.top_up), "threshold": money(ledger.threshold),
            "monthly_limit": money(4 * ledger.top_up), "monthly_used": money(topped_up),
        },
    })))
}

pub(in crate::mock) fn summary(world: &World, query: &Query) -> Outcome {
    let days = match query.choice("days", &["7", "30", "90"])? {
        Some("7") => 7,
        Some("90") => 90,
        _ => 30,
    };
    let recent = |item: &Transaction| item.at > world.now - days * DAY;
    Ok(Answer::Data(json!({
        "period_days": days, "currency": "USD",
        "total_consumed": money(-sum(world, |item| recent(item) && item.amount < 0)),
        "total_purchased": money(sum(world, |item| recent(item) && item.amount > 0)),
        "transaction_count": world.ledger.transactions.iter().filter(|item| recent(item)).count(),
    })))
}

pub(in crate::mock) fn transactions(world: &World, query: &Query) -> Outcome {
    let kind = query.choice("type", &TYPES)?;
    let all = world.ledger.transactions.iter();
    page(query, 25, all.filter(|item| kind.is_none_or(|kind| kind == item.kind)), transaction)
}

fn transaction(item: &Transaction) -> Value {
    json!({
        "id": item.id, "type": item.kind, "amount": money(item.amount),
        "quantity": item.quantity, "description": item.description,
        "balance_before": money(item.before), "balance_after": money(item.after),
        "created_at": time(item.at),
    })
}

fn sum(world: &World, which: impl Fn(&Transaction) -> bool) -> Micros {
    let items = world.ledger.transactions.iter();
    items.filter(|item| which(item)).map(|item| item.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;

    fn world() -> World {
        World::generate(2, 1_779_354_720, 40)
    }

    #[test]
    fn the_balance_is_that_after_the_last_transaction() {
        let world = world();
        let list = all(|query| transactions(&world, query), "");
        assert_eq!(data(balance(&world))["balance"], list[0]["balance_after"]);
        assert!(list.len() > 60);
    }

    #[test]
    fn types_add_up_to_all() {
        let world = world();
        let of = |kind: &str| all(|query| transactions(&world, query), &format!("type={kind}"));
        let total: usize = TYPES.iter().map(|kind| of(kind).len()).sum();
        assert_eq!(total, world.ledger.transactions.len());
        assert!(of("AUTO_TOPUP").iter().all(|item| item["type"] == "AUTO_TOPUP"));
    }

    #[test]
    fn the_summary_covers_its_days() {
        let world = world();
        let days = |text: &str| data(summary(&world, &Query::parse("/", text)));
        assert_eq!(days("")["period_days"], 30);
        assert_eq!(days("days=90")["transaction_count"], world.ledger.transactions.len());
        assert_eq!(days("days=90")["total_consumed"], data(balance(&world))["balance_consumed"]);
        assert_eq!(
            days("days=7")["transaction_count"].as_u64().map(|count| count < 12),
            Some(true)
        );
        assert!(summary(&world, &Query::parse("/", "days=8")).is_err());
    }
}
