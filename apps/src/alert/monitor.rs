//! The monitor: reads the sources side by side, evaluates the rules as readings arrive and delivers
//! notifications, each in its own task, so that nothing waits for what hangs.

use std::collections::{BTreeMap, BTreeSet};

use sendmux_client::Error;
use sendmux_client::management::Client;
use sendmux_client::management::types::EmailLog;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::evaluation::{Evaluation, Inputs, Violation, evaluate};
use super::history::EmailHistory;
use super::lifecycle::{self, RuleState, new_id};
use super::notification::{Incident, Notification, Status};
use super::receiver::{HttpClients, SendError};
use super::rule::{Condition, ProviderFilter, Rule, SELF_RULE, Severity};
use super::rule_file::RuleFile;
use super::source::{DEADLINE, Reading, Source, read_log};
use super::state_file::{MonitorState, Outage, StateFile};
use crate::account::Problem;
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
    /// Receivers to which something is being sent.
    delivering: BTreeSet<String>,
    /// Receivers that did not accept something in this round.
    failing: BTreeSet<String>,
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
            delivering: BTreeSet::new(),
            failing: BTreeSet::new(),
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

    fn start_source(&mut self, source: Source) {
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let read = match timeout(DEADLINE, source.read(&client)).await {
                Ok(read) => read.map_err(Some),
                Err(_) => Err(None),
            };
            let _ = events.send(Event::Read(source, read)).await;
        });
    }

    fn start_log(&mut self, now: i64) {
        let lookback = self.rules.lookback().unwrap_or_default();
        let overlap = self.rules.overlap;
        let kept = self.state.history.take().filter(|history| history.covers(now, lookback));
        let new = || EmailHistory::new(now, lookback);
        let history = self.state.history.insert(kept.unwrap_or_else(new));
        if !self.reading_gap {
            history.split(now, lookback, overlap);
        }
        let from = history.read_from(now, lookback);
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let page = |page| Event::Page(page, false);
            let read = read_log(&client, from, None, &events, page).await;
            let _ = events.send(Event::Read(Source::Log, read.map(|()| Reading::Log))).await;
        });
        self.start_gap();
    }

    fn start_gap(&mut self) {
        let gap = self.state.history.as_ref().and_then(EmailHistory::gap);
        let Some((from, to)) = gap.filter(|_| !self.reading_gap).map(|gap| (gap.from, gap.to))
        else {
            return;
        };
        self.reading_gap = true;
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let page = |page| Event::Page(page, true);
            // Whether the API includes entries of the last second does not matter.
            let read = read_log(&client, from, Some(to + 1), &events, page).await;
            let _ = events.send(Event::GapRead(read)).await;
        });
    }

    /// Returns true if nothing is being read or delivered.
    fn is_idle(&self) -> bool {
        self.reading.is_empty() && self.delivering.is_empty() && !self.reading_gap
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
                    }
                    (Err(failure), _) => self.record(Source::Log, Err(failure), now),
                    (Ok(()), None) => {}
                }
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

    fn record(&mut self, source: Source, result: Result<Reading, Failure>, now: i64) {
        let failure = match result {
            Ok(reading) => {
                self.readings.insert(source, (now, reading));
                self.state.outages.remove(&source);
                self.diagnostics.report(&source.to_string(), None);
                return;
            }
            Err(failure) => failure,
        };
        let status = failure.as_ref().and_then(Error::status);
        let permanent = status.is_some_and(|status| matches!(status.as_u16(), 401 | 403));
        let fingerprint = failure
            .as_ref()
            .map(|error| format!("{:?} {:?} {:?}", error.kind(), error.status(), error.code()));
        let problem = failure.map(|error| Problem::from(error).to_string());
        let problem = problem.unwrap_or_else(|| "not read in time".to_owned());
        let outage = self.state.outages.entry(source).or_insert_with(|| Outage {
            since: now,
            problem: String::new(),
            permanent,
        });
        outage.problem.clone_from(&problem);
        outage.permanent = permanent;
        outage.since = outage.since.min(now);
        let fingerprint = fingerprint.unwrap_or_default();
        self.diagnostics
            .report(&source.to_string(), Some(Diagnostic { fingerprint, message: problem }));
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

    /// Returns the rule about what the monitor cannot see or tell.
    fn own_rule(&self) -> Rule {
        const REPEAT: i64 = 24 * 3600;
        Rule {
            name: SELF_RULE.to_owned(),
            severity: Severity::Critical,
            condition: Condition::ProviderDown { providers: ProviderFilter::default() },
            hold_duration: 0,
            repeat_interval: Some(REPEAT),
            overlap: None,
        }
    }

    /// Finds sources that cannot be read, rules that are not evaluated and receivers that do not
    /// accept notifications, for a while or until someone acts.
    fn blind_spots(&self, now: i64) -> Evaluation {
        let is_long = |since: i64| now.saturating_sub(since) >= self.rules.blind_after;
        let mut violations = Vec::new();
        for (source, outage) in &self.state.outages {
            if outage.permanent || is_long(outage.since) {
                let rules = self.rules.rules.iter();
                let affected = rules.filter(|rule| Source::of(&rule.condition).contains(source));
                let affected: Vec<_> = affected.map(|rule| rule.name.as_str()).collect();
                violations.push(Violation {
                    subject: format!("source {}", source.label()),
                    summary: format!(
                        "{source}: {}; not evaluated: {}",
                        outage.problem,
                        affected.join(", ")
                    ),
                });
            }
        }
        for rule in &self.rules.rules {
            let explained = Source::of(&rule.condition)
                .iter()
                .any(|source| self.state.outages.contains_key(source));
            let since = self.state.unevaluated.get(&rule.name);
            if !explained && since.is_some_and(|since| is_long(*since)) {
                let reason = match self.state.history.as_ref().and_then(EmailHistory::gap) {
                    Some(_) => "the log is still being read",
                    None => "its data is not current",
                };
                violations.push(Violation {
                    subject: format!("rule {}", rule.name),
                    summary: format!("the rule `{}` is not evaluated: {reason}", rule.name),
                });
            }
        }
        for receiver in &self.rules.receivers {
            let oldest = self.state.outbox.waiting_for(&receiver.name).next();
            if oldest.is_some_and(|oldest| is_long(oldest.at)) {
                violations.push(Violation {
                    subject: format!("receiver {}", receiver.name),
                    summary: format!(
                        "notifications to the receiver `{}` are not delivered",
                        receiver.name
                    ),
                });
            }
        }
        violations.into()
    }

    /// Gives up what cannot be delivered and tells so. Returns true if there was anything.
    fn give_up(&mut self, now: i64) -> bool {
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
    fn start_deliveries(&mut self, now: i64, repeat: bool) {
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

    /// Ends a round: counts it and, if it was good, sends the heartbeat.
    pub(super) fn end_round(&mut self, now: i64) {
        self.statistics.rounds += 1;
        self.statistics.last_round = Some(now);
        if self.result(now).incomplete {
            return;
        }
        self.statistics.last_good_round = Some(now);
        if let Some(heartbeat) = self.rules.heartbeat.clone() {
            let (http, events) = (self.http.clone(), self.sender.clone());
            self.tasks.spawn(async move {
                let result = heartbeat.request(&http, "", None).await;
                let _ = events.send(Event::Heartbeat(result)).await;
            });
        }
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
        RoundResult { firing, incomplete: !self.save() || incomplete }
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
