//! Mailboxes, and the log of the messages they received.

use serde_json::{Value, json};

use super::billing::money;
use crate::dataset::{Dataset, MAILBOXES, Mailbox, PRICE_RECEIVED, ReceivedMessage};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

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
