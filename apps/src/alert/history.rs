//! Counts of the email log by minute and sending account.
//!
//! Each round reads the log again from a watermark on. Entries after the watermark are remembered
//! individually: each is counted once, however often it is read, and is recounted when its status
//! changes. Entries before the watermark are counts only and are never read again. The watermark
//! advances only when the log was read to its end, so an interrupted read loses nothing.

use std::collections::BTreeMap;

use sendmux_client::management::types::{EmailLog, EmailStatus};
use serde::{Deserialize, Serialize};

use super::rule::ProviderFilter;

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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SeenEmail {
    at: i64,
    provider: String,
    delivery: Delivery,
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
        self.pending + self.sent + self.failed
    }

    /// Returns the number of emails that were sent, failed or rejected.
    pub(super) fn completed(self) -> u64 {
        self.sent + self.failed
    }

    /// Returns the share of failures among the completed emails, or zero if there are none.
    pub(super) fn failure_rate(self) -> f64 {
        if self.completed() == 0 { 0.0 } else { self.failed as f64 / self.completed() as f64 }
    }

    fn of(&mut self, delivery: Delivery) -> &mut u64 {
        match delivery {
            Delivery::Pending => &mut self.pending,
            Delivery::Sent => &mut self.sent,
            Delivery::Failed => &mut self.failed,
        }
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
        }
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
        let provider = log.provider_id.clone().unwrap_or_default();
        let seen = SeenEmail { at, provider, delivery: delivery(&log.status) };
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
        let watermark = self.watermark;
        self.seen.retain(|_, seen| seen.at >= watermark);
        self.covered_from = self.covered_from.max(now.saturating_sub(lookback + CLOCK_TOLERANCE));
        let first = self.covered_from.div_euclid(MINUTE);
        self.minutes.retain(|minute, _| *minute >= first);
    }

    /// Sums the counts between two times, which are rounded down to the minute.
    pub(super) fn count(&self, from: i64, to: i64, providers: &ProviderFilter) -> EmailCounts {
        let minutes = from.div_euclid(MINUTE)..to.div_euclid(MINUTE).max(from.div_euclid(MINUTE));
        let mut sum = EmailCounts::default();
        let by_provider = self.minutes.range(minutes).flat_map(|(_, by_provider)| by_provider);
        for (_, counts) in by_provider.filter(|(id, _)| providers.matches(id)) {
            sum.pending += counts.pending;
            sum.sent += counts.sent;
            sum.failed += counts.failed;
        }
        sum
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
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_779_354_720;
    const HOUR: i64 = 3600;
    const OVERLAP: i64 = 900;

    fn log(id: &str, at: i64, status: &str) -> EmailLog {
        let at = sendmux_client::Timestamp::from_unix_seconds(at).unwrap();
        let log = json!({
            "id": id, "status": status, "attempts": 1, "created_at": at, "provider_id": "dprov_1",
        });
        serde_json::from_value(log).unwrap()
    }

    fn counts(history: &EmailHistory) -> (u64, u64, u64) {
        let counts = history.count(0, i64::MAX, &ProviderFilter::default());
        (counts.pending, counts.sent, counts.failed)
    }

    #[test]
    fn an_entry_is_counted_once_however_often_it_is_read() {
        let mut history = EmailHistory::new(NOW, HOUR);
        let entries = [
            log("a", NOW - 10, "sent"),
            log("b", NOW - 1200, "failed"),
            log("c", NOW - 3000, "sent"),
        ];
        for round in 0..5 {
            for entry in &entries {
                history.add(entry, NOW + round * 60);
            }
            history.finish_read(NOW + round * 60, HOUR, OVERLAP);
            assert_eq!(counts(&history), (0, 2, 1), "round {round}");
        }
    }

    #[test]
    fn an_interrupted_read_does_not_change_the_result() {
        let entries: Vec<_> = (0..20)
            .map(|n| {
                log(&format!("l{n}"), NOW - n * 120, ["sent", "failed", "pending"][n as usize % 3])
            })
            .collect();
        let read = |history: &mut EmailHistory, end: usize| {
            for entry in &entries[..end] {
                history.add(entry, NOW);
            }
            if end == entries.len() {
                history.finish_read(NOW, HOUR, OVERLAP);
            }
        };
        let mut complete = EmailHistory::new(NOW, HOUR);
        read(&mut complete, entries.len());
        for interrupted_at in 0..=entries.len() {
            let mut history = EmailHistory::new(NOW, HOUR);
            read(&mut history, interrupted_at);
            let saved = serde_json::to_vec(&history).unwrap();
            let mut history: EmailHistory = serde_json::from_slice(&saved).unwrap();
            read(&mut history, entries.len());
            assert_eq!(history, complete, "interrupted after {interrupted_at}");
        }
    }

    #[test]
    fn a_changed_status_is_recounted() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.add(&log("a", NOW, "pending"), NOW);
        history.finish_read(NOW, HOUR, OVERLAP);
        assert_eq!(counts(&history), (1, 0, 0));
        history.add(&log("a", NOW, "failed"), NOW + 60);
        assert_eq!(counts(&history), (0, 0, 1));
        history.add(&log("a", NOW, "held"), NOW + 60);
        assert_eq!(counts(&history), (1, 0, 0));
    }

    #[test]
    fn late_entries_within_the_overlap_are_counted() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.add(&log("a", NOW, "sent"), NOW);
        history.finish_read(NOW, HOUR, OVERLAP);
        assert_eq!(history.read_from(NOW, HOUR), NOW - OVERLAP);
        history.add(&log("late", NOW - OVERLAP, "sent"), NOW);
        history.add(&log("too late", NOW - OVERLAP - 1, "sent"), NOW);
        assert_eq!(counts(&history), (0, 2, 0));
    }

    #[test]
    fn an_entry_from_the_far_future_is_ignored() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.add(&log("odd", NOW + 10 * 365 * 24 * HOUR, "sent"), NOW);
        history.add(&log("ahead", NOW + 60, "sent"), NOW);
        history.finish_read(NOW, HOUR, OVERLAP);
        assert_eq!(history.read_from(NOW, HOUR), NOW - OVERLAP);
        assert_eq!(counts(&history), (0, 1, 0));
    }

    #[test]
    fn counts_that_no_rule_looks_back_on_are_dropped() {
        let mut history = EmailHistory::new(NOW, HOUR);
        for n in 0..60 {
            history.add(&log(&format!("l{n}"), NOW - n * 60, "sent"), NOW);
        }
        history.finish_read(NOW, HOUR, OVERLAP);
        let later = NOW + 7 * 24 * HOUR;
        history.add(&log("new", later, "sent"), later);
        history.finish_read(later, HOUR, OVERLAP);
        assert_eq!((history.seen.len(), history.minutes.len()), (1, 1));
    }

    #[test]
    fn a_longer_lookback_or_a_clock_set_far_back_is_not_covered() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.finish_read(NOW, HOUR, OVERLAP);
        assert!(history.covers(NOW, HOUR) && history.covers(NOW - 60, HOUR));
        assert!(!history.covers(NOW, 2 * HOUR) && !history.covers(NOW - HOUR, HOUR));
    }

    #[test]
    fn after_a_long_pause_only_the_lookback_is_read() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.finish_read(NOW, HOUR, OVERLAP);
        let later = NOW + 30 * 24 * HOUR;
        assert_eq!(history.read_from(later, HOUR), later - HOUR - CLOCK_TOLERANCE);
    }

    #[test]
    fn counts_are_filtered_by_provider_and_time() {
        let mut history = EmailHistory::new(NOW, HOUR);
        history.add(&log("a", NOW - 600, "sent"), NOW);
        history.add(&log("b", NOW - 60, "failed"), NOW);
        let only = |id: &str| ProviderFilter { only: Some(id.to_owned()), except: Vec::new() };
        assert_eq!(history.count(NOW - 300, i64::MAX, &ProviderFilter::default()).total(), 1);
        assert_eq!(history.count(NOW - 900, NOW - 300, &ProviderFilter::default()).sent, 1);
        assert_eq!(history.count(0, i64::MAX, &only("dprov_1")).total(), 2);
        assert_eq!(history.count(0, i64::MAX, &only("dprov_2")).total(), 0);
        assert_eq!(history.count(NOW, 0, &ProviderFilter::default()).total(), 0);
    }
}
