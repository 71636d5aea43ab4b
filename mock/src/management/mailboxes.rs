//! Mailboxes, and the log of the messages they received.

use serde_json::{Value, json};

use super::billing::money;
use super::domains;
use crate::dataset::{Dataset, MAILBOXES, Mailbox, PRICE_RECEIVED, ReceivedMessage, count};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const MAX_USAGE_DAYS: i64 = 366;
/// Parts of a dollar with 18 decimal places.
const ATTO: i128 = 1_000_000_000_000_000_000;
/// Price of storage: about 0.02 dollars for a gigabyte a month.
const ATTO_PER_GIGABYTE_MILLI: i128 = 7_716_049;
const RECEIVED: &str = "message.received";
const SPAM: &str = "message.received.spam";

pub(super) fn list(dataset: &Dataset, query: &Query) -> HandlerResult {
    let all = query.one_of("include_deleted", &["true"])?.is_some();
    let found = MAILBOXES.iter().filter(|mailbox| all || mailbox.status != "deleted");
    paginate(query, 50, found, |mailbox| item(dataset, mailbox))
}

pub(super) fn get(dataset: &Dataset, id: &str) -> HandlerResult {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == id).ok_or(ApiError::NotFound)?;
    Ok(Content::Resource(item(dataset, mailbox)))
}

/// Returns the filters of a mailbox, which has none.
pub(super) fn filters(id: &str) -> HandlerResult {
    MAILBOXES.iter().find(|mailbox| mailbox.id == id).ok_or(ApiError::NotFound)?;
    Ok(domains::no_filters())
}

/// Returns the costs of a mailbox. Those of today are not final.
pub(super) fn usage(dataset: &Dataset, id: &str, query: &Query) -> HandlerResult {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == id).ok_or(ApiError::NotFound)?;
    let moment = |name: &'static str| {
        let text = query.get(name).ok_or(ApiError::ValidationFailed(name))?;
        let at = time::parse_moment(text).ok_or(ApiError::ValidationFailed(name))?;
        Ok((text, at))
    };
    let ((start_text, start), (end_text, end)) = (moment("start")?, moment("end")?);
    if !(start..=start.saturating_add(MAX_USAGE_DAYS * DAY * 1000)).contains(&end) {
        return Err(ApiError::ValidationFailed("end"));
    }
    let state = if end <= dataset.today() * 1000 { "final" } else { "pending" };
    let period = start..end;
    let incoming = dataset.received.iter().filter(|message| {
        message.mailbox == id && period.contains(&message.at.saturating_mul(1000))
    });
    let incoming = count(incoming.count());
    let traffic = |quantity: i64, price| {
        let amount = money(quantity * price);
        let posted = if state == "final" { quantity } else { 0 };
        json!({
            "quantity": quantity.to_string(), "posted_quantity": posted.to_string(),
            "unbillable_quantity": "0", "incurred_amount": amount,
            "posted_amount": money(posted * price), "unbillable_amount": money(0),
            "coverage_started_at": time::format(dataset.start), "state": state,
        })
    };
    let stored = period.end.min(dataset.now * 1000) - period.start.max(dataset.start * 1000);
    let raw = i128::from(stored.max(0)) * i128::from(mailbox.gigabytes) * ATTO_PER_GIGABYTE_MILLI;
    let allocated = i64::try_from(raw / 1_000_000_000_000).unwrap_or(i64::MAX);
    let posted = if state == "final" { allocated } else { 0 };
    let posted_total = posted + if state == "final" { incoming * PRICE_RECEIVED } else { 0 };
    Ok(Content::Resource(json!({
        "mailbox_id": id, "start": start_text, "end": end_text, "currency": "USD", "state": state,
        "posted_amount": money(posted_total), "incoming": traffic(incoming, PRICE_RECEIVED),
        "outgoing": traffic(0, 0),
        "storage": {
            "raw_amount": format!("{}.{:018}", raw / ATTO, raw % ATTO),
            "allocated_amount": money(allocated), "posted_amount": money(posted), "state": state,
        },
    })))
}

fn item(dataset: &Dataset, mailbox: &Mailbox) -> Value {
    json!({
        "id": mailbox.id, "email": mailbox.email, "display_name": mailbox.display_name,
        "status": mailbox.status, "quota_bytes": mailbox.gigabytes << 30,
        "send_scope": {"type": "all"}, "created_at": time::format(dataset.start - mailbox.age * DAY),
    })
}

pub(super) fn logs(dataset: &Dataset, query: &Query) -> HandlerResult {
    let period = query.period(dataset.start, dataset.now)?;
    let event = query.one_of("event_type", &[RECEIVED, SPAM])?;
    let found = dataset.received.iter().filter(|message| {
        period.contains(message.at)
            && event.is_none_or(|event| event == event_type(message))
            && query.get("mailbox_id").is_none_or(|id| id == message.mailbox)
            && query.matches_search([
                message.subject.as_str(),
                &message_id(message),
                &message.from,
                address(message),
            ])
    });
    paginate(query, 25, found, log_item)
}

