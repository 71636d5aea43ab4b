//! Emails that fail after they left the overlap: bounces that arrive hours later.
//!
//! To read the whole log again would be expensive, but failures are few. So the failed and rejected
//! emails before the overlap are read again from time to time, and the counts corrected by them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{EmailCounts, EmailHistory, MINUTE};

/// How long late failures are looked for at least, even if no rule looks back as far.
const LEAST_WATCH: i64 = 24 * 60 * MINUTE;

/// Numbers of failed and rejected emails by minute and id of the sending account.
pub(in crate::alert) type Failures = BTreeMap<i64, BTreeMap<String, u64>>;

/// What is known about late failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::alert) struct LateFailures {
    /// Start of the time of which all failures are known, in Unix seconds.
    known_from: i64,
    /// Failures by minute, of the minutes that no rule looks back on.
    older: BTreeMap<i64, u64>,
    /// Unix time of the last correction.
    checked_at: Option<i64>,
    /// Number of emails that failed after they left the overlap.
    pub(in crate::alert) count: u64,
}

impl LateFailures {
    pub(super) fn new(known_from: i64) -> Self {
        Self { known_from, older: BTreeMap::new(), checked_at: None, count: 0 }
    }

    /// Records that not everything before a time is read.
    pub(super) fn forget_before(&mut self, time: i64) {
        self.known_from = self.known_from.max(time);
    }

    /// Keeps the failures of minutes whose counts are dropped, as long as they are looked for.
    pub(super) fn keep(&mut self, dropped: BTreeMap<i64, BTreeMap<String, EmailCounts>>, now: i64) {
        for (minute, by_provider) in dropped {
            let failed = by_provider.values().map(|counts| counts.failed).sum();
            if failed > 0 {
                self.older.insert(minute, failed);
            }
        }
        let first = now.saturating_sub(LEAST_WATCH).div_euclid(MINUTE);
        self.older.retain(|minute, _| *minute >= first);
    }
}

impl EmailHistory {
    /// Returns the minutes whose failures are to be read again, unless that was done less than
    /// `overlap` seconds ago or part of the log is still to be read.
    pub(in crate::alert) fn recheck_due(
        &self,
        now: i64,
        lookback: i64,
        overlap: i64,
    ) -> Option<Range<i64>> {
        let recent = |at: i64| (0..overlap).contains(&now.saturating_sub(at));
        if !self.gaps.is_empty() || self.late.checked_at.is_some_and(recent) {
            return None;
        }
        let from = now.saturating_sub(lookback.max(LEAST_WATCH)).max(self.late.known_from);
        let minutes = from.div_euclid(MINUTE) + 1..self.watermark.div_euclid(MINUTE);
        (!minutes.is_empty()).then_some(minutes)
    }

    /// Corrects the counts of minutes by their failures. Returns how many are new.
    pub(in crate::alert) fn correct(
        &mut self,
        minutes: Range<i64>,
        failures: Failures,
        now: i64,
    ) -> u64 {
        let first = self.covered_from.div_euclid(MINUTE);
        let mut late = 0_u64;
        for (minute, by_provider) in failures.range(minutes.clone()) {
            if *minute < first {
                let failed = by_provider.values().sum();
                let known = self.late.older.insert(*minute, failed).unwrap_or_default();
                late = late.saturating_add(failed.saturating_sub(known));
                continue;
            }
            let counts = self.minutes.entry(*minute).or_default();
            for provider in by_provider.keys() {
                counts.entry(provider.clone()).or_default();
            }
        }
        for (minute, by_provider) in
            self.minutes.range_mut(minutes.start.max(first)..minutes.end.max(first))
        {
            for (provider, counts) in by_provider {
                let failed = failures.get(minute).and_then(|failures| failures.get(provider));
                late = late.saturating_add(counts.set_failed(failed.copied().unwrap_or_default()));
            }
        }
        self.late.checked_at = Some(now);
        self.late.count = self.late.count.saturating_add(late);
        late
    }
}

impl EmailCounts {
    /// Corrects the number of failed emails, assuming that pending ones have failed before sent ones.
    /// Returns how many are new.
    fn set_failed(&mut self, failed: u64) -> u64 {
        let late = failed.saturating_sub(self.failed);
        let recovered = self.failed.saturating_sub(failed);
        let were_pending = late.min(self.pending);
        self.pending -= were_pending;
        self.sent = self.sent.saturating_sub(late - were_pending).saturating_add(recovered);
        self.failed = failed;
        late
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOUR, NOW, OVERLAP, counts, log};
    use super::*;

