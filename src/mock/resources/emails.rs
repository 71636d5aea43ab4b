//! The log of sent e-mails, and its metrics.

use serde_json::{Value, json};

use super::time;
use crate::mock::answer::{Answer, Outcome, Refusal};
use crate::mock::figures::{Counts, Period};
use crate::mock::page::{Query, page};
use crate::mock::world::{DAY, Email, HOUR, SENDER, Status, World};

pub(in crate::mock) fn list(world: &World, query: &Query) -> Outcome {
    let period = Period::of(query, world.start, world.now)?;
    let status = query.choice("status", &Status::ALL.map(Status::name))?;
    let found = world.emails_between(period.from, period.to).filter(|email| {
        status.is_none_or(|status| status == email.status.name())
            && is_of_provider(world, query, email)
            && query.finds([
                email.subject.as_str(),
                &message_id(email).unwrap_or_default(),
                SENDER,
                sent_from(world, email).unwrap_or_default(),
                &email.to,
            ])
    });
    page(query, 25, found, |email| item(world, email))
}

pub(in crate::mock) fn show(world: &World, id: &str) -> Outcome {
    let email = world.emails.iter().find(|email| email.id == id).ok_or(Refusal::NotFound)?;
    let outcome = match email.status {
        Status::Sent => Some("accepted"),
        Status::Failed | Status::Rejected => Some("rejected"),
        Status::Pending => None,
    };
    let mut detail = item(world, email);
    detail["recipients"] = outcome
        .map(|status| {
            json!([{"email": email.to, "type": "to", "status": status, "reason": email.reason}])
        })
        .into();
    Ok(Answer::Resource(detail))
}

pub(in crate::mock) fn metrics(world: &World, query: &Query) -> Outcome {
    let window = match query.choice("window", &["24h", "7d", "30d"])? {
        Some("7d") => 7 * DAY,
        Some("30d") => 30 * DAY,
        _ => DAY,
    };
    let step = match query.choice("granularity", &["hourly", "daily"])? {
        Some("hourly") => HOUR,
        _ => DAY,
    };
    let period = Period::of(query, world.now + 1 - window, world.now)?;
    let counts = |period: Period| Counts::of(within(world, query, period));
    let (summary, before) = (counts(period), counts(period.before()));
    let mut comparison = before.to_json();
    comparison["change_pct"] = summary.change_since(&before);
    Ok(Answer::Data(json!({
        "summary": summary.to_json(), "comparison": comparison,
        "timeseries": timeseries(world, query, period, step),
    })))
}

/// A point for each step, also where nothing happened; none before the world or after the present.
fn timeseries(world: &World, query: &Query, period: Period, step: i64) -> Vec<Value> {
    let (from, to) = (period.from.max(world.start), period.to.min(world.now + 1));
    if from >= to {
        return Vec::new();
    }
    let first = from.div_euclid(step);
    let mut counts = vec![Counts::default(); index((to - 1).div_euclid(step) - first) + 1];
    for email in within(world, query, Period { from, to }) {
        counts[index(email.at.div_euclid(step) - first)].add(email.status);
    }
    let point = |(step_number, counts): (i64, Counts)| {
        let mut point = counts.to_json();
        point["timestamp"] = time(step_number * step).into();
        point
    };
    (first..).zip(counts).map(point).collect()
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn within<'a>(
    world: &'a World,
    query: &'a Query,
    period: Period,
) -> impl Iterator<Item = &'a Email> {
    let emails = world.emails_between(period.from, period.to);
    emails.filter(move |email| is_of_provider(world, query, email))
}

fn is_of_provider(world: &World, query: &Query, email: &Email) -> bool {
    query.get("provider_id").is_none_or(|id| id == world.providers[email.provider].id)
}

fn item(world: &World, email: &Email) -> Value {
    let provider = &world.providers[email.provider];
    let sent = email.status == Status::Sent;
    let done = email.status != Status::Pending;
    json!({
        "id": email.id, "status": email.status.name(), "status_reason": email.reason,
        "attempts": email.attempts, "created_at": time(email.at),
        "sent_at": sent.then(|| time(email.at + 2)),
        "from_email": SENDER, "sent_from_email": sent_from(world, email), "to_email": email.to,
        "subject": email.subject, "message_id": message_id(email), "size_bytes": email.size,
        "provider_id": provider.id, "provider_name": provider.name, "recipient_count": 1,
        "accepted_recipient_count": done.then_some(i64::from(sent)),
        "rejected_recipient_count": done.then_some(i64::from(!sent)), "delivery_group": null,
    })
}

