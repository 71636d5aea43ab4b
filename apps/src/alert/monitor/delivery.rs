//! Delivery: what is sent to the receivers, and what is given up.

use super::{Event, Monitor};
use crate::alert::lifecycle::{self, new_id};
use crate::alert::notification::{Incident, Notification, Status};
use crate::alert::rule::{SELF_RULE, Severity};

impl Monitor {
    /// Gives up what cannot be delivered and tells so. Returns true if there was anything.
    pub(super) fn give_up(&mut self, now: i64) -> bool {
        let names: Vec<_> =
            self.rules.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let sentences = self.state.outbox.give_up(&names, now);
        if sentences.is_empty() {
            return false;
        }
        let incident = |summary: String| {
            self.log.error(&summary);
            let (id, subject) = (new_id("inc"), String::new());
            Incident { id, subject, summary, since: now }
        };
        let notification = Notification {
            key: new_id("ntf"),
            rule: SELF_RULE.to_owned(),
            severity: Severity::Critical,
            status: Status::GivenUp,
            incidents: sentences.into_iter().map(incident).collect(),
            at: now,
        };
        self.state.outbox.push(names, &notification);
        true
    }

    /// Starts to deliver what waits for each receiver to which nothing is being sent, in order,
    /// until a delivery fails. If `repeat` is set, receivers that need it are told again what fires.
    ///
    /// The state is saved after each delivery, so that a crash repeats at most one notification per
    /// receiver.
    pub(super) fn start_deliveries(&mut self, now: i64, repeat: bool) {
        let expires = now.saturating_add(self.max_age());
        let receivers = self.rules.receivers.iter();
        for receiver in receivers.filter(|receiver| !self.failing.contains(&receiver.name)) {
            let waiting: Vec<_> = self.state.outbox.waiting_for(&receiver.name).cloned().collect();
            let mut messages: Vec<_> =
                waiting.into_iter().map(|it| (Some(it.key.clone()), it)).collect();
            if repeat && receiver.needs_repeats() {
                let firing = self.rules.rules.iter().flat_map(|rule| {
                    let state = self.state.rules.get(&rule.name);
                    state
                        .map(|state| lifecycle::firing(rule, &state.alerts, now))
                        .unwrap_or_default()
                });
                messages.extend(firing.map(|notification| (None, notification)));
            }
            if messages.is_empty() || !self.delivering.insert(receiver.name.clone()) {
                continue;
            }
            let (receiver, http) = (receiver.clone(), self.http.clone());
            let events = self.sender.clone();
            self.tasks.spawn(async move {
                for (key, notification) in messages {
                    let result = receiver.send(&http, &notification, expires).await;
                    let stop = result.as_ref().is_err_and(|error| !error.rejected);
                    let _ = events.send(Event::Sent(receiver.name.clone(), key, result)).await;
                    if stop {
                        break;
                    }
                }
                let _ = events.send(Event::ReceiverDone(receiver.name)).await;
            });
        }
    }

    /// Requests the heartbeat URL, if there is one.
    pub(super) fn send_heartbeat(&mut self) {
        if let Some(heartbeat) = self.rules.heartbeat.clone() {
            let (http, events) = (self.http.clone(), self.sender.clone());
            self.tasks.spawn(async move {
                let result = heartbeat.request(&http, "", None).await;
                let _ = events.send(Event::Heartbeat(result)).await;
            });
        }
    }
}
