//! Evaluation rounds: read the inputs, update the alerts, deliver notifications.

use std::collections::BTreeMap;

use sendmux_client::Error;
use sendmux_client::management::Client;

use super::evaluation::{self, Input, Inputs, evaluate};
use super::history::EmailHistory;
use super::lifecycle;
use super::receiver;
use super::rule_file::RuleFile;
use super::state_file::{MonitorState, QueuedNotification, StateFile};
use crate::text::sanitize;

/// Undelivered notifications are dropped after this many seconds.
const MAX_QUEUE_TIME: i64 = 3 * 24 * 3600;

/// Maximum number of queued notifications.
const MAX_QUEUE_LENGTH: usize = 1000;

/// Rules, the account that they apply to, and the state between rounds.
pub(super) struct Monitor {
    pub(super) client: Client,
    pub(super) http: reqwest::Client,
    pub(super) rules: RuleFile,
    pub(super) state_file: Option<StateFile>,
    pub(super) state: MonitorState,
    diagnostics: Diagnostics,
}

/// The result of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RoundResult {
    /// An alert is firing.
    pub(super) firing: bool,
    /// A rule was not evaluated, a notification not delivered, or the state not saved.
    pub(super) incomplete: bool,
}

impl Monitor {
    pub(super) fn new(
        client: Client,
        rules: RuleFile,
        saved: Option<(StateFile, MonitorState)>,
    ) -> Result<Self, String> {
        let (state_file, state) =
            saved.map_or((None, MonitorState::default()), |(file, state)| (Some(file), state));
        Ok(Self {
            client,
            http: receiver::http_client()?,
            rules,
            state_file,
            state,
            diagnostics: Diagnostics::default(),
        })
    }

    /// Rejects a state file that belongs to another team, if the API can be reached.
    pub(super) async fn verify_team(&mut self) -> Result<(), String> {
        let Ok(connection) = self.client.get_connection().await else { return Ok(()) };
        let current = connection.into_data().team.id;
        match &self.state.team {
            Some(team) if *team != current => {
                Err("the state file belongs to another team than the key: use another --state file"
                    .to_owned())
            }
            _ => {
                self.state.team = Some(current);
                Ok(())
            }
        }
    }

    /// Reads the inputs of the rules. It may be dropped at any point: nothing is lost or counted
    /// twice.
    pub(super) async fn read(&mut self, now: i64) -> Inputs {
        let mut inputs = Inputs::default();
        for input in Input::required_by(&self.rules.rules) {
            let read = match input {
                Input::Log => self.read_log(now).await.map(|()| inputs.log_complete = true),
                Input::Providers => evaluation::providers(&self.client)
                    .await
                    .map(|read| inputs.providers = Some(read)),
                Input::Usage => {
                    evaluation::usage(&self.client).await.map(|read| inputs.usage = Some(read))
                }
                Input::Balance => {
                    evaluation::balance(&self.client).await.map(|read| inputs.balance = Some(read))
                }
            };
            self.diagnostics.report(&input.to_string(), read.err().map(Diagnostic::from));
        }
        inputs
    }

    async fn read_log(&mut self, now: i64) -> Result<(), Error> {
        let lookback = self.rules.lookback().unwrap_or_default();
        let kept = self.state.history.take().filter(|history| history.covers(now, lookback));
        let new = || EmailHistory::new(now, lookback);
        let history = self.state.history.insert(kept.unwrap_or_else(new));
        evaluation::read_log(&self.client, history, now, lookback, self.rules.overlap).await
    }

