//! The monitor: reads the sources side by side (`reading`), evaluates the rules as readings arrive
//! and delivers notifications (`delivery`), each in its own task, so that nothing waits for what
//! hangs.

mod blind_spots;
mod delivery;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sendmux_client::Error;
use sendmux_client::management::Client;
use sendmux_client::management::types::EmailLog;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::evaluation::{Inputs, evaluate};
use super::history::Failures;
use super::lifecycle::{self, RuleState};
use super::receiver::{HttpClients, SendError};
use super::rule::SELF_RULE;
use super::rule_file::RuleFile;
use super::source::{Reading, Source};
use super::state_file::{MonitorState, StateFile};
use crate::log::Log;

/// Number of pages of a gap after which the state is saved.
const PAGES_PER_SAVE: u64 = 50;

/// Rules, the account that they apply to, and the state between rounds.
pub(super) struct Monitor {
    client: Client,
    http: HttpClients,
    pub(super) rules: RuleFile,
    state_file: Option<StateFile>,
    pub(super) state: MonitorState,
    /// Interval between rounds, in seconds.
    every: i64,
    log: Log,
    diagnostics: Diagnostics,
    /// The last good reading of each source and its time.
    pub(super) readings: BTreeMap<Source, (i64, Reading)>,
    /// What is being read.
    reading: BTreeSet<Source>,
    reading_gap: bool,
    rechecking: bool,
    /// Receivers to which something is being sent.
    delivering: BTreeSet<String>,
    /// Receivers that did not accept something in this round.
    failing: BTreeSet<String>,
    /// Unix time since which the state cannot be saved.
    unsaved_since: Option<i64>,
    pub(super) statistics: Statistics,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
}

/// What the monitor counts about itself.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) rounds: u64,
    pub(super) pages: u64,
    /// Unix times.
    pub(super) last_round: Option<i64>,
    pub(super) last_good_round: Option<i64>,
    /// By receiver.
    pub(super) delivered: BTreeMap<String, u64>,
    pub(super) failed: BTreeMap<String, u64>,
}

/// What a task reports.
pub(super) enum Event {
    /// A page of the log, and whether it belongs to a gap.
    Page(Vec<EmailLog>, bool),
    Read(Source, Result<Reading, Failure>),
    /// The gap was read to its start, or not.
    GapRead(Result<(), Failure>),
    /// The failures in these minutes were read again, or not.
    Rechecked(Range<i64>, Result<Failures, Failure>),
    /// A notification was delivered, or not. The key is `None` for one that was not queued.
    Sent(String, Option<String>, Result<(), SendError>),
    /// Nothing more is sent to the receiver for now.
    ReceiverDone(String),
    Heartbeat(Result<(), SendError>),
}

/// Why a source was not read; `None` if it was not read in time.
pub(super) type Failure = Option<Error>;

/// The result of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RoundResult {
    /// An alert of a rule is firing.
    pub(super) firing: bool,
    /// A rule was not evaluated, a notification not delivered, or the state not saved.
    pub(super) incomplete: bool,
}

impl Monitor {
    pub(super) fn new(
        client: Client,
        rules: RuleFile,
        saved: Option<(StateFile, MonitorState)>,
        every: i64,
        log: Log,
    ) -> Result<Self, String> {
        let (state_file, state) =
            saved.map_or((None, MonitorState::default()), |(file, state)| (Some(file), state));
        let (sender, events) = mpsc::channel(16);
        Ok(Self {
            client,
            http: HttpClients::new()?,
            rules,
            state_file,
            state,
            every,
            log,
            diagnostics: Diagnostics::new(log),
            readings: BTreeMap::new(),
            reading: BTreeSet::new(),
            reading_gap: false,
            rechecking: false,
            delivering: BTreeSet::new(),
            failing: BTreeSet::new(),
            unsaved_since: None,
            statistics: Statistics::default(),
            sender,
            events,
            tasks: JoinSet::new(),
        })
    }

