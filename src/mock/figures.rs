//! Figures that are counted from the world, so that they agree with its lists.

use serde_json::{Value, json};

use super::page::Query;
use super::resources::{money, time};
use super::world::{DAY, Email, Micros, Transaction, World, count};
use crate::Timestamp;

const HOUR: i64 = 3600;

/// A moment or a date in a filter: a date starts its day, or ends it where the end is meant.
pub(super) fn moment(text: &str, end: bool) -> Option<i64> {
    let at = text.parse::<Timestamp>().ok()?.unix_seconds();
    let date = text.len() == "2026-03-01".len();
    Some(if end { at + if date { DAY } else { 1 } } else { at })
}

/// The period that a query asks for: from its first moment to before its last.
pub(super) fn period(
    query: &Query,
    default_start: i64,
    now: i64,
) -> Result<(i64, i64), &'static str> {
    let bound = |name: &'static str, end, default| match query.get(name) {
        None => Ok(default),
        Some(text) => moment(text, end).ok_or(name),
    };
    Ok((bound("from_date", false, default_start)?, bound("to_date", true, now + 1)?))
}

pub(super) fn metrics(world: &World, query: &Query, now: i64) -> Result<Value, &'static str> {
    let span = match query.get("window") {
        None | Some("24h") => DAY,
        Some("7d") => 7 * DAY,
        Some("30d") => 30 * DAY,
        Some(_) => return Err("window"),
    };
    let (from, to) = period(query, now + 1 - span, now)?;
    let step = match query.get("granularity") {
        None if to - from > 2 * DAY => DAY,
        Some("daily") => DAY,
        None | Some("hourly") => HOUR,
        Some(_) => return Err("granularity"),
    };
    let provider = query.get("provider_id");
    let mine = |email: &&Email| provider.is_none_or(|id| world.providers[email.provider].id == id);
    let counts = |from, to| Counts::of(world.emails_between(from, to).filter(mine));
    let (current, before) = (counts(from, to), counts(from - (to - from), from));
    let mut timeseries = Vec::new();
    let mut start = from - from.rem_euclid(step);
    while start < to && timeseries.len() < 5000 {
        let mut point = counts(start.max(from), (start + step).min(to)).to_json();
        point["timestamp"] = time(start).into();
        timeseries.push(point);
        start += step;
    }
    let mut comparison = before.to_json();
    comparison["change_pct"] = current.change_since(&before);
    Ok(json!({"summary": current.to_json(), "comparison": comparison, "timeseries": timeseries}))
}

