//! Sending accounts, their usage and limits.

use serde_json::{Value, json};

use super::emails::{StatusCounts, ratio};
use crate::dataset::{Dataset, EmailStatus, Provider, SENDER, count};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const STATUSES: [&str; 4] = ["active", "inactive", "error", "pending"];
const TYPES: [&str; 4] = ["smtp", "gmail_api", "outlook_api", "amazon_ses"];
const MAX_ACCOUNTS: i64 = 10;

pub(super) fn list(dataset: &Dataset, query: &Query) -> HandlerResult {
    let status = query.one_of("status", &STATUSES)?;
    let kind = query.one_of("type", &TYPES)?;
    let found = dataset.providers.iter().filter(|provider| {
        status.is_none_or(|status| status == provider.status)
            && kind.is_none_or(|kind| kind == provider.kind)
    });
    paginate(query, 50, found, |provider| item(dataset, provider))
}

pub(super) fn get(dataset: &Dataset, id: &str) -> HandlerResult {
    let provider = dataset.providers.iter().find(|provider| provider.id == id);
    let mut detail = item(dataset, provider.ok_or(ApiError::NotFound)?);
    detail["variables"] = json!({});
    Ok(Content::Resource(detail))
}

pub(super) fn stats(dataset: &Dataset) -> HandlerResult {
    let tally = |names: [&'static str; 4], of: fn(&Provider) -> &'static str| {
        let number = |name| dataset.providers.iter().filter(|item| of(item) == name).count();
        Value::from_iter(names.map(|name| (name, number(name))))
    };
    let by_status = tally(STATUSES, |provider| provider.status);
    let mut stats = by_status.clone();
    stats["total"] = dataset.providers.len().into();
    stats["by_status"] = by_status;
    stats["by_type"] = tally(TYPES, |provider| provider.kind);
    Ok(Content::Data(stats))
}

pub(super) fn usage(dataset: &Dataset) -> HandlerResult {
    let today = dataset.today();
    let providers = dataset.providers.iter().enumerate().map(|(index, provider)| {
        let (day, week) = (counts(dataset, index, today), counts(dataset, index, today - 6 * DAY));
        json!({
            "provider_id": provider.id, "sent_today": day.get(EmailStatus::Sent),
            "sent_7d": week.get(EmailStatus::Sent), "failed_7d": week.get(EmailStatus::Failed),
            "pending_7d": week.get(EmailStatus::Pending), "rejected_7d": week.get(EmailStatus::Rejected),
            "total_7d": week.total(),
        })
    });
    let providers: Vec<Value> = providers.collect();
    Ok(Content::Data(json!({"window_days": 7, "providers": providers})))
}

pub(super) fn limits(dataset: &Dataset) -> HandlerResult {
    // The platform's account does not count.
    let used = count(dataset.providers.iter().filter(|provider| !provider.is_shared()).count());
    let threshold = MAX_ACCOUNTS * 8 / 10;
    Ok(Content::Data(json!({
        "sending_accounts": {
            "resource_type": "sending_accounts", "usage": used, "reserved": 0,
            "max_allowed": MAX_ACCOUNTS, "usage_ratio": ratio(used, MAX_ACCOUNTS),
            "threshold_usage": threshold, "is_at_limit": used >= MAX_ACCOUNTS,
            "is_near_limit": used >= threshold, "can_request_increase": true,
            "pending_request_id": null,
        },
        "shared_amazon_ses": shared(dataset),
    })))
}

pub(super) fn shared_limit(dataset: &Dataset) -> HandlerResult {
    Ok(Content::Data(json!({"limit": shared(dataset), "pending_request": null})))
}

fn shared(dataset: &Dataset) -> Value {
    let position = dataset.providers.iter().position(Provider::is_shared);
    let limit = position.and_then(|index| dataset.providers[index].per_day);
    let sent =
        position.map_or(0, |index| counts(dataset, index, dataset.today()).get(EmailStatus::Sent));
    let threshold = limit.map(|limit| limit * 8 / 10);
    json!({
        "provider_id": position.map(|index| dataset.providers[index].id), "daily_limit": limit,
        "sent_today": sent, "usage_ratio": limit.map(|limit| ratio(sent, limit)),
        "threshold_usage": threshold,
        "is_near_limit": threshold.is_some_and(|threshold| sent >= threshold),
        "can_request_increase": true, "pending_request_id": null,
    })
}

fn counts(dataset: &Dataset, provider: usize, from: i64) -> StatusCounts {
    let emails = dataset.emails_between(from, dataset.now + 1);
    StatusCounts::new(emails.filter(|email| email.provider == provider))
}

fn item(dataset: &Dataset, provider: &Provider) -> Value {
    let mine = |index: usize| dataset.providers[index].id == provider.id;
    let last = dataset
        .emails
        .iter()
        .find(|email| mine(email.provider))
        .map(|email| time::format(email.at));
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
        "created_at": time::format(dataset.start - 9 * DAY), "updated_at": time::format(provider.updated_at),
        "last_tested_at": own.then(|| time::format(provider.updated_at)), "last_used_at": last,
    })
}

