//! Counts of the email log by minute and sending account.
//!
//! Each round reads the log again from a watermark on. Entries after the watermark are remembered
//! individually: each is counted once, however often it is read, and is recounted when its status
//! changes. Entries before the watermark are counts only and are never read again. The watermark
//! advances only when the log was read to its end, so an interrupted read loses nothing.
//!
//! What lies further back when the program starts is a gap, read once, newest entries first. A gap
//! shrinks with each page, so that rules are evaluated as soon as their window is read and a read
//! that was stopped continues where it was.
//!
//! What changes later than the overlap is looked for less often, among the failures alone (`late`).

mod late;

use std::collections::{BTreeMap, BTreeSet};

use sendmux_client::management::types::{EmailLog, EmailStatus};
use serde::{Deserialize, Serialize};

use super::rule::ProviderFilter;
use crate::failure_rate::failure_rate;
pub(super) use late::Failures;
use late::LateFailures;

const MINUTE: i64 = 60;

/// How far the clock may be set back before the counts are discarded.
const CLOCK_TOLERANCE: i64 = 10 * MINUTE;

/// Entries from further in the future than this are ignored.
const MAX_AHEAD: i64 = 60 * MINUTE;

/// The counts of the log, with the recent entries behind them. Times are in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmailHistory {
    /// Start of the time that is counted completely.
    covered_from: i64,
    /// Entries from this time on are remembered individually.
    watermark: i64,
    seen: BTreeMap<String, SeenEmail>,
    /// By minute and id of the sending account; the id is empty if the log names none.
    minutes: BTreeMap<i64, BTreeMap<String, EmailCounts>>,
    /// Parts that are still to be read, the newest last.
    gaps: Vec<Gap>,
    /// Number of emails that were pending when they left the overlap.
    pub(super) left_pending: u64,
    pub(super) late: LateFailures,
}

/// A part of the log that is still to be read, from its end to its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gap {
    pub(super) from: i64,
    /// The second in which the next entry may lie.
    pub(super) to: i64,
    /// Entries of the last second that are counted already.
    counted: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SeenEmail {
    at: i64,
    provider: String,
    delivery: Delivery,
}

impl From<&EmailLog> for SeenEmail {
    fn from(log: &EmailLog) -> Self {
        Self {
            at: log.created_at.unix_seconds(),
            provider: log.provider_id.clone().unwrap_or_default(),
            delivery: delivery(&log.status),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Delivery {
    Pending,
    Sent,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct EmailCounts {
    /// Pending, or of a status unknown to this program.
    pub(super) pending: u64,
    pub(super) sent: u64,
    /// Failed or rejected.
    pub(super) failed: u64,
}

impl EmailCounts {
    pub(super) fn total(self) -> u64 {
        self.pending.saturating_add(self.completed())
    }

    /// Returns the number of emails that were sent, failed or rejected.
    pub(super) fn completed(self) -> u64 {
        self.sent.saturating_add(self.failed)
    }

    /// Returns the [failure rate](crate::failure_rate), or zero if no email is completed.
    pub(super) fn failure_rate(self) -> f64 {
        failure_rate(self.sent, self.failed).unwrap_or_default()
    }

    fn of(&mut self, delivery: Delivery) -> &mut u64 {
        match delivery {
            Delivery::Pending => &mut self.pending,
            Delivery::Sent => &mut self.sent,
            Delivery::Failed => &mut self.failed,
        }
    }
}

impl std::ops::AddAssign for EmailCounts {
    fn add_assign(&mut self, more: Self) {
        self.pending = self.pending.saturating_add(more.pending);
        self.sent = self.sent.saturating_add(more.sent);
        self.failed = self.failed.saturating_add(more.failed);
    }
}

impl std::iter::Sum for EmailCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, more| {
            sum += more;
            sum
        })
    }
}

impl EmailHistory {
    /// Creates an empty history that covers `lookback` seconds before `now`.
    pub(super) fn new(now: i64, lookback: i64) -> Self {
        let start = now.saturating_sub(lookback + CLOCK_TOLERANCE);
        Self {
            covered_from: start,
            watermark: start,
            seen: BTreeMap::new(),
            minutes: BTreeMap::new(),
            gaps: Vec::new(),
            left_pending: 0,
            late: LateFailures::new(start),
        }
    }

    /// Turns what lies further back than twice the overlap into a gap, if there is that much.
    pub(super) fn split(&mut self, now: i64, lookback: i64, overlap: i64) {
        let (from, to) = (self.read_from(now, lookback), now.saturating_sub(overlap));
        if from > self.watermark {
            self.late.forget_before(from);
        }
        if from < to.saturating_sub(overlap) {
            self.gaps.push(Gap { from, to: to - 1, counted: BTreeSet::new() });
            self.watermark = to;
        }
        let oldest = now.saturating_sub(lookback + CLOCK_TOLERANCE);
        if self.gaps.iter().any(|gap| gap.from < oldest) {
            self.late.forget_before(oldest);
        }
        self.gaps.retain(|gap| gap.to >= oldest);
        self.gaps.iter_mut().for_each(|gap| gap.from = gap.from.max(oldest));
    }

    /// Returns the gap to read next.
    pub(super) fn gap(&self) -> Option<&Gap> {
        self.gaps.last()
    }