    /// Rejects a state file that belongs to another team, if the API responds.
    pub(super) async fn verify_team(&mut self) -> Result<(), String> {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
        let Ok(Ok(connection)) = timeout(PATIENCE, self.client.get_connection()).await else {
            return Ok(());
        };
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

    /// Replaces the rules. What is being read and delivered goes on.
    pub(super) fn reload(&mut self, rules: RuleFile) {
        self.rules = rules;
    }

    /// Makes a round and waits for everything that it starts.
    pub(super) async fn round(&mut self, now: i64) -> RoundResult {
        self.start_round(now);
        while !self.is_idle() {
            let event = self.next_event().await;
            self.handle(event, now);
        }
        self.evaluate(now);
        while !self.is_idle() {
            let event = self.next_event().await;
            self.handle(event, now);
        }
        self.result(now)
    }

    /// Starts to read every source that is not being read, and to deliver what waits.
    pub(super) fn start_round(&mut self, now: i64) {
        let required = Source::required_by(&self.rules.rules);
        self.readings.retain(|source, _| required.contains(source));
        self.state.outages.retain(|source, _| required.contains(source));
        for source in required {
            if self.reading.insert(source) {
                match source {
                    Source::Log => self.start_log(now),
                    source => self.start_source(source),
                }
            }
        }
        self.failing.clear();
        self.start_deliveries(now, true);
    }

    /// Returns true if nothing is being read or delivered.
    fn is_idle(&self) -> bool {
        self.reading.is_empty()
            && self.delivering.is_empty()
            && !self.reading_gap
            && !self.rechecking
    }

    /// Waits for the next event. It may be dropped at any point.
    pub(super) async fn next_event(&mut self) -> Event {
        // The monitor has a sender itself.
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// Takes note of an event, and evaluates the rules if they may be affected.
    pub(super) fn handle(&mut self, event: Event, now: i64) {
        while self.tasks.try_join_next().is_some() {}
        let lookback = self.rules.lookback().unwrap_or_default();
        match event {
            Event::Page(page, is_gap) => {
                self.statistics.pages += 1;
                let Some(history) = &mut self.state.history else { return };
                match is_gap {
                    true => history.add_to_gap(&page),
                    false => page.iter().for_each(|log| history.add(log, now)),
                }
                if is_gap {
                    self.evaluate(now);
                    if self.statistics.pages.is_multiple_of(PAGES_PER_SAVE) {
                        self.save();
                    }
                }
            }
            Event::Read(source, result) => {
                self.reading.remove(&source);
                if let (Source::Log, Ok(_), Some(history)) =
                    (source, &result, &mut self.state.history)
                {
                    history.finish_read(now, lookback, self.rules.overlap);
                }
                self.record(source, result, now);
                self.evaluate(now);
            }
            Event::GapRead(result) => {
                self.reading_gap = false;
                match (result, &mut self.state.history) {
                    (Ok(()), Some(history)) => {
                        history.close_gap();
                        self.start_gap();
                        self.start_recheck(now);
                    }
                    (Err(failure), _) => self.record(Source::Log, Err(failure), now),
                    (Ok(()), None) => {}
                }
                self.evaluate(now);
                self.save();
            }
            Event::Rechecked(minutes, failures) => {
                self.recheck(minutes, failures, now);
                self.evaluate(now);
                self.save();
            }
            Event::Sent(receiver, key, result) => {
                let count = match result {
                    Ok(()) => &mut self.statistics.delivered,
                    Err(_) => &mut self.statistics.failed,
                };
                *count.entry(receiver.clone()).or_default() += 1;
                if let (Ok(()), Some(key)) = (&result, key) {
                    self.state.outbox.delivered(&receiver, &key);
                    self.save();
                }
                if result.is_err() {
                    self.failing.insert(receiver.clone());
                }
                let problem = result.err().map(|error| Diagnostic::from(error.problem));
                self.diagnostics.report(&format!("receiver `{receiver}`"), problem);
            }
            Event::ReceiverDone(receiver) => {
                self.delivering.remove(&receiver);
                self.start_deliveries(now, false);
            }
            Event::Heartbeat(result) => {
                let problem = result.err().map(|error| Diagnostic::from(error.problem));
                self.diagnostics.report("heartbeat", problem);
            }
        }
    }

    /// Evaluates the rules on the present readings, saves the state if something changed, and starts
    /// to deliver.
    pub(super) fn evaluate(&mut self, now: i64) {
        let saved = std::mem::take(&mut self.state.rules);
        let own = self.own_rule();
        let mut rules = self.rules.rules.clone();
        rules.push(own);
        let before = saved.clone();
        let (mut states, mut notifications) = lifecycle::assign(&rules, saved, now);
        for rule in &rules {
            let alerts = states.get(&rule.name).map(|state| state.alerts.clone());
            let alerts = alerts.unwrap_or_default();
            let evaluation = match rule.name == SELF_RULE {
                true => Some(self.blind_spots(now)),
                false => {
                    let firing: Vec<_> = alerts
                        .iter()
                        .filter(|(_, alert)| alert.is_firing())
                        .map(|(subject, _)| subject.as_str())
                        .collect();
                    let evaluation = evaluate(&rule.condition, &self.inputs(now), &firing, now);
                    match evaluation {
                        Some(_) => _ = self.state.unevaluated.remove(&rule.name),
                        None => _ = self.state.unevaluated.entry(rule.name.clone()).or_insert(now),
                    }
                    evaluation
                }
            };
            let (after, due) = lifecycle::update(rule, &alerts, evaluation, now);
            notifications.extend(due);
            let state = states.entry(rule.name.clone()).or_insert_with(|| RuleState::new(rule));
            state.alerts = after;
        }
        self.state.unevaluated.retain(|name, _| rules.iter().any(|rule| rule.name == *name));
        let changed = states != before || !notifications.is_empty();
        self.state.rules = states;
        for notification in &notifications {
            let names = self.rules.receivers.iter().map(|receiver| receiver.name.as_str());
            self.state.outbox.push(names, notification);
        }
        let changed = self.give_up(now) || changed;
        if changed {
            self.save();
        }
        self.start_deliveries(now, false);
    }

    /// Returns the inputs that are current.
    fn inputs(&self, now: i64) -> Inputs<'_> {
        let mut inputs = Inputs::default();
        for (at, reading) in self.readings.values() {
            if now.saturating_sub(*at) <= self.max_age() {
                inputs.set(reading, self.state.history.as_ref());
            }
        }
        inputs
    }

    /// Returns the age in seconds above which a reading says nothing about the present.
    fn max_age(&self) -> i64 {
        const LEAST: i64 = 300;
        self.every.saturating_mul(3).max(LEAST)
    }

    /// Ends a round: counts it and, if it was good, sends the heartbeat.
    pub(super) fn end_round(&mut self, now: i64) {
        self.statistics.rounds += 1;
        self.statistics.last_round = Some(now);
        if self.result(now).incomplete {
            return;
        }
        self.statistics.last_good_round = Some(now);
        self.send_heartbeat();
    }

    /// Returns what the last evaluation and deliveries came to.
    pub(super) fn result(&mut self, now: i64) -> RoundResult {
        let rules = self.state.rules.iter().filter(|(name, _)| *name != SELF_RULE);
        let mut alerts = rules.flat_map(|(_, state)| state.alerts.values());
        let firing = alerts.any(|alert| alert.is_firing());
        let stale = Source::required_by(&self.rules.rules).iter().any(|source| {
            let at = self.readings.get(source).map(|(at, _)| *at);
            at.is_none_or(|at| now.saturating_sub(at) > self.max_age())
        });
        let incomplete = stale
            || !self.state.outages.is_empty()
            || !self.state.unevaluated.is_empty()
            || !self.state.outbox.is_empty()
            || !self.failing.is_empty();
        let saved = self.save();
        self.unsaved_since = (!saved).then(|| self.unsaved_since.unwrap_or(now));
        RoundResult { firing, incomplete: !saved || incomplete }
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

#[cfg(test)]
mod tests;