/// How many e-mails have each status.
struct Counts([(&'static str, i64); 4]);

impl Counts {
    fn of<'a>(emails: impl Iterator<Item = &'a Email>) -> Self {
        let mut counts = [("sent", 0), ("failed", 0), ("pending", 0), ("rejected", 0)];
        for email in emails {
            if let Some((_, number)) = counts.iter_mut().find(|(status, _)| *status == email.status)
            {
                *number += 1;
            }
        }
        Self(counts)
    }

    fn total(&self) -> i64 {
        self.0.iter().map(|(_, number)| number).sum()
    }

    fn get(&self, status: &str) -> i64 {
        self.0.iter().find(|(known, _)| *known == status).map_or(0, |(_, number)| *number)
    }

    fn to_json(&self) -> Value {
        let mut object = json!({"total": self.total()});
        for (status, number) in self.0 {
            object[status] = number.into();
        }
        object
    }

    fn change_since(&self, before: &Self) -> Value {
        let change = |now: i64, before: i64| {
            let tenths = if before == 0 { 0 } else { (now - before) * 1000 / before };
            json!(f64::from(i32::try_from(tenths).unwrap_or(i32::MAX)) / 10.0)
        };
        let mut object = json!({"total": change(self.total(), before.total())});
        for (status, number) in self.0 {
            object[status] = change(number, before.get(status));
        }
        object
    }
}

pub(super) fn usage(world: &World, now: i64) -> Value {
    let today = now - now.rem_euclid(DAY);
    let items = world.providers.iter().enumerate().map(|(index, provider)| {
        let mine = |from: i64| {
            world.emails_between(from, now + 1).filter(move |email| email.provider == index)
        };
        let week = Counts::of(mine(today - 6 * DAY));
        json!({
            "provider_id": provider.id, "sent_today": Counts::of(mine(today)).get("sent"),
            "sent_7d": week.get("sent"), "failed_7d": week.get("failed"),
            "pending_7d": week.get("pending"), "rejected_7d": week.get("rejected"),
            "total_7d": week.total(),
        })
    });
    json!({"window_days": 7, "providers": items.collect::<Vec<_>>()})
}

pub(super) fn stats(world: &World) -> Value {
    let status =
        |name: &str| count(world.providers.iter().filter(|item| item.status == name).count());
    let kind = |name: &str| count(world.providers.iter().filter(|item| item.kind == name).count());
    json!({
        "total": world.providers.len(), "active": status("active"), "inactive": status("inactive"),
        "error": status("error"), "pending": status("pending"),
        "by_status": {"active": status("active"), "inactive": status("inactive"),
            "error": status("error"), "pending": status("pending")},
        "by_type": {"smtp": kind("smtp"), "gmail_api": kind("gmail_api"),
            "outlook_api": kind("outlook_api"), "amazon_ses": kind("amazon_ses")},
    })
}

pub(super) fn limits(world: &World, now: i64) -> Value {
    let used = count(world.providers.len());
    json!({
        "sending_accounts": {
            "resource_type": "sending_accounts", "usage": used, "reserved": 0, "max_allowed": 10,
            "usage_ratio": f64::from(i32::try_from(used).unwrap_or(i32::MAX)) / 10.0,
            "threshold_usage": 8, "is_at_limit": used >= 10, "is_near_limit": used >= 8,
            "can_request_increase": true, "pending_request_id": null,
        },
        "shared_amazon_ses": shared_limit(world, now),
    })
}

pub(super) fn shared_limit(world: &World, now: i64) -> Value {
    let shared = world.providers.iter().position(|item| item.shared);
    let provider = shared.map(|index| &world.providers[index]);
    let limit = provider.and_then(|item| item.per_day);
    let today = now - now.rem_euclid(DAY);
    let sent = world
        .emails_between(today, now + 1)
        .filter(|email| Some(email.provider) == shared && email.status == "sent");
    let sent = count(sent.count());
    let ratio = limit.filter(|limit| *limit > 0).map(|limit| {
        let hundredths = i32::try_from(sent * 100 / limit).unwrap_or(i32::MAX);
        f64::from(hundredths) / 100.0
    });
    json!({
        "provider_id": provider.map(|item| item.id), "daily_limit": limit, "sent_today": sent,
        "usage_ratio": ratio, "threshold_usage": limit.map(|limit| limit * 8 / 10),
        "is_near_limit": limit.is_some_and(|limit| sent * 10 >= limit * 8),
        "can_request_increase": true, "pending_request_id": null,
    })
}

pub(super) fn balance(world: &World) -> Value {
    let purchased = sum(world, |item| item.amount > 0);
    let consumed = -sum(world, |item| item.amount < 0);
    json!({
        "balance": money(world.balance()), "balance_purchased": money(purchased),
        "balance_consumed": money(consumed), "currency": "USD",
        "auto_topup": {"enabled": true, "amount": money(50_000_000), "threshold": money(10_000_000),
            "monthly_limit": money(200_000_000), "monthly_used": money(0)},
    })
}

pub(super) fn spend(world: &World, query: &Query, now: i64) -> Result<Value, &'static str> {
    let days: i64 = match query.get("days") {
        None => 30,
        Some(text @ ("7" | "30" | "90")) => text.parse().map_err(|_| "days")?,
        Some(_) => return Err("days"),
    };
    let recent = |item: &Transaction| item.at > now - days * DAY;
    Ok(json!({
        "period_days": days, "currency": "USD",
        "total_consumed": money(-sum(world, |item| recent(item) && item.amount < 0)),
        "total_purchased": money(sum(world, |item| recent(item) && item.amount > 0)),
        "transaction_count": world.transactions.iter().filter(|item| recent(item)).count(),
    }))
}

fn sum(world: &World, which: impl Fn(&Transaction) -> bool) -> Micros {
    world.transactions.iter().filter(|item| which(item)).map(|item| item.amount).sum()
}