fn message_id(email: &Email) -> Option<String> {
    (email.status == Status::Sent).then(|| format!("<{}@example.com>", email.id))
}

/// Accounts connected through OAuth send from their own address.
fn sent_from(world: &World, email: &Email) -> Option<&'static str> {
    world.providers[email.provider].oauth_email.filter(|_| email.status == Status::Sent)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;

    /// 2026-05-21T09:12:00Z.
    const NOW: i64 = 1_779_354_720;

    fn world() -> World {
        World::generate(4, NOW, 40)
    }

    #[test]
    fn metrics_count_the_log() {
        let world = world();
        for (metric, log) in [
            ("", "from_date=2026-05-20T09:12:01Z"),
            ("window=7d", "from_date=2026-05-14T09:12:01Z"),
            ("window=30d&granularity=hourly", "from_date=2026-04-21T09:12:01Z"),
            (
                "window=7d&provider_id=dprov_ses",
                "from_date=2026-05-14T09:12:01Z&provider_id=dprov_ses",
            ),
            ("from_date=2026-05-18&to_date=2026-05-19", "from_date=2026-05-18&to_date=2026-05-19"),
            ("from_date=0001-01-01&granularity=hourly", ""),
            ("from_date=2027-01-01", "from_date=2027-01-01"),
            ("from_date=2026-05-19&to_date=2026-05-18", "from_date=2026-05-19&to_date=2026-05-18"),
        ] {
            let figures = data(metrics(&world, &Query::parse("/", metric)));
            let logs = all(|query| list(&world, query), log);
            let points = figures["timeseries"].as_array().unwrap();
            assert_eq!(figures["summary"]["total"], logs.len(), "{metric}");
            for status in Status::ALL.map(Status::name) {
                let logged = logs.iter().filter(|log| log["status"] == status).count();
                assert_eq!(figures["summary"][status], logged, "{metric} {status}");
                let charted: i64 = points.iter().filter_map(|point| point[status].as_i64()).sum();
                assert_eq!(figures["summary"][status], charted, "{metric} {status}");
            }
        }
    }

    #[test]
    fn the_comparison_is_the_time_before() {
        let world = world();
        let before = data(metrics(&world, &Query::parse("/", "window=7d")))["comparison"].clone();
        let period = "from_date=2026-05-07T09:12:01Z&to_date=2026-05-14T09:12:00Z";
        assert_eq!(before["total"], all(|query| list(&world, query), period).len());
    }

    #[test]
    fn steps_are_daily_unless_told() {
        let world = world();
        let points = |query: &str| {
            let figures = data(metrics(&world, &Query::parse("/", query)));
            figures["timeseries"].as_array().unwrap().clone()
        };
        assert_eq!(points("window=30d").len(), 31);
        assert_eq!(points("granularity=hourly").len(), 25);
        assert_eq!(points("")[1]["timestamp"], "2026-05-21T00:00:00Z");
    }

    #[test]
    fn filters_narrow_the_log() {
        let world = world();
        let logs = |filters: &str| all(|query| list(&world, query), filters);
        let total = logs("").len();
        let split: usize =
            Status::ALL.iter().map(|status| logs(&format!("status={}", status.name())).len()).sum();
        assert_eq!(split, total);
        let by_provider =
            world.providers.iter().map(|item| logs(&format!("provider_id={}", item.id)));
        assert_eq!(by_provider.map(|logs| logs.len()).sum::<usize>(), total);
        let found = logs("search=RESET");
        assert!(!found.is_empty() && found.len() < total);
        assert!(found.iter().all(|log| log["subject"].as_str().unwrap().starts_with("Reset")));
        assert_eq!(
            logs("search=hello@example.com").len(),
            logs("provider_id=dprov_gmail&status=sent").len()
        );
        assert_eq!(logs("search=nobody").len(), 0);
        for wrong in ["status=odd", "from_date=odd", "to_date=odd", "limit=0", "cursor=odd"] {
            assert!(list(&world, &Query::parse("/", wrong)).is_err(), "{wrong}");
        }
        for wrong in ["window=1d", "granularity=weekly", "from_date=odd"] {
            assert!(metrics(&world, &Query::parse("/", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn details_agree_with_the_list() {
        let world = world();
        for item in all(|query| list(&world, query), "status=failed") {
            let detail = data(show(&world, item["id"].as_str().unwrap()));
            assert_eq!(detail["recipients"][0]["reason"], item["status_reason"]);
            assert_eq!(detail["subject"], item["subject"]);
        }
    }
}
