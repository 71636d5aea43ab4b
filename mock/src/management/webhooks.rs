//! Webhook subscriptions and their deliveries.

use serde_json::{Value, json};

use super::mailboxes;
use crate::dataset::{
    Cause, Dataset, Delivery, EmailStatus, MAX_ATTEMPTS, RETENTION, SENDER, TEAM_ID, WEBHOOKS,
    Webhook,
};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const EVENTS: [&str; 8] = [
    "message.delivered",
    "message.bounced",
    "message.complained",
    "message.rejected",
    "message.delivery_delayed",
    "message.received",
    "message.received.spam",
    "sendmux.test",
];
const RESULTS: [&str; 4] = ["success", "retrying", "failed", "permanent_failure"];

pub(super) fn list(dataset: &Dataset, query: &Query) -> HandlerResult {
    paginate(query, 50, &WEBHOOKS, |webhook| item(dataset, webhook))
}

pub(super) fn get(dataset: &Dataset, id: &str) -> HandlerResult {
    Ok(Content::Resource(item(dataset, &WEBHOOKS[find(id)?])))
}

pub(super) fn deliveries(dataset: &Dataset, id: &str, query: &Query) -> HandlerResult {
    let webhook = find(id)?;
    let event = query.one_of("event_type", &EVENTS)?;
    let result = query.one_of("result", &RESULTS)?;
    let found = dataset.deliveries.iter().filter(|delivery| {
        delivery.webhook == webhook
            && event.is_none_or(|event| event == delivery.event)
            && result.is_none_or(|result| result == delivery.result)
    });
    paginate(query, 25, found, |delivery| attempt(dataset, delivery))
}

pub(super) fn payload(dataset: &Dataset, id: &str, delivery: &str) -> HandlerResult {
    let webhook = find(id)?;
    let mut deliveries = dataset.deliveries.iter().filter(|delivery| delivery.webhook == webhook);
    let found = deliveries.find(|known| known.id == delivery).ok_or(ApiError::NotFound)?;
    Ok(Content::Data(json!({
        "id": found.id, "event_id": found.event_id, "event_type": found.event,
        "delivery_attempt": found.attempt, "created_at": time::format(found.at),
        "expires_at": time::format(found.at + RETENTION), "payload": event(dataset, found),
    })))
}

fn find(id: &str) -> Result<usize, ApiError> {
    WEBHOOKS.iter().position(|webhook| webhook.id == id).ok_or(ApiError::NotFound)
}

fn item(dataset: &Dataset, webhook: &Webhook) -> Value {
    let created_at = dataset.start - webhook.age * DAY;
    json!({
        "id": webhook.id, "name": webhook.name, "url": webhook.url, "enabled": true,
        "failing": webhook.failing, "event_types": webhook.events,
        "filters": {"mailbox_ids": webhook.mailboxes}, "created_at": time::format(created_at),
        "updated_at": time::format(created_at + DAY),
    })
}

fn attempt(dataset: &Dataset, delivery: &Delivery) -> Value {
    let ok = delivery.response_status == 200;
    json!({
        "id": delivery.id, "event_id": delivery.event_id, "event_type": delivery.event,
        "result": delivery.result, "response_status": delivery.response_status,
        "response_ms": delivery.response_ms, "delivery_attempt": delivery.attempt,
        "max_attempts": MAX_ATTEMPTS, "next_retry_at": delivery.next_retry_at.map(time::format),
        "error_message": (!ok).then(|| format!("HTTP {}", delivery.response_status)),
        "response_body": ok.then_some("ok"), "payload_available": true,
        "payload_expires_at": time::format(delivery.at + RETENTION),
        "request_payload_bytes": event(dataset, delivery).to_string().len(),
        "request_payload_sha256": null, "created_at": time::format(delivery.at),
    })
}

/// Returns the body of the request to the webhook.
fn event(dataset: &Dataset, delivery: &Delivery) -> Value {
    let mut data = json!({
        "message_id": null, "message_id_kind": null, "sendmux_message_id": null, "sender": null,
        "recipients": [], "mailbox_id": null, "bounce_type": null, "bounce_subtype": null,
        "complaint_type": null, "complaint_subtype": null, "reject_reason": null,
        "delay_type": null, "delay_expires_at": null, "is_spam": null,
        "webhook_id": WEBHOOKS[delivery.webhook].id,
    });
    match delivery.cause {
        Cause::Sent(position) => {
            let email = &dataset.emails[position];
            data["sendmux_message_id"] = email.id.as_str().into();
            data["sender"] = SENDER.into();
            data["recipients"] = json!([email.to]);
            if email.status == EmailStatus::Rejected {
                data["reject_reason"] = email.reason.into();
            } else {
                data["bounce_type"] =
                    if email.attempts == 1 { "Permanent" } else { "Transient" }.into();
                data["bounce_subtype"] = "General".into();
            }
        }
        Cause::Received(position) => {
            let message = &dataset.received[position];
            data["message_id"] = mailboxes::message_id(message).into();
            data["message_id_kind"] = "rfc5322".into();
            data["sender"] = message.from.as_str().into();
            data["recipients"] = json!([mailboxes::address(message)]);
            data["mailbox_id"] = message.mailbox.into();
            data["is_spam"] = message.spam.into();
        }
    }
    json!({
        "id": delivery.event_id, "type": delivery.event, "team_public_id": TEAM_ID,
        "occurred_at": time::format(delivery.occurred_at), "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    fn dataset() -> Dataset {
        Dataset::generate(1, NOW, 40)
    }

    #[test]
    fn deliveries_match_their_subscription_and_payload() {
        let dataset = dataset();
        let mut seen = 0;
        for webhook in &WEBHOOKS {
            for item in all(|query| deliveries(&dataset, webhook.id, query), "") {
                let event = item["event_type"].as_str().unwrap();
                assert!(webhook.events.contains(&event), "{event}");
                let sent = data(payload(&dataset, webhook.id, item["id"].as_str().unwrap()));
                assert_eq!(sent["payload"]["id"], item["event_id"]);
                assert_eq!(item["request_payload_bytes"], sent["payload"].to_string().len());
                seen += 1;
            }
        }
        assert_eq!(seen, dataset.deliveries.len());
    }

    #[test]
    fn filters_split_the_deliveries() {
        let dataset = dataset();
        let found =
            |filters: &str| all(|query| deliveries(&dataset, "whk_demo", query), filters).len();
        let total = found("");
        assert!(total > 0);
        assert_eq!(
            EVENTS.iter().map(|name| found(&format!("event_type={name}"))).sum::<usize>(),
            total
        );
        assert_eq!(
            RESULTS.iter().map(|name| found(&format!("result={name}"))).sum::<usize>(),
            total
        );
        assert!(deliveries(&dataset, "whk_demo", &Query::parse("/", "result=odd")).is_err());
        assert!(deliveries(&dataset, "whk_none", &Query::parse("/", "")).is_err());
    }

    #[test]
    fn a_payload_belongs_to_its_webhook() {
        let dataset = dataset();
        let other = dataset.deliveries.iter().find(|item| WEBHOOKS[item.webhook].id == "whk_demo");
        assert!(payload(&dataset, "whk_orders", &other.unwrap().id).is_err());
    }
}
