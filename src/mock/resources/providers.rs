//! Sending accounts, their use and limits.

use serde_json::{Value, json};

use super::time;
use crate::mock::answer::{Answer, Outcome, Refusal};
use crate::mock::figures::{Counts, ratio};
use crate::mock::page::{Query, page};
use crate::mock::world::{DAY, Provider, SENDER, Status, World, count};

const STATUSES: [&str; 4] = ["active", "inactive", "error", "pending"];
const TYPES: [&str; 4] = ["smtp", "gmail_api", "outlook_api", "amazon_ses"];
const MOST_ACCOUNTS: i64 = 10;

pub(in crate::mock) fn list(world: &World, query: &Query) -> Outcome {
    let status = query.choice("status", &STATUSES)?;
    let kind = query.choice("type", &TYPES)?;
    let found = world.providers.iter().filter(|provider| {
        status.is_none_or(|status| status == provider.status)
            && kind.is_none_or(|kind| kind == provider.kind)
    });
    page(query, 50, found, |provider| item(world, provider))
}

pub(in crate::mock) fn show(world: &World, id: &str) -> Outcome {
    let provider = world.providers.iter().find(|provider| provider.id == id);
    let mut detail = item(world, provider.ok_or(Refusal::NotFound)?);
    detail["variables"] = json!({});
    Ok(Answer::Resource(detail))
}

