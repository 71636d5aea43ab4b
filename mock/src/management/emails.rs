//! The log of sent emails, and its metrics.

use serde_json::{Value, json};

use crate::dataset::{Dataset, Email, EmailStatus, SENDER};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::{Period, Query};
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY, HOUR};

pub(super) fn list(dataset: &Dataset, query: &Query) -> HandlerResult {
    let period = query.period(dataset.start, dataset.now)?;
    let status = query.one_of("status", &EmailStatus::ALL.map(EmailStatus::name))?;
    let found = dataset.emails_between(period.from, period.to).filter(|email| {
        status.is_none_or(|status| status == email.status.name())
            && matches_provider(dataset, query, email)
            && query.matches_search([
                email.subject.as_str(),
                &message_id(email).unwrap_or_default(),
                SENDER,
                sent_from(dataset, email).unwrap_or_default(),
                &email.to,
            ])
    });
    paginate(query, 25, found, |email| item(dataset, email))
}

pub(super) fn get(dataset: &Dataset, id: &str) -> HandlerResult {
    let email = dataset.emails.iter().find(|email| email.id == id).ok_or(ApiError::NotFound)?;
    let recipient_status = match email.status {
        EmailStatus::Sent => Some("accepted"),
        EmailStatus::Failed | EmailStatus::Rejected => Some("rejected"),
        EmailStatus::Pending => None,
    };
    let mut detail = item(dataset, email);
    detail["recipients"] = recipient_status
        .map(|status| {
            json!([{"email": email.to, "type": "to", "status": status, "reason": email.reason}])
        })
        .into();
    Ok(Content::Resource(detail))
}

pub(super) fn metrics(dataset: &Dataset, query: &Query) -> HandlerResult {
    let window = match query.one_of("window", &["24h", "7d", "30d"])? {
        Some("7d") => 7 * DAY,
        Some("30d") => 30 * DAY,
        _ => DAY,
    };
    let step = match query.one_of("granularity", &["hourly", "daily"])? {
        Some("hourly") => HOUR,
        _ => DAY,
    };
    let period = query.period(dataset.now + 1 - window, dataset.now)?;
    let counts = |period: Period| StatusCounts::new(within(dataset, query, period));
    let (summary, previous) = (counts(period), counts(period.previous()));
    let mut comparison = previous.to_json();
    comparison["change_pct"] = summary.change_since(&previous);
    Ok(Content::Data(json!({
        "summary": summary.to_json(), "comparison": comparison,
        "timeseries": timeseries(dataset, query, period, step),
    })))
}

/// Returns a point for each step from the start of the data to now, even if nothing was sent.
fn timeseries(dataset: &Dataset, query: &Query, period: Period, step: i64) -> Vec<Value> {
    let (from, to) = (period.from.max(dataset.start), period.to.min(dataset.now + 1));
    if from >= to {
        return Vec::new();
    }
    let first = from.div_euclid(step);
    let mut counts = vec![StatusCounts::default(); index((to - 1).div_euclid(step) - first) + 1];
    for email in within(dataset, query, Period { from, to }) {
        counts[index(email.at.div_euclid(step) - first)].add(email.status);
    }
    let point = |(step_number, counts): (i64, StatusCounts)| {
        let mut point = counts.to_json();
        point["timestamp"] = time::format(step_number * step).into();
        point
    };
    (first..).zip(counts).map(point).collect()
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn within<'a>(
    dataset: &'a Dataset,
    query: &'a Query,
    period: Period,
) -> impl Iterator<Item = &'a Email> {
    let emails = dataset.emails_between(period.from, period.to);
    emails.filter(move |email| matches_provider(dataset, query, email))
}

fn matches_provider(dataset: &Dataset, query: &Query, email: &Email) -> bool {
    query.get("provider_id").is_none_or(|id| id == dataset.providers[email.provider].id)
}

fn item(dataset: &Dataset, email: &Email) -> Value {
    let provider = &dataset.providers[email.provider];
    let sent = email.status == EmailStatus::Sent;
    let done = email.status != EmailStatus::Pending;
    json!({
        "id": email.id, "status": email.status.name(), "status_reason": email.reason,
        "attempts": email.attempts, "created_at": time::format(email.at),
        "sent_at": sent.then(|| time::format(email.at + 2)),
        "from_email": SENDER, "sent_from_email": sent_from(dataset, email), "to_email": email.to,
        "subject": email.subject, "message_id": message_id(email), "size_bytes": email.size,
        "provider_id": provider.id, "provider_name": provider.name, "recipient_count": 1,
        "accepted_recipient_count": done.then_some(i64::from(sent)),
        "rejected_recipient_count": done.then_some(i64::from(!sent)), "delivery_group": null,
    })
}

fn message_id(email: &Email) -> Option<String> {
    (email.status == EmailStatus::Sent).then(|| format!("<{}@example.com>", email.id))
}