    /// Counts a page of the gap that is read, and shrinks the gap.
    pub(super) fn add_to_gap(&mut self, page: &[EmailLog]) {
        let Some(mut gap) = self.gaps.pop() else { return };
        let end = gap.to;
        for log in page {
            let at = log.created_at.unix_seconds();
            if !(gap.from..=end).contains(&at) || gap.counted.contains(&log.id) {
                continue;
            }
            let entry = SeenEmail::from(log);
            match self.seen.get_mut(&log.id).map(|seen| std::mem::replace(seen, entry.clone())) {
                Some(before) => {
                    let count = self.count_of(&before);
                    *count = count.saturating_sub(1);
                }
                None if entry.delivery == Delivery::Pending => self.left_pending += 1,
                None => {}
            }
            *self.count_of(&entry) += 1;
            if at < gap.to {
                gap.to = at;
                gap.counted.clear();
            }
            if at == gap.to {
                gap.counted.insert(log.id.clone());
            }
        }
        self.gaps.push(gap);
    }

    /// Records that the gap was read to its start.
    pub(super) fn close_gap(&mut self) {
        self.gaps.pop();
        let watermark = self.watermark;
        self.seen.retain(|_, seen| seen.at >= watermark);
    }

    /// Returns true if everything of the last `lookback` seconds was read.
    pub(super) fn is_complete(&self, now: i64, lookback: i64) -> bool {
        let start = now.saturating_sub(lookback).div_euclid(MINUTE) * MINUTE;
        self.covers(now, lookback) && self.gaps.last().is_none_or(|gap| gap.to < start)
    }

    /// Returns true if rules that look back `lookback` seconds can be evaluated.
    pub(super) fn covers(&self, now: i64, lookback: i64) -> bool {
        self.covered_from <= now.saturating_sub(lookback)
    }

    /// Returns the time from which the log has to be read.
    pub(super) fn read_from(&self, now: i64, lookback: i64) -> i64 {
        self.watermark.max(now.saturating_sub(lookback + CLOCK_TOLERANCE))
    }

    /// Counts an entry unless it was counted before; recounts it if its status has changed.
    pub(super) fn add(&mut self, log: &EmailLog, now: i64) {
        let at = log.created_at.unix_seconds();
        if at < self.watermark || at > now.saturating_add(MAX_AHEAD) {
            return;
        }
        let seen = SeenEmail::from(log);
        if let Some(before) = self.seen.insert(log.id.clone(), seen.clone()) {
            let count = self.count_of(&before);
            *count = count.saturating_sub(1);
        }
        *self.count_of(&seen) += 1;
    }

    /// Records that the log was read to its end: advances the watermark to `overlap` seconds before
    /// the newest entry and drops counts that no rule looks back on.
    pub(super) fn finish_read(&mut self, now: i64, lookback: i64, overlap: i64) {
        if let Some(newest) = self.seen.values().map(|seen| seen.at).max() {
            self.watermark = self.watermark.max(newest.min(now).saturating_sub(overlap));
        }
        // A gap may have the same entries, as it was read before.
        if self.gaps.is_empty() {
            let watermark = self.watermark;
            let left = self.seen.values().filter(|seen| seen.at < watermark);
            let pending = left.filter(|seen| seen.delivery == Delivery::Pending).count();
            self.left_pending = self.left_pending.saturating_add(pending as u64);
            self.seen.retain(|_, seen| seen.at >= watermark);
        }
        self.covered_from = self.covered_from.max(now.saturating_sub(lookback + CLOCK_TOLERANCE));
        let first = self.covered_from.div_euclid(MINUTE);
        let kept = self.minutes.split_off(&first);
        self.late.keep(std::mem::replace(&mut self.minutes, kept), now);
    }

    /// Sums the counts between two times, which are rounded down to the minute.
    pub(super) fn count(&self, from: i64, to: i64, providers: &ProviderFilter) -> EmailCounts {
        self.count_each(from, to, providers).into_values().sum()
    }

    /// Sums the counts between two times by id of the sending account.
    pub(super) fn count_each(
        &self,
        from: i64,
        to: i64,
        providers: &ProviderFilter,
    ) -> BTreeMap<String, EmailCounts> {
        let minutes = from.div_euclid(MINUTE)..to.div_euclid(MINUTE).max(from.div_euclid(MINUTE));
        let mut sums = BTreeMap::<String, EmailCounts>::new();
        let by_provider = self.minutes.range(minutes).flat_map(|(_, by_provider)| by_provider);
        for (id, counts) in by_provider.filter(|(id, _)| providers.matches(id)) {
            match sums.get_mut(id) {
                Some(sum) => *sum += *counts,
                None => _ = sums.insert(id.clone(), *counts),
            }
        }
        sums
    }

    fn count_of(&mut self, seen: &SeenEmail) -> &mut u64 {
        let by_provider = self.minutes.entry(seen.at.div_euclid(MINUTE)).or_default();
        by_provider.entry(seen.provider.clone()).or_default().of(seen.delivery)
    }
}

fn delivery(status: &EmailStatus) -> Delivery {
    match status {
        EmailStatus::Sent => Delivery::Sent,
        EmailStatus::Failed | EmailStatus::Rejected => Delivery::Failed,
        _ => Delivery::Pending,
    }
}

#[cfg(test)]
mod tests;