pub(in crate::mock) fn stats(world: &World) -> Outcome {
    let tally = |names: [&'static str; 4], of: fn(&Provider) -> &'static str| {
        let number = |name| world.providers.iter().filter(|item| of(item) == name).count();
        Value::from_iter(names.map(|name| (name, number(name))))
    };
    let by_status = tally(STATUSES, |provider| provider.status);
    let mut stats = by_status.clone();
    stats["total"] = world.providers.len().into();
    stats["by_status"] = by_status;
    stats["by_type"] = tally(TYPES, |provider| provider.kind);
    Ok(Answer::Data(stats))
}

pub(in crate::mock) fn usage(world: &World) -> Outcome {
    let today = world.today();
    let providers = world.providers.iter().enumerate().map(|(index, provider)| {
        let (day, week) = (counts(world, index, today), counts(world, index, today - 6 * DAY));
        json!({
            "provider_id": provider.id, "sent_today": day.get(Status::Sent),
            "sent_7d": week.get(Status::Sent), "failed_7d": week.get(Status::Failed),
            "pending_7d": week.get(Status::Pending), "rejected_7d": week.get(Status::Rejected),
            "total_7d": week.total(),
        })
    });
    let providers: Vec<Value> = providers.collect();
    Ok(Answer::Data(json!({"window_days": 7, "providers": providers})))
}

pub(in crate::mock) fn limits(world: &World) -> Outcome {
    // The platform's own account does not count.
    let used = count(world.providers.iter().filter(|provider| !provider.is_shared()).count());
    let threshold = MOST_ACCOUNTS * 8 / 10;
    Ok(Answer::Data(json!({
        "sending_accounts": {
            "resource_type": "sending_accounts", "usage": used, "reserved": 0,
            "max_allowed": MOST_ACCOUNTS, "usage_ratio": ratio(used, MOST_ACCOUNTS),
            "threshold_usage": threshold, "is_at_limit": used >= MOST_ACCOUNTS,
            "is_near_limit": used >= threshold, "can_request_increase": true,
            "pending_request_id": null,
        },
        "shared_amazon_ses": shared(world),
    })))
}

pub(in crate::mock) fn shared_limit(world: &World) -> Outcome {
    Ok(Answer::Data(json!({"limit": shared(world), "pending_request": null})))
}

fn shared(world: &World) -> Value {
    let position = world.providers.iter().position(Provider::is_shared);
    let limit = position.and_then(|index| world.providers[index].per_day);
    let sent = position.map_or(0, |index| counts(world, index, world.today()).get(Status::Sent));
    let threshold = limit.map(|limit| limit * 8 / 10);
    json!({
        "provider_id": position.map(|index| world.providers[index].id), "daily_limit": limit,
        "sent_today": sent, "usage_ratio": limit.map(|limit| ratio(sent, limit)),
        "threshold_usage": threshold,
        "is_near_limit": threshold.is_some_and(|threshold| sent >= threshold),
        "can_request_increase": true, "pending_request_id": null,
    })
}

fn counts(world: &World, provider: usize, from: i64) -> Counts {
    let emails = world.emails_between(from, world.now + 1);
    Counts::of(emails.filter(|email| email.provider == provider))
}

fn item(world: &World, provider: &Provider) -> Value {
    let mine = |index: usize| world.providers[index].id == provider.id;
    let last = world.emails.iter().find(|email| mine(email.provider)).map(|email| time(email.at));
    let (smtp, oauth) = (provider.smtp_host.is_some(), provider.oauth_email.is_some());
    let (active, own) = (provider.status == "active", !provider.is_shared());
    json!({
        "id": provider.id, "name": provider.name, "type": provider.kind,
        "status": provider.status, "status_reason": provider.reason, "is_active": active,
        "is_editable": own, "is_shared": provider.is_shared(),
        "percentage": Some(provider.percentage).filter(|percentage| *percentage > 0),
        "quotas": {
            "per_second": null, "per_minute": null, "per_hour": null,
            "per_day": provider.per_day.map(|quota| json!({"min": quota, "max": quota})),
        },
        "smtp_host": provider.smtp_host, "smtp_port": smtp.then_some(587),
        "smtp_protocol": smtp.then_some("starttls"), "smtp_username": smtp.then_some("shop"),
        "has_smtp_password": smtp, "has_refresh_token": oauth,
        "oauth_email": provider.oauth_email,
        "from_email": provider.oauth_email.unwrap_or(SENDER), "from_name": "Example Shop",
        "reply_to_email": null, "reply_to_name": null, "tracking_domain": null,
        "allowed_actions": {
            "activate": own && !active, "deactivate": own && active, "delete": own, "test": own,
            "update": own, "update_variables": own,
        },
        "created_at": time(world.start - 9 * DAY), "updated_at": time(provider.updated_at),
        "last_tested_at": own.then(|| time(provider.updated_at)), "last_used_at": last,
    })
}

#[cfg(test)]
mod tests {
    use super::super::emails;
    use super::super::tests::{all, data};
    use super::*;

    /// 2026-05-21T09:12:00Z, and the evening of that day.
    const NOW: i64 = 1_779_354_720;
    const EVENING: i64 = NOW + 9 * 3600;

    #[test]
    fn use_counts_the_log() {
        let world = World::generate(1, NOW, 40);
        let usage = data(usage(&world));
        for item in usage["providers"].as_array().unwrap() {
            let id = item["provider_id"].as_str().unwrap();
            let logs = |filters: &str| {
                all(|query| emails::list(&world, query), &format!("provider_id={id}&{filters}"))
                    .len()
            };
            assert_eq!(item["total_7d"], logs("from_date=2026-05-15"), "{id}");
            assert_eq!(item["failed_7d"], logs("from_date=2026-05-15&status=failed"), "{id}");
            assert_eq!(item["sent_today"], logs("from_date=2026-05-21&status=sent"), "{id}");
        }
    }

    #[test]
    fn there_is_something_to_see() {
        let world = World::generate(1, EVENING, 40);
        let list = all(|query| list(&world, query), "");
        let find = |status: &str| list.iter().find(|item| item["status"] == status).unwrap();
        let broken = find("error");
        assert_eq!(broken["status_reason"], "535 5.7.8 SMTP authentication failed");
        assert!(broken["last_used_at"].as_str() < broken["updated_at"].as_str());
        assert_eq!(find("inactive")["last_used_at"], Value::Null);
        assert_eq!(list.iter().filter(|item| item["is_shared"] == true).count(), 1);
        let used = world.emails_between(world.today(), EVENING + 1);
        let used = used.filter(|email| world.providers[email.provider].id == "dprov_gmail").count();
        assert_eq!(used, 4, "of a daily quota of 5");
        let shared = &data(limits(&world))["shared_amazon_ses"];
        assert!(shared["sent_today"].as_i64() > Some(0));
        assert_eq!(&data(shared_limit(&world))["limit"], shared);
    }

    #[test]
    fn stats_count_the_list() {
        let world = World::generate(1, NOW, 40);
        let stats = data(stats(&world));
        let count = |filter: String| all(|query| list(&world, query), &filter).len();
        assert_eq!(stats["total"], count(String::new()));
        for status in STATUSES {
            assert_eq!(stats["by_status"][status], count(format!("status={status}")));
            assert_eq!(stats[status], stats["by_status"][status]);
        }
        for kind in TYPES {
            assert_eq!(stats["by_type"][kind], count(format!("type={kind}")));
        }
        assert!(list(&world, &Query::parse("/", "status=odd")).is_err());
        assert!(list(&world, &Query::parse("/", "type=odd")).is_err());
    }
}