/// Returns the address of an account connected through OAuth, which replaces the sender's.
fn sent_from(dataset: &Dataset, email: &Email) -> Option<&'static str> {
    dataset.providers[email.provider].oauth_email.filter(|_| email.status == EmailStatus::Sent)
}

/// The number of emails in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StatusCounts([i64; EmailStatus::ALL.len()]);

impl StatusCounts {
    pub(super) fn new<'a>(emails: impl IntoIterator<Item = &'a Email>) -> Self {
        let mut counts = Self::default();
        for email in emails {
            counts.add(email.status);
        }
        counts
    }

    fn add(&mut self, status: EmailStatus) {
        self.0[status as usize] += 1;
    }

    pub(super) fn get(&self, status: EmailStatus) -> i64 {
        self.0[status as usize]
    }

    pub(super) fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    fn to_json(self) -> Value {
        let mut object = json!({"total": self.total()});
        for status in EmailStatus::ALL {
            object[status.name()] = self.get(status).into();
        }
        object
    }

    /// Returns the growth of each count in percent, to one decimal place.
    fn change_since(&self, previous: &Self) -> Value {
        let mut object = json!({"total": growth(self.total(), previous.total())});
        for status in EmailStatus::ALL {
            object[status.name()] = growth(self.get(status), previous.get(status)).into();
        }
        object
    }
}

fn growth(now: i64, previous: i64) -> f64 {
    match previous {
        0 if now == 0 => 0.0,
        0 => 100.0,
        _ => ratio((now - previous) * 1000, previous).round() / 10.0,
    }
}

/// Divides two numbers that are small enough to be exact as floats.
pub(super) fn ratio(part: i64, whole: i64) -> f64 {
    let float = |number: i64| f64::from(i32::try_from(number).unwrap_or(i32::MAX));
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    fn dataset() -> Dataset {
        Dataset::generate(4, NOW, 40)
    }

    #[test]
    fn metrics_count_the_log() {
        let dataset = dataset();
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
            let metrics = data(super::metrics(&dataset, &Query::parse("/", metric)));
            let logs = all(|query| list(&dataset, query), log);
            let points = metrics["timeseries"].as_array().unwrap();
            assert_eq!(metrics["summary"]["total"], logs.len(), "{metric}");
            for status in EmailStatus::ALL.map(EmailStatus::name) {
                let logged = logs.iter().filter(|log| log["status"] == status).count();
                assert_eq!(metrics["summary"][status], logged, "{metric} {status}");
                let charted: i64 = points.iter().filter_map(|point| point[status].as_i64()).sum();
                assert_eq!(metrics["summary"][status], charted, "{metric} {status}");
            }
        }
    }

    #[test]
    fn metrics_are_compared_with_the_previous_period() {
        let dataset = dataset();
        let previous =
            data(super::metrics(&dataset, &Query::parse("/", "window=7d")))["comparison"].clone();
        let period = "from_date=2026-05-07T09:12:01Z&to_date=2026-05-14T09:12:00Z";
        assert_eq!(previous["total"], all(|query| list(&dataset, query), period).len());
    }

    #[test]
    fn the_default_granularity_is_daily() {
        let dataset = dataset();
        let points = |query: &str| {
            let metrics = data(super::metrics(&dataset, &Query::parse("/", query)));
            metrics["timeseries"].as_array().unwrap().clone()
        };
        assert_eq!(points("window=30d").len(), 31);
        assert_eq!(points("granularity=hourly").len(), 25);
        assert_eq!(points("")[1]["timestamp"], "2026-05-21T00:00:00Z");
    }

    #[test]
    fn filters_narrow_the_log() {
        let dataset = dataset();
        let logs = |filters: &str| all(|query| list(&dataset, query), filters);
        let total = logs("").len();
        let split: usize = EmailStatus::ALL
            .iter()
            .map(|status| logs(&format!("status={}", status.name())).len())
            .sum();
        assert_eq!(split, total);
        let by_provider =
            dataset.providers.iter().map(|item| logs(&format!("provider_id={}", item.id)));
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
            assert!(list(&dataset, &Query::parse("/", wrong)).is_err(), "{wrong}");
        }
        for wrong in ["window=1d", "granularity=weekly", "from_date=odd"] {
            assert!(metrics(&dataset, &Query::parse("/", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn details_agree_with_the_log() {
        let dataset = dataset();
        for item in all(|query| list(&dataset, query), "status=failed") {
            let detail = data(get(&dataset, item["id"].as_str().unwrap()));
            assert_eq!(detail["recipients"][0]["reason"], item["status_reason"]);
            assert_eq!(detail["subject"], item["subject"]);
        }
    }

    #[test]
    fn growth_is_in_percent() {
        assert_eq!(growth(3, 2), 50.0);
        assert_eq!(growth(1, 3), -66.7);
        assert_eq!(growth(0, 0), 0.0);
        assert_eq!(growth(5, 0), 100.0);
    }
}
