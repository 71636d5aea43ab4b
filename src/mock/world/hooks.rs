//! Webhook subscriptions, and what was delivered to them.

use super::DAY;
use super::mail::{Email, Received, Status};
use crate::mock::answer::fingerprint;

/// How long deliveries are kept.
pub(crate) const KEPT: i64 = 7 * DAY;
/// How often an event is tried.
pub(crate) const MAX_ATTEMPTS: i64 = 8;

const FIRST_RETRY: i64 = 30;
const OPS: usize = 1;
const ORDERS: usize = 0;

pub(crate) struct Webhook {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) url: &'static str,
    pub(crate) events: &'static [&'static str],
    pub(crate) mailboxes: &'static [&'static str],
    pub(crate) failing: bool,
    /// In days before the world's first mail.
    pub(crate) age: i64,
}

/// Newest first. The address of the first is gone.
pub(crate) const WEBHOOKS: [Webhook; 2] = [
    Webhook {
        id: "whk_orders",
        name: "Orders",
        url: "https://orders.example.net/hook",
        events: &["message.received"],
        mailboxes: &["mbx_orders"],
        failing: true,
        age: 5,
    },
    Webhook {
        id: "whk_demo",
        name: "Operations",
        url: "https://hooks.example.com/sendmux",
        events: &["message.bounced", "message.rejected", "message.complained"],
        mailboxes: &[],
        failing: false,
        age: 40,
    },
];

/// What an event is about: a position in one of the world's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Sent(usize),
    Received(usize),
}

pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) event_id: String,
    /// Position among the webhooks.
    pub(crate) webhook: usize,
    pub(crate) event: &'static str,
    pub(crate) cause: Cause,
    pub(crate) occurred_at: i64,
    pub(crate) at: i64,
    pub(crate) attempt: i64,
    pub(crate) result: &'static str,
    pub(crate) status: u16,
    pub(crate) milliseconds: u64,
    pub(crate) next_retry_at: Option<i64>,
}

/// The attempts of the last days, newest first.
pub(super) fn deliveries(emails: &[Email], received: &[Received], now: i64) -> Vec<Delivery> {
    let mut list = Vec::new();
    for (position, email) in emails.iter().enumerate() {
        let event = match email.status {
            Status::Failed => "message.bounced",
            Status::Rejected => "message.rejected",
            Status::Sent | Status::Pending => continue,
        };
        let event =
            Event { name: event, cause: Cause::Sent(position), id: &email.id, at: email.at + 60 };
        if fingerprint(email.id.as_bytes()).is_multiple_of(4) {
            list.push(event.attempt(OPS, 1, "retrying", 503));
            list.push(event.attempt(OPS, 2, "success", 200));
        } else {
            list.push(event.attempt(OPS, 1, "success", 200));
        }
    }
    for (position, mail) in received.iter().enumerate() {
        if mail.mailbox == "mbx_orders" && !mail.spam {
            let cause = Cause::Received(position);
            let event = Event { name: "message.received", cause, id: &mail.id, at: mail.at + 2 };
            list.push(event.attempt(ORDERS, 1, "permanent_failure", 410));
        }
    }
    list.retain(|delivery| (now - KEPT..=now).contains(&delivery.at));
    list.sort_by_key(|delivery| std::cmp::Reverse(delivery.at));
    list
}

struct Event<'a> {
    name: &'static str,
    cause: Cause,
    id: &'a str,
    at: i64,
}

impl Event<'_> {
    fn attempt(&self, webhook: usize, attempt: i64, result: &'static str, status: u16) -> Delivery {
        let tail = self.id.split_once('_').map_or(self.id, |(_, tail)| tail);
        let at = self.at + (attempt - 1) * FIRST_RETRY;
        Delivery {
            id: format!("whda_{tail}{attempt}"),
            event_id: format!("evt_{tail}"),
            webhook,
            event: self.name,
            cause: self.cause,
            occurred_at: self.at,
            at,
            attempt,
            result,
            status,
            milliseconds: 40 + fingerprint(self.id.as_bytes()) % 400,
            next_retry_at: (result == "retrying").then_some(at + FIRST_RETRY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::*;

    const NOW: i64 = 1_779_354_720;

    #[test]
    fn every_failure_of_the_week_is_told() {
        let world = World::generate(1, NOW, 40);
        for (position, email) in world.emails.iter().enumerate() {
            let told = world.deliveries.iter().any(|item| item.cause == Cause::Sent(position));
            let failed = matches!(email.status, Status::Failed | Status::Rejected);
            let recent = (NOW - KEPT..=NOW).contains(&(email.at + 60));
            if recent {
                assert_eq!(told, failed, "{}", email.id);
            }
        }
        assert!(world.deliveries.iter().any(|item| item.result == "retrying"));
        assert!(world.deliveries.iter().any(|item| item.result == "permanent_failure"));
    }
}