    /// Returns the failures as they would be read again.
    fn failures(at: &[i64]) -> Failures {
        let mut failures = Failures::new();
        for at in at {
            let by_provider = failures.entry(at.div_euclid(MINUTE)).or_default();
            *by_provider.entry("dprov_1".to_owned()).or_default() += 1;
        }
        failures
    }

    /// Creates a history with emails of an age in seconds.
    fn history(lookback: i64, emails: &[(i64, &str)]) -> EmailHistory {
        let mut history = EmailHistory::new(NOW, lookback);
        for (age, status) in emails {
            history.add(&log(&format!("l{age}"), NOW - age, status), NOW);
        }
        history.add(&log("newest", NOW, "sent"), NOW);
        history.finish_read(NOW, lookback, OVERLAP);
        history
    }

    #[test]
    fn an_email_that_fails_after_the_overlap_is_counted_once_and_shown() {
        let emails = [(1800, "sent"), (2400, "pending"), (3000, "failed")];
        let mut history = history(2 * HOUR, &emails);
        assert_eq!(counts(&history), (1, 2, 1));
        let minutes = history.recheck_due(NOW, 2 * HOUR, OVERLAP).unwrap();
        let all = failures(&[NOW - 1800, NOW - 2400, NOW - 3000]);
        assert_eq!(history.correct(minutes.clone(), all.clone(), NOW), 2);
        assert_eq!((counts(&history), history.late.count), ((0, 1, 3), 2));
        assert_eq!(history.correct(minutes, all, NOW + OVERLAP), 0);
        assert_eq!((counts(&history), history.late.count), ((0, 1, 3), 2));
    }

    #[test]
    fn a_failure_that_is_sent_after_all_is_no_failure() {
        let mut history = history(2 * HOUR, &[(1800, "failed")]);
        let minutes = history.recheck_due(NOW, 2 * HOUR, OVERLAP).unwrap();
        assert_eq!(history.correct(minutes, Failures::new(), NOW), 0);
        assert_eq!((counts(&history), history.late.count), ((0, 2, 0), 0));
    }

    #[test]
    fn failures_that_no_rule_looks_back_on_are_shown_for_a_day() {
        let mut history = history(HOUR, &[(1800, "sent"), (2400, "failed")]);
        let later = NOW + 5 * HOUR;
        history.add(&log("later", later, "sent"), later);
        history.finish_read(later, HOUR, OVERLAP);
        assert_eq!(counts(&history), (0, 1, 0));
        let minutes = history.recheck_due(later, HOUR, OVERLAP).unwrap();
        let all = failures(&[NOW - 1800, NOW - 2400]);
        assert_eq!(history.correct(minutes.clone(), all.clone(), later), 1);
        assert_eq!(history.correct(minutes, all, later + OVERLAP), 0);
        assert_eq!((counts(&history), history.late.count), ((0, 1, 0), 1));
        let next_day = later + 24 * HOUR;
        history.add(&log("next", next_day, "sent"), next_day);
        history.finish_read(next_day, HOUR, OVERLAP);
        assert!(history.late.older.is_empty());
    }

    #[test]
    fn what_was_never_read_is_not_taken_for_late() {
        let mut history = history(HOUR, &[]);
        let start = history.recheck_due(NOW, HOUR, OVERLAP).unwrap().start;
        assert!(start * MINUTE > NOW - HOUR - 15 * MINUTE, "only what was covered at the start");
        // The program was stopped for longer than the rules look back.
        let later = NOW + 10 * HOUR;
        history.split(later, HOUR, OVERLAP);
        assert_eq!(history.recheck_due(later, HOUR, OVERLAP), None, "a gap is to be read first");
        history.add(&log("later", later, "sent"), later);
        history.finish_read(later, HOUR, OVERLAP);
        history.close_gap();
        let start = history.recheck_due(later, HOUR, OVERLAP).unwrap().start;
        assert!(start * MINUTE > later - HOUR - 15 * MINUTE);
    }

    #[test]
    fn failures_are_read_again_once_per_overlap_also_if_the_clock_is_set_back() {
        let mut history = history(HOUR, &[(1800, "sent")]);
        let minutes = history.recheck_due(NOW, HOUR, OVERLAP).unwrap();
        history.correct(minutes, Failures::new(), NOW);
        assert_eq!(history.recheck_due(NOW + OVERLAP - 1, HOUR, OVERLAP), None);
        assert!(history.recheck_due(NOW + OVERLAP, HOUR, OVERLAP).is_some());
        assert!(history.recheck_due(NOW - 60, HOUR, OVERLAP).is_some());
    }
}