pub(super) fn log(dataset: &Dataset, id: &str) -> HandlerResult {
    let message =
        dataset.received.iter().find(|message| message.id == id).ok_or(ApiError::NotFound)?;
    Ok(Content::Data(log_item(message)))
}

fn log_item(message: &ReceivedMessage) -> Value {
    json!({
        "id": message.id, "event_type": event_type(message), "is_spam": message.spam,
        "received_at": time::format(message.at),
        "billing_bucket_start": time::format(message.at - message.at.rem_euclid(DAY)),
        "from_email": message.from, "to_emails": [address(message)], "subject": message.subject,
        "mailbox_id": message.mailbox, "mailbox_email": address(message),
        "message_id": message_id(message), "message_id_kind": "rfc5322", "size_bytes": message.size,
        "amount": money(PRICE_RECEIVED), "unit_amount": money(PRICE_RECEIVED),
    })
}

fn event_type(message: &ReceivedMessage) -> &'static str {
    if message.spam { SPAM } else { RECEIVED }
}

pub(super) fn message_id(message: &ReceivedMessage) -> String {
    format!("<{}@message.example.org>", message.id)
}

pub(super) fn address(message: &ReceivedMessage) -> &'static str {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == message.mailbox);
    mailbox.map_or("", |mailbox| mailbox.email)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    #[test]
    fn deleted_mailboxes_are_listed_on_request() {
        let dataset = Dataset::generate(1, NOW, 5);
        let usual = all(|query| list(&dataset, query), "");
        let with_deleted = all(|query| list(&dataset, query), "include_deleted=true");
        assert!(usual.iter().all(|mailbox| mailbox["status"] != "deleted"));
        assert_eq!(with_deleted.len(), usual.len() + 1);
        assert!(
            with_deleted.is_sorted_by(|a, b| a["created_at"].as_str() >= b["created_at"].as_str())
        );
        assert!(list(&dataset, &Query::parse("/", "include_deleted=false")).is_err());
    }

    #[test]
    fn costs_are_final_for_days_that_are_over() {
        let dataset = Dataset::generate(1, NOW, 40);
        let usage = |query: &str| usage(&dataset, "mbx_support", &Query::parse("/", query));
        let past = data(usage("start=2026-05-01T00:00:00Z&end=2026-05-21T00:00:00.000Z"));
        assert_eq!(past["state"], "final");
        assert_eq!(past["incoming"]["quantity"], past["incoming"]["posted_quantity"]);
        let raw = past["storage"]["raw_amount"].as_str().unwrap();
        assert_eq!(raw.split_once('.').unwrap().1.len(), 18);
        let present = data(usage("start=2026-05-01T00:00:00Z&end=2026-05-22T00:00:00Z"));
        assert_eq!(
            (&present["state"], &present["posted_amount"]),
            (&"pending".into(), &"0.000000".into())
        );
        for refused in [
            "start=2026-05-01T00:00:00Z",
            "start=2026-05-01T00:00:00&end=2026-05-02T00:00:00",
            "start=2026-05-01T00:00:00.0001Z&end=2026-05-02T00:00:00Z",
            "start=2026-05-02T00:00:00Z&end=2026-05-01T00:00:00Z",
            "start=2025-05-02T00:00:00Z&end=2026-05-04T00:00:00Z",
        ] {
            assert_eq!(usage(refused).unwrap_err().status(), 422, "{refused}");
        }
    }

    #[test]
    fn filters_split_the_inbox_log() {
        let dataset = Dataset::generate(1, NOW, 40);
        let logs = |filters: &str| all(|query| super::logs(&dataset, query), filters);
        let total = dataset.received.len();
        assert_eq!(logs("").len(), total);
        for [one, other] in [
            ["event_type=message.received", "event_type=message.received.spam"],
            ["mailbox_id=mbx_orders", "mailbox_id=mbx_support"],
            ["to_date=2026-05-01", "from_date=2026-05-02"],
        ] {
            let (one, other) = (logs(one).len(), logs(other).len());
            assert!(one > 0 && other > 0);
            assert_eq!(one + other, total);
        }
        assert_eq!(logs("search=orders@example.com").len(), logs("mailbox_id=mbx_orders").len());
        assert!(super::logs(&dataset, &Query::parse("/", "event_type=odd")).is_err());
    }

    #[test]
    fn an_entry_agrees_with_the_inbox_log() {
        let dataset = Dataset::generate(1, NOW, 40);
        let first = all(|query| logs(&dataset, query), "")[0].clone();
        assert_eq!(data(log(&dataset, first["id"].as_str().unwrap())), first);
    }
}
