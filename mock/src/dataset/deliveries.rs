//! Deliveries of events to webhooks.

use super::mail::{Email, EmailStatus, ReceivedMessage};
use crate::hash::fnv1a;
use crate::time::DAY;

/// How long a delivery is kept.
pub(crate) const RETENTION: i64 = 7 * DAY;
pub(crate) const MAX_ATTEMPTS: i64 = 8;

const RETRY_DELAY: i64 = 30;
/// Positions among the webhooks.
const ORDERS: usize = 0;
const OPERATIONS: usize = 1;

/// The email or message that an event is about, by its position in the dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Sent(usize),
    Received(usize),
}

/// One attempt to deliver an event.
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
    pub(crate) response_status: u16,
    pub(crate) response_ms: u64,
    pub(crate) next_retry_at: Option<i64>,
}

/// Generates the attempts within the retention period, newest first.
pub(crate) fn deliveries(
    emails: &[Email],
    received: &[ReceivedMessage],
    now: i64,
) -> Vec<Delivery> {
    let mut list = Vec::new();
    for (position, email) in emails.iter().enumerate() {
        let event = match email.status {
            EmailStatus::Failed => "message.bounced",
            EmailStatus::Rejected => "message.rejected",
            EmailStatus::Sent | EmailStatus::Pending => continue,
        };
        let event =
            Event { name: event, cause: Cause::Sent(position), id: &email.id, at: email.at + 60 };
        if fnv1a(email.id.as_bytes()).is_multiple_of(4) {
            list.push(event.attempt(OPERATIONS, 1, "retrying", 503));
            list.push(event.attempt(OPERATIONS, 2, "success", 200));
        } else {
            list.push(event.attempt(OPERATIONS, 1, "success", 200));
        }
    }
    for (position, mail) in received.iter().enumerate() {
        if mail.mailbox == "mbx_orders" && !mail.spam {
            let cause = Cause::Received(position);
            let event = Event { name: "message.received", cause, id: &mail.id, at: mail.at + 2 };
            list.push(event.attempt(ORDERS, 1, "permanent_failure", 410));
        }
    }
    list.retain(|delivery| (now - RETENTION..=now).contains(&delivery.at));
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
    fn attempt(
        &self,
        webhook: usize,
        attempt: i64,
        result: &'static str,
        response_status: u16,
    ) -> Delivery {
        let tail = self.id.split_once('_').map_or(self.id, |(_, tail)| tail);
        let at = self.at + (attempt - 1) * RETRY_DELAY;
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
            response_status,
            response_ms: 40 + fnv1a(self.id.as_bytes()) % 400,
            next_retry_at: (result == "retrying").then_some(at + RETRY_DELAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Dataset;
    use super::*;
    use crate::time::NOW;

    #[test]
    fn every_failure_of_the_week_is_delivered() {
        let dataset = Dataset::generate(1, NOW, 40);
        for (position, email) in dataset.emails.iter().enumerate() {
            let delivered =
                dataset.deliveries.iter().any(|item| item.cause == Cause::Sent(position));
            let failed = matches!(email.status, EmailStatus::Failed | EmailStatus::Rejected);
            let recent = (NOW - RETENTION..=NOW).contains(&(email.at + 60));
            if recent {
                assert_eq!(delivered, failed, "{}", email.id);
            }
        }
        assert!(dataset.deliveries.iter().any(|item| item.result == "retrying"));
        assert!(dataset.deliveries.iter().any(|item| item.result == "permanent_failure"));
    }
}