#[cfg(test)]
mod tests {
    use super::super::emails;
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    const EVENING: i64 = NOW + 9 * 3600;

    #[test]
    fn usage_counts_the_log() {
        let dataset = Dataset::generate(1, NOW, 40);
        let usage = data(usage(&dataset));
        for item in usage["providers"].as_array().unwrap() {
            let id = item["provider_id"].as_str().unwrap();
            let logs = |filters: &str| {
                all(|query| emails::list(&dataset, query), &format!("provider_id={id}&{filters}"))
                    .len()
            };
            assert_eq!(item["total_7d"], logs("from_date=2026-05-15"), "{id}");
            assert_eq!(item["failed_7d"], logs("from_date=2026-05-15&status=failed"), "{id}");
            assert_eq!(item["sent_today"], logs("from_date=2026-05-21&status=sent"), "{id}");
        }
    }

    #[test]
    fn accounts_are_in_different_states() {
        let dataset = Dataset::generate(1, EVENING, 40);
        let list = all(|query| list(&dataset, query), "");
        let find = |status: &str| list.iter().find(|item| item["status"] == status).unwrap();
        let broken = find("error");
        assert_eq!(broken["status_reason"], "535 5.7.8 SMTP authentication failed");
        assert!(broken["last_used_at"].as_str() < broken["updated_at"].as_str());
        assert_eq!(find("inactive")["last_used_at"], Value::Null);
        assert_eq!(list.iter().filter(|item| item["is_shared"] == true).count(), 1);
        let used = dataset.emails_between(dataset.today(), EVENING + 1);
        let used =
            used.filter(|email| dataset.providers[email.provider].id == "dprov_gmail").count();
        assert_eq!(used, 4, "of a daily quota of 5");
        let shared = &data(limits(&dataset))["shared_amazon_ses"];
        assert!(shared["sent_today"].as_i64() > Some(0));
        assert_eq!(&data(shared_limit(&dataset))["limit"], shared);
    }

    #[test]
    fn stats_count_the_list() {
        let dataset = Dataset::generate(1, NOW, 40);
        let stats = data(stats(&dataset));
        let count = |filter: String| all(|query| list(&dataset, query), &filter).len();
        assert_eq!(stats["total"], count(String::new()));
        for status in STATUSES {
            assert_eq!(stats["by_status"][status], count(format!("status={status}")));
            assert_eq!(stats[status], stats["by_status"][status]);
        }
        for kind in TYPES {
            assert_eq!(stats["by_type"][kind], count(format!("type={kind}")));
        }
        assert!(list(&dataset, &Query::parse("/", "status=odd")).is_err());
        assert!(list(&dataset, &Query::parse("/", "type=odd")).is_err());
    }
}
