//! Webhook subscriptions and what was delivered to them.

use serde_json::{Value, json};

use super::connection::TEAM;
use super::{inboxes, time};
use crate::mock::answer::{Answer, Outcome, Refusal};
use crate::mock::page::{Query, page};
use crate::mock::world::{
    Cause, DAY, Delivery, KEPT, MAX_ATTEMPTS, SENDER, Status, WEBHOOKS, Webhook, World,
};

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

pub(in crate::mock) fn list(world: &World, query: &Query) -> Outcome {
    page(query, 50, &WEBHOOKS, |webhook| item(world, webhook))
}

pub(in crate::mock) fn show(world: &World, id: &str) -> Outcome {
    Ok(Answer::Resource(item(world, &WEBHOOKS[find(id)?])))
}

pub(in crate::mock) fn deliveries(world: &World, id: &str, query: &Query) -> Outcome {
    let webhook = find(id)?;
    let event = query.choice("event_type", &EVENTS)?;
    let result = query.choice("result", &RESULTS)?;
    let found = world.deliveries.iter().filter(|delivery| {
        delivery.webhook == webhook
            && event.is_none_or(|event| event == delivery.event)
            && result.is_none_or(|result| result == delivery.result)
    });
    page(query, 25, found, |delivery| attempt(world, delivery))
}

pub(in crate::mock) fn payload(world: &World, id: &str, delivery: &str) -> Outcome {
    let webhook = find(id)?;
    let mut deliveries = world.deliveries.iter().filter(|delivery| delivery.webhook == webhook);
    let found = deliveries.find(|known| known.id == delivery).ok_or(Refusal::NotFound)?;
    Ok(Answer::Data(json!({
        "id": found.id, "event_id": found.event_id, "event_type": found.event,
        "delivery_attempt": found.attempt, "created_at": time(found.at),
        "expires_at": time(found.at + KEPT), "payload": event(world, found),
    })))
}

fn find(id: &str) -> Result<usize, Refusal> {
    WEBHOOKS.iter().position(|webhook| webhook.id == id).ok_or(Refusal::NotFound)
}

fn item(world: &World, webhook: &Webhook) -> Value {
    let created_at = world.start - webhook.age * DAY;
    json!({
        "id": webhook.id, "name": webhook.name, "url": webhook.url, "enabled": true,
        "failing": webhook.failing, "event_types": webhook.events,
        "filters": {"mailbox_ids": webhook.mailboxes}, "created_at": time(created_at),
        "updated_at": time(created_at + DAY),
    })
}

fn attempt(world: &World, delivery: &Delivery) -> Value {
    let good = delivery.status == 200;
    json!({
        "id": delivery.id, "event_id": delivery.event_id, "event_type": delivery.event,
        "result": delivery.result, "response_status": delivery.status,
        "response_ms": delivery.milliseconds, "delivery_attempt": delivery.attempt,
        "max_attempts": MAX_ATTEMPTS, "next_retry_at": delivery.next_retry_at.map(time),
        "error_message": (!good).then(|| format!("HTTP {}", delivery.status)),
        "response_body": good.then_some("ok"), "payload_available": true,
        "payload_expires_at": time(delivery.at + KEPT),
        "request_payload_bytes": event(world, delivery).to_string().len(),
        "request_payload_sha256": null, "created_at": time(delivery.at),
    })
}

/// The body that was posted.
fn event(world: &World, delivery: &Delivery) -> Value {
    let mut data = json!({
        "message_id": null, "message_id_kind": null, "sendmux_message_id": null, "sender": null,
        "recipients": [], "mailbox_id": null, "bounce_type": null, "bounce_subtype": null,
        "complaint_type": null, "complaint_subtype": null, "reject_reason": null,
        "delay_type": null, "delay_expires_at": null, "is_spam": null,
        "webhook_id": WEBHOOKS[delivery.webhook].id,
    });
    match delivery.cause {
        Cause::Sent(position) => {
            let email = &world.emails[position];
            data["sendmux_message_id"] = email.id.as_str().into();
            data["sender"] = SENDER.into();
            data["recipients"] = json!([email.to]);
            if email.status == Status::Rejected {
                data["reject_reason"] = email.reason.into();
            } else {
                data["bounce_type"] =
                    if email.attempts == 1 { "Permanent" } else { "Transient" }.into();
                data["bounce_subtype"] = "General".into();
            }
        }
        Cause::Received(position) => {
            let mail = &world.received[position];
            data["message_id"] = inboxes::message_id(mail).into();
            data["message_id_kind"] = "rfc5322".into();
            data["sender"] = mail.from.as_str().into();
            data["recipients"] = json!([inboxes::address(mail)]);
            data["mailbox_id"] = mail.mailbox.into();
            data["is_spam"] = mail.spam.into();
        }
    }
    json!({
        "id": delivery.event_id, "type": delivery.event, "team_public_id": TEAM,
        "occurred_at": time(delivery.occurred_at), "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;

    fn world() -> World {
        World::generate(1, 1_779_354_720, 40)
    }

    #[test]
    fn deliveries_fit_their_subscription_and_their_payload() {
        let world = world();
        let mut seen = 0;
        for webhook in &WEBHOOKS {
            for item in all(|query| deliveries(&world, webhook.id, query), "") {
                let event = item["event_type"].as_str().unwrap();
                assert!(webhook.events.contains(&event), "{event}");
                let sent = data(payload(&world, webhook.id, item["id"].as_str().unwrap()));
                assert_eq!(sent["payload"]["id"], item["event_id"]);
                assert_eq!(item["request_payload_bytes"], sent["payload"].to_string().len());
                seen += 1;
            }
        }
        assert_eq!(seen, world.deliveries.len());
    }

    #[test]
    fn filters_split_the_deliveries() {
        let world = world();
        let found =
            |filters: &str| all(|query| deliveries(&world, "whk_demo", query), filters).len();
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
        assert!(deliveries(&world, "whk_demo", &Query::parse("/", "result=odd")).is_err());
        assert!(deliveries(&world, "whk_none", &Query::parse("/", "")).is_err());
    }

    #[test]
    fn a_payload_belongs_to_its_webhook() {
        let world = world();
        let other = world.deliveries.iter().find(|item| WEBHOOKS[item.webhook].id == "whk_demo");
        assert!(payload(&world, "whk_orders", &other.unwrap().id).is_err());
    }
}
