//! Notifications that are to be delivered.

use serde::{Deserialize, Serialize};

use super::notification::Notification;

/// Notifications are given up after this many seconds.
pub(super) const MAX_AGE: i64 = 3 * 24 * 3600;

/// Maximum number of notifications that wait for a receiver. Beyond it, the oldest are given up.
pub(super) const MAX_WAITING: usize = 1000;

/// The notifications to deliver, in order, by receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outbox {
    queue: Vec<Queued>,
    /// Number of notifications that were given up.
    pub(super) given_up: u64,
}

/// A notification to deliver to a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Queued {
    receiver: String,
    notification: Notification,
}

impl Outbox {
    /// Queues a notification for each receiver.
    pub(super) fn push<'a>(
        &mut self,
        receivers: impl IntoIterator<Item = &'a str>,
        notification: &Notification,
    ) {
        self.queue.extend(receivers.into_iter().map(|receiver| Queued {
            receiver: receiver.to_owned(),
            notification: notification.clone(),
        }));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns the notifications that wait for a receiver, oldest first.
    pub(super) fn waiting_for(&self, receiver: &str) -> impl Iterator<Item = &Notification> {
        let waiting = self.queue.iter().filter(move |queued| queued.receiver == receiver);
        waiting.map(|queued| &queued.notification)
    }

    /// Removes a notification that was delivered.
    pub(super) fn delivered(&mut self, receiver: &str, key: &str) {
        self.queue.retain(|queued| queued.receiver != receiver || queued.notification.key != key);
    }

    /// Gives up notifications that are too old, too many, or for a receiver that no longer exists.
    /// Returns a sentence about each receiver that does not get them.
    pub(super) fn give_up(&mut self, receivers: &[&str], now: i64) -> Vec<String> {
        let mut names: Vec<_> = self.queue.iter().map(|queued| queued.receiver.clone()).collect();
        names.sort();
        names.dedup();
        let mut sentences = Vec::new();
        for name in names {
            let exists = receivers.contains(&name.as_str());
            let mut excess = self.waiting_for(&name).count().saturating_sub(MAX_WAITING);
            let before = self.queue.len();
            self.queue.retain(|queued| {
                if queued.receiver != name {
                    return true;
                }
                let expired = now.saturating_sub(queued.notification.at) > MAX_AGE;
                let kept = exists && !expired && excess == 0;
                excess = excess.saturating_sub(1);
                kept
            });
            let count = before - self.queue.len();
            if count > 0 {
                self.given_up = self.given_up.saturating_add(count as u64);
                let reason = match exists {
                    true => "which could not be reached",
                    false => "which is not in the rule file any more",
                };
                sentences.push(format!(
                    "{count} notifications to the receiver `{name}`, {reason}, were given up"
                ));
            }
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::notification::Status;
    use crate::alert::rule::Severity;

    fn notification(key: usize, at: i64) -> Notification {
        Notification {
            key: key.to_string(),
            rule: "down".to_owned(),
            severity: Severity::Critical,
            status: Status::Firing,
            incidents: Vec::new(),
            at,
        }
    }

    fn keys(outbox: &Outbox, receiver: &str) -> Vec<String> {
        outbox.waiting_for(receiver).map(|waiting| waiting.key.clone()).collect()
    }

    #[test]
    fn delivery_to_one_receiver_leaves_the_others_waiting() {
        let mut outbox = Outbox::default();
        outbox.push(["a", "b"], &notification(1, 0));
        outbox.delivered("a", "1");
        assert_eq!((keys(&outbox, "a").len(), keys(&outbox, "b").len()), (0, 1));
    }

    #[test]
    fn what_is_given_up_is_told() {
        let mut outbox = Outbox::default();
        for key in 0..MAX_WAITING + 2 {
            outbox.push(["a"], &notification(key, 0));
        }
        outbox.push(["removed"], &notification(0, 0));
        let told = outbox.give_up(&["a"], MAX_AGE);
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("2 notifications to the receiver `a`"), "{told:?}");
        assert!(told[1].contains("`removed`, which is not in the rule file"), "{told:?}");
        assert_eq!(keys(&outbox, "a")[0], "2", "the oldest are given up");
        assert_eq!(outbox.give_up(&["a"], MAX_AGE + 1).len(), 1);
        assert!(outbox.is_empty());
        assert_eq!(outbox.given_up, MAX_WAITING as u64 + 3);
    }
}
