//! What was counted of the e-mail log, to the minute.
//!
//! The log is read again and again from a horizon on, newest first. Entries after the horizon are
//! remembered one by one, so that each is counted once, whatever was read before, and moves when its
//! status changes; those before it are only counts and never read again. The horizon moves when a
//! reading came to its end, and only then.

use std::collections::BTreeMap;

use sendmux_client::management::types::{EmailLog, EmailStatus};
use serde::{Deserialize, Serialize};

use super::rule::Choice;

const MINUTE: i64 = 60;

/// By how much a clock may be set back before the log is read anew.
const SLACK: i64 = 10 * MINUTE;

/// Entries from further ahead than this are not believed.
const AHEAD: i64 = 60 * MINUTE;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ledger {
    /// From this moment on everything is counted.
    covered: i64,
    /// From this moment on entries are remembered.
    horizon: i64,
    seen: BTreeMap<String, Seen>,
    /// By minute and sending account; no account is the empty string.
    minutes: BTreeMap<i64, BTreeMap<String, Counts>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    at: i64,
    provider: String,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Open,
    Sent,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Pending, or in a state that this program does not know.
    pub(super) open: u64,
    pub(super) sent: u64,
    /// Failed or rejected.
    pub(super) lost: u64,
}

impl Counts {
    pub(super) fn total(self) -> u64 {
        self.open + self.sent + self.lost
    }

    /// E-mails that met their end, one way or the other.
    pub(super) fn decided(self) -> u64 {
        self.sent + self.lost
    }

    /// Share of what was lost among what was decided.
    pub(super) fn loss(self) -> f64 {
        if self.decided() == 0 { 0.0 } else { self.lost as f64 / self.decided() as f64 }
    }

    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Open => &mut self.open,
            Outcome::Sent => &mut self.sent,
            Outcome::Lost => &mut self.lost,
        }
    }
}

impl Ledger {
    /// A ledger that begins where rules that look back so far need it to.
    pub(super) fn new(now: i64, reach: i64) -> Self {
        let begin = now.saturating_sub(reach + SLACK);
        Self { covered: begin, horizon: begin, seen: BTreeMap::new(), minutes: BTreeMap::new() }
    }

    /// Whether rules that look back so far can be evaluated by it.
    pub(super) fn covers(&self, now: i64, reach: i64) -> bool {
        self.covered <= now.saturating_sub(reach)
    }

    /// The moment to read the log from.
    pub(super) fn begin(&self, now: i64, reach: i64) -> i64 {
        self.horizon.max(now.saturating_sub(reach + SLACK))
    }

    /// Counts an entry, once, or moves it to its new outcome.
    pub(super) fn add(&mut self, log: &EmailLog, now: i64) {
        let at = log.created_at.unix_seconds();
        if at < self.horizon || at > now.saturating_add(AHEAD) {
            return;
        }
        let provider = log.provider_id.clone().unwrap_or_default();
        let seen = Seen { at, provider, outcome: outcome(&log.status) };
        if let Some(before) = self.seen.insert(log.id.clone(), seen.clone()) {
            let count = self.count_of(&before);
            *count = count.saturating_sub(1);
        }
        *self.count_of(&seen) += 1;
    }

    /// Takes note that the log was read to its end: forgets what no rule looks back on, and leaves
    /// alone what is older than the overlap.
    pub(super) fn complete(&mut self, now: i64, reach: i64, overlap: i64) {
        if let Some(newest) = self.seen.values().map(|seen| seen.at).max() {
            self.horizon = self.horizon.max(newest.min(now).saturating_sub(overlap));
        }
        let horizon = self.horizon;
        self.seen.retain(|_, seen| seen.at >= horizon);
        self.covered = self.covered.max(now.saturating_sub(reach + SLACK));
        let first = self.covered.div_euclid(MINUTE);
        self.minutes.retain(|minute, _| *minute >= first);
    }

    /// What is counted from one moment to another, to the minute.
    pub(super) fn count(&self, from: i64, to: i64, of: &Choice) -> Counts {
        let minutes = from.div_euclid(MINUTE)..to.div_euclid(MINUTE).max(from.div_euclid(MINUTE));
        let mut sum = Counts::default();
        let senders = self.minutes.range(minutes).flat_map(|(_, senders)| senders);
        for (_, counts) in senders.filter(|(id, _)| of.includes(id)) {
            sum.open += counts.open;
            sum.sent += counts.sent;
            sum.lost += counts.lost;
        }
        sum
    }

    fn count_of(&mut self, seen: &Seen) -> &mut u64 {
        let senders = self.minutes.entry(seen.at.div_euclid(MINUTE)).or_default();
        senders.entry(seen.provider.clone()).or_default().of(seen.outcome)
    }
}

fn outcome(status: &EmailStatus) -> Outcome {
    match status {
        EmailStatus::Sent => Outcome::Sent,
        EmailStatus::Failed | EmailStatus::Rejected => Outcome::Lost,
        _ => Outcome::Open,
    }
}

#[cfg(test)]
mod tests;
