//! The log of messages that came in.

use serde_json::{Value, json};

use super::{money, time};
use crate::mock::answer::{Answer, Outcome, Refusal};
use crate::mock::figures::Period;
use crate::mock::page::{Query, page};
use crate::mock::world::{DAY, MAILBOXES, PRICE_RECEIVED, Received, World};

const RECEIVED: &str = "message.received";
const SPAM: &str = "message.received.spam";

pub(in crate::mock) fn list(world: &World, query: &Query) -> Outcome {
    let period = Period::of(query, world.start, world.now)?;
    let event = query.choice("event_type", &[RECEIVED, SPAM])?;
    let found = world.received.iter().filter(|mail| {
        period.contains(mail.at)
            && event.is_none_or(|event| event == event_type(mail))
            && query.get("mailbox_id").is_none_or(|id| id == mail.mailbox)
            && query.finds([mail.subject.as_str(), &message_id(mail), &mail.from, address(mail)])
    });
    page(query, 25, found, item)
}

pub(in crate::mock) fn show(world: &World, id: &str) -> Outcome {
    let mail = world.received.iter().find(|mail| mail.id == id).ok_or(Refusal::NotFound)?;
    Ok(Answer::Data(item(mail)))
}

fn item(mail: &Received) -> Value {
    json!({
        "id": mail.id, "event_type": event_type(mail), "is_spam": mail.spam,
        "received_at": time(mail.at),
        "billing_bucket_start": time(mail.at - mail.at.rem_euclid(DAY)),
        "from_email": mail.from, "to_emails": [address(mail)], "subject": mail.subject,
        "mailbox_id": mail.mailbox, "mailbox_email": address(mail),
        "message_id": message_id(mail), "message_id_kind": "rfc5322", "size_bytes": mail.size,
        "amount": money(PRICE_RECEIVED), "unit_amount": money(PRICE_RECEIVED),
    })
}

fn event_type(mail: &Received) -> &'static str {
    if mail.spam { SPAM } else { RECEIVED }
}

pub(super) fn message_id(mail: &Received) -> String {
    format!("<{}@mail.example.org>", mail.id)
}

pub(super) fn address(mail: &Received) -> &'static str {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == mail.mailbox);
    mailbox.map_or("", |mailbox| mailbox.email)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;

    #[test]
    fn filters_split_the_log() {
        let world = World::generate(1, 1_779_354_720, 40);
        let logs = |filters: &str| all(|query| list(&world, query), filters);
        let total = world.received.len();
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
        assert!(list(&world, &Query::parse("/", "event_type=odd")).is_err());
    }

    #[test]
    fn an_entry_is_that_of_the_list() {
        let world = World::generate(1, 1_779_354_720, 40);
        let first = all(|query| list(&world, query), "")[0].clone();
        assert_eq!(data(show(&world, first["id"].as_str().unwrap())), first);
    }
}
