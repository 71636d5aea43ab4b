//! One evaluation after the other.

use std::collections::BTreeMap;

use sendmux_client::Error;
use sendmux_client::management::Client;

use super::complaints::{Complaint, Complaints};
use super::facts::{self, Facts, Source};
use super::finding::find;
use super::incident::advance;
use super::ledger::Ledger;
use super::rules::Rules;
use super::sink;
use super::state::{Parcel, State, Store};

/// Undelivered notices are given up after this many seconds.
const GIVE_UP: i64 = 3 * 24 * 3600;

/// Notices that may wait; more than a sink could be told after an outage.
const OUTBOX: usize = 1000;

/// Rules, the account they watch and what is remembered of it.
pub(super) struct Watch {
    pub(super) client: Client,
    pub(super) http: reqwest::Client,
    pub(super) rules: Rules,
    pub(super) store: Option<Store>,
    pub(super) state: State,
    complaints: Complaints,
}

/// How an evaluation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Round {
    /// An alert fires.
    pub(super) firing: bool,
    /// A rule could not be evaluated, a notice not delivered or the state not saved.
    pub(super) incomplete: bool,
}

impl Watch {
    pub(super) fn new(
        client: Client,
        rules: Rules,
        saved: Option<(Store, State)>,
    ) -> Result<Self, String> {
        let (store, state) =
            saved.map_or((None, State::default()), |(store, state)| (Some(store), state));
        Ok(Self {
            client,
            http: sink::http()?,
            rules,
            store,
            state,
            complaints: Complaints::default(),
        })
    }

    /// Refuses a state that was kept of another team's mail, as far as the API tells.
    pub(super) async fn identify(&mut self) -> Result<(), String> {
        let Ok(connection) = self.client.get_connection().await else { return Ok(()) };
        let present = connection.into_data().team.id;
        match &self.state.team {
            Some(team) if *team != present => {
                Err("the state file is of another team than the key: name another --state"
                    .to_owned())
            }
            _ => {
                self.state.team = Some(present);
                Ok(())
            }
        }
    }

    /// Reads what the rules need. It may be dropped at any point: nothing is counted twice or lost.
    pub(super) async fn read(&mut self, now: i64) -> Facts {
        let mut facts = Facts::default();
        for source in Source::of(&self.rules.rules) {
            let read = match source {
                Source::Log => self.read_log(now).await.map(|()| facts.log = true),
                Source::Providers => {
                    facts::providers(&self.client).await.map(|read| facts.providers = Some(read))
                }
                Source::Usage => {
                    facts::usage(&self.client).await.map(|read| facts.usage = Some(read))
                }
                Source::Balance => {
                    facts::balance(&self.client).await.map(|read| facts.balance = Some(read))
                }
            };
            self.complaints.note(&source.to_string(), read.err().map(Complaint::from));
        }
        facts
    }

    async fn read_log(&mut self, now: i64) -> Result<(), Error> {
        let reach = self.rules.reach().unwrap_or_default();
        let kept = self.state.ledger.take().filter(|ledger| ledger.covers(now, reach));
        let ledger = self.state.ledger.insert(kept.unwrap_or_else(|| Ledger::new(now, reach)));
        facts::read_log(&self.client, ledger, now, reach, self.rules.overlap).await
    }

    /// Evaluates the rules, saves what came of it, and delivers what is due.
    pub(super) async fn evaluate(&mut self, facts: &Facts, now: i64) -> Round {
        let mut round = Round::default();
        let mut incidents = BTreeMap::new();
        for rule in &self.rules.rules {
            let ledger = self.state.ledger.as_ref().filter(|_| facts.log);
            let findings = find(&rule.condition, facts, ledger, now);
            round.incomplete |= findings.is_none();
            let before = self.state.incidents.remove(&rule.name).unwrap_or_default();
            let (after, notices) = advance(rule, &before, findings, now);
            round.firing |= after.values().any(|incident| incident.told.is_some());
            for notice in notices {
                let sinks = self.rules.sinks.iter();
                let parcels =
                    sinks.map(|sink| Parcel { to: sink.name.clone(), notice: notice.clone() });
                self.state.outbox.extend(parcels);
            }
            incidents.insert(rule.name.clone(), after);
        }
        self.state.incidents = incidents;
        self.tidy_outbox(now);
        round.incomplete |= !self.save();
        self.deliver().await;
        round.incomplete |= !self.state.outbox.is_empty();
        round
    }

    /// Drops what nobody is to be told any more.
    fn tidy_outbox(&mut self, now: i64) {
        let before = self.state.outbox.len();
        let sinks = &self.rules.sinks;
        self.state.outbox.retain(|parcel| {
            now.saturating_sub(parcel.notice.at) <= GIVE_UP
                && sinks.iter().any(|sink| sink.name == parcel.to)
        });
        let excess = self.state.outbox.len().saturating_sub(OUTBOX);
        self.state.outbox.drain(..excess);
        let given_up = before - self.state.outbox.len();
        if given_up > 0 {
            eprintln!("alert: {given_up} notices that could not be delivered were given up");
        }
    }

    /// Tries each sink until it fails, in order. What arrived is forgotten at once, on disk too, so
    /// that a crash repeats one notice at most.
    async fn deliver(&mut self) {
        for index in 0..self.rules.sinks.len() {
            let name = self.rules.sinks[index].name.clone();
            let mut problem = None;
            while let Some(at) = self.state.outbox.iter().position(|parcel| parcel.to == name) {
                let notice = &self.state.outbox[at].notice;
                if let Err(error) = self.rules.sinks[index].send(&self.http, notice).await {
                    problem = Some(error);
                    break;
                }
                self.state.outbox.remove(at);
                self.save();
            }
            self.complaints.note(&format!("notify `{name}`"), problem.map(Complaint::from));
        }
    }

    pub(super) fn save(&mut self) -> bool {
        let saved = self.store.as_ref().map_or(Ok(()), |store| store.save(&self.state));
        let problem = saved.err().map(|error| format!("cannot be saved: {error}"));
        let good = problem.is_none();
        self.complaints.note("state file", problem.map(Complaint::from));
        good
    }
}

#[cfg(test)]
mod tests;