    /// Evaluates the rules, saves the state and delivers the notifications.
    pub(super) async fn run_round(&mut self, inputs: &Inputs, now: i64) -> RoundResult {
        let mut result = RoundResult::default();
        let mut alerts = BTreeMap::new();
        for rule in &self.rules.rules {
            let history = self.state.history.as_ref().filter(|_| inputs.log_complete);
            let violations = evaluate(&rule.condition, inputs, history, now);
            result.incomplete |= violations.is_none();
            let before = self.state.alerts.remove(&rule.name).unwrap_or_default();
            let (after, notifications) = lifecycle::update(rule, &before, violations, now);
            result.firing |= after.values().any(|alert| alert.is_firing());
            for notification in notifications {
                let queued = self.rules.receivers.iter().map(|receiver| QueuedNotification {
                    receiver: receiver.name.clone(),
                    notification: notification.clone(),
                });
                self.state.queue.extend(queued);
            }
            alerts.insert(rule.name.clone(), after);
        }
        self.state.alerts = alerts;
        self.drop_undeliverable(now);
        result.incomplete |= !self.save();
        self.deliver().await;
        result.incomplete |= !self.state.queue.is_empty();
        result
    }

    /// Drops notifications that are too old, too many, or for a receiver that no longer exists.
    fn drop_undeliverable(&mut self, now: i64) {
        let before = self.state.queue.len();
        let receivers = &self.rules.receivers;
        self.state.queue.retain(|queued| {
            now.saturating_sub(queued.notification.at) <= MAX_QUEUE_TIME
                && receivers.iter().any(|receiver| receiver.name == queued.receiver)
        });
        let excess = self.state.queue.len().saturating_sub(MAX_QUEUE_LENGTH);
        self.state.queue.drain(..excess);
        let dropped = before - self.state.queue.len();
        if dropped > 0 {
            eprintln!("sendmux-alert: dropped {dropped} undelivered notifications");
        }
    }

    /// Delivers the queue to each receiver in order, until one delivery fails. The state is saved
    /// after each delivery, so that a crash repeats at most one notification.
    async fn deliver(&mut self) {
        for index in 0..self.rules.receivers.len() {
            let name = self.rules.receivers[index].name.clone();
            let mut problem = None;
            while let Some(at) = self.state.queue.iter().position(|queued| queued.receiver == name)
            {
                let notification = &self.state.queue[at].notification;
                if let Err(error) = self.rules.receivers[index].send(&self.http, notification).await
                {
                    problem = Some(error);
                    break;
                }
                self.state.queue.remove(at);
                self.save();
            }
            self.diagnostics.report(&format!("receiver `{name}`"), problem.map(Diagnostic::from));
        }
    }

    /// Saves the state. Returns true if that succeeded.
    pub(super) fn save(&mut self) -> bool {
        let saved = self.state_file.as_ref().map_or(Ok(()), |file| file.save(&self.state));
        let problem = saved.err().map(|error| format!("cannot be saved: {error}"));
        let succeeded = problem.is_none();
        self.diagnostics.report("state file", problem.map(Diagnostic::from));
        succeeded
    }
}

/// A problem to report on standard error.
struct Diagnostic {
    /// Equal for the same problem, even if the messages differ, for example in a request id.
    fingerprint: String,
    message: String,
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let fingerprint = format!("{:?} {:?} {:?}", error.kind(), error.status(), error.code());
        Self { fingerprint, message: error.to_string() }
    }
}

impl From<String> for Diagnostic {
    fn from(message: String) -> Self {
        Self { fingerprint: message.clone(), message }
    }
}

/// The current problems by subject. Each is reported when it begins, changes and ends.
#[derive(Default)]
struct Diagnostics(BTreeMap<String, String>);

impl Diagnostics {
    /// Reports the current problem of a subject, if any. Returns true if that is a change, which is
    /// then printed.
    fn report(&mut self, subject: &str, problem: Option<Diagnostic>) -> bool {
        let change = match problem {
            Some(Diagnostic { fingerprint, message }) => {
                let before = self.0.insert(subject.to_owned(), fingerprint.clone());
                (before.as_ref() != Some(&fingerprint)).then(|| sanitize(&message, 400))
            }
            None => self.0.remove(subject).map(|_| "recovered".to_owned()),
        };
        if let Some(change) = &change {
            eprintln!("sendmux-alert: {subject}: {change}");
        }
        change.is_some()
    }
}

#[cfg(test)]
mod tests;
