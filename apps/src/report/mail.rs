//! The email log, reduced to counts by day, reason and sending account.

use std::collections::{BTreeMap, BTreeSet};

use sendmux_client::management::types::{
    EmailLog, EmailStatus, MetricsPoint, MetricsSummary, Provider, ProviderStatus,
};

use super::period::Period;
use super::reason::ReasonFormat;
use crate::failure_rate::completed;
use crate::text::sanitize;

/// Numbers of emails by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StatusCounts {
    pub(crate) sent: i64,
    pub(crate) failed: i64,
    pub(crate) rejected: i64,
    pub(crate) pending: i64,
    /// Of a status unknown to this program.
    pub(crate) other: i64,
}

impl StatusCounts {
    pub(crate) fn add(&mut self, status: &EmailStatus) {
        let count = match status {
            EmailStatus::Sent => &mut self.sent,
            EmailStatus::Failed => &mut self.failed,
            EmailStatus::Rejected => &mut self.rejected,
            EmailStatus::Pending => &mut self.pending,
            _ => &mut self.other,
        };
        *count = count.saturating_add(1);
    }

    pub(crate) fn plus(&self, more: &Self) -> Self {
        Self {
            sent: self.sent.saturating_add(more.sent),
            failed: self.failed.saturating_add(more.failed),
            rejected: self.rejected.saturating_add(more.rejected),
            pending: self.pending.saturating_add(more.pending),
            other: self.other.saturating_add(more.other),
        }
    }

    pub(crate) fn total(&self) -> i64 {
        let parts = [self.sent, self.failed, self.rejected, self.pending, self.other];
        parts.into_iter().fold(0, i64::saturating_add)
    }

    /// Returns the number of emails that were sent, failed or rejected, among which the
    /// [failure rate](crate::failure_rate) is the share of failures.
    pub(crate) fn completed(&self) -> i64 {
        completed(self.sent, self.failed, self.rejected)
    }

    /// Returns the number of failed and rejected emails.
    pub(crate) fn failures(&self) -> i64 {
        self.failed.saturating_add(self.rejected)
    }
}

/// Converts the metrics of the API, where `other` is the rest of their total.
macro_rules! from_metrics {
    ($($type:ty),+) => {$(
        impl From<&$type> for StatusCounts {
            fn from(metrics: &$type) -> Self {
                let known = Self {
                    sent: metrics.sent,
                    failed: metrics.failed,
                    rejected: metrics.rejected,
                    pending: metrics.pending,
                    other: 0,
                };
                Self { other: metrics.total.saturating_sub(known.total()).max(0), ..known }
            }
        }
    )+};
}

from_metrics!(MetricsSummary, MetricsPoint);

/// Counts by key for a limited number of keys. Further keys are counted together, which bounds the
/// memory.
#[derive(Debug, Clone)]
pub(crate) struct BoundedCounts<K> {
    counts: BTreeMap<K, StatusCounts>,
    capacity: usize,
    /// The counts of further keys.
    pub(crate) rest: StatusCounts,
}

impl<K: Ord> BoundedCounts<K> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { counts: BTreeMap::new(), capacity, rest: StatusCounts::default() }
    }

    /// Returns the counts of a key, or those of the rest if the key does not fit.
    pub(crate) fn entry(&mut self, key: K) -> &mut StatusCounts {
        if self.counts.len() >= self.capacity && !self.counts.contains_key(&key) {
            return &mut self.rest;
        }
        self.counts.entry(key).or_default()
    }

    /// Returns the counts by descending total, then by key.
    pub(crate) fn ranking(&self) -> Vec<(&K, &StatusCounts)> {
        let mut ranking: Vec<_> = self.counts.iter().collect();
        ranking.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.total()));
        ranking
    }
}

/// Maximum number of distinct reasons and sending accounts.
const CAPACITY: usize = 2000;
const MAX_NAME_CHARS: usize = 80;

/// The statistics of a month's log.
#[derive(Debug, Clone)]
pub(crate) struct MailStats {
    pub(crate) total: StatusCounts,
    /// By day of the month.
    pub(crate) days: Vec<StatusCounts>,
    /// Failed and rejected emails by reason.
    pub(crate) reasons: BoundedCounts<String>,
    /// By id of the sending account; `None` if the log names none.
    pub(crate) senders: BoundedCounts<Option<String>>,
    /// Names of sending accounts in the log, by id.
    pub(crate) names: BTreeMap<String, String>,
    reason_format: ReasonFormat,
}

impl MailStats {
    pub(crate) fn new(period: &Period, reason_format: ReasonFormat) -> Self {
        Self {
            total: StatusCounts::default(),
            days: vec![StatusCounts::default(); period.days.len()],
            reasons: BoundedCounts::new(CAPACITY),
            senders: BoundedCounts::new(CAPACITY),
            names: BTreeMap::new(),
            reason_format,
        }
    }

    /// Counts an email if it falls within the period.
    pub(crate) fn add(&mut self, log: &EmailLog, period: &Period) {
        let Some(day) = period.day_index(log.created_at) else { return };
        self.total.add(&log.status);
        self.days[day].add(&log.status);
        let mut one = StatusCounts::default();
        one.add(&log.status);
        if one.failures() > 0 {
            let reason = self.reason_format.apply(log.status_reason.as_deref());
            self.reasons.entry(reason).add(&log.status);
        }
        let name = log.provider_name.as_deref();
        let id = log.provider_id.as_deref().or(name).map(|id| sanitize(id, MAX_NAME_CHARS));
        if let (Some(id), Some(name)) = (&id, name)
            && self.names.len() < CAPACITY
            && !self.names.contains_key(id)
        {
            self.names.insert(id.clone(), sanitize(name, MAX_NAME_CHARS));
        }
        self.senders.entry(id).add(&log.status);
    }
}

/// A sending account with its share of the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SendingAccount {
    /// Empty if the log names none.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Current status; `None` if the account is not listed (any more).
    pub(crate) status: Option<ProviderStatus>,
    pub(crate) counts: StatusCounts,
}

/// Returns the sending accounts by descending number of emails, unused ones last.
pub(crate) fn sending_accounts(mail: &MailStats, providers: &[Provider]) -> Vec<SendingAccount> {
    let mut idle: BTreeSet<String> = BTreeSet::new();
    let listed =
        |id: &str| providers.iter().find(|provider| sanitize(&provider.id, MAX_NAME_CHARS) == id);
    let mut accounts: Vec<SendingAccount> = Vec::new();
    for (id, counts) in mail.senders.ranking() {
        let provider = id.as_deref().and_then(listed);
        accounts.push(SendingAccount {
            id: id.clone().unwrap_or_default(),
            name: match (provider, id) {
                (Some(provider), _) => sanitize(&provider.name, MAX_NAME_CHARS),
                (None, Some(id)) => mail.names.get(id).unwrap_or(id).clone(),
                (None, None) => "Unknown sending account".to_owned(),
            },
            status: provider.map(|provider| provider.status.clone()),
            counts: *counts,
        });
    }
    let seen: BTreeSet<String> = accounts.iter().map(|account| account.id.clone()).collect();
    for provider in providers {
        let id = sanitize(&provider.id, MAX_NAME_CHARS);
        if !seen.contains(&id) && idle.insert(id.clone()) {
            accounts.push(SendingAccount {
                id,
                name: sanitize(&provider.name, MAX_NAME_CHARS),
                status: Some(provider.status.clone()),
                counts: StatusCounts::default(),
            });
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{log, mail as stats};
    use super::*;

    #[test]
    fn every_status_is_counted_once() {
        let mut counts = StatusCounts::default();
        for status in ["sent", "sent", "failed", "rejected", "pending", "held"] {
            counts.add(&serde_json::from_value(json!(status)).unwrap());
        }
        let expected = StatusCounts { sent: 2, failed: 1, rejected: 1, pending: 1, other: 1 };
        assert_eq!(counts, expected);
        assert_eq!((counts.total(), counts.failures()), (6, 2));
        assert_eq!(counts.plus(&counts).total(), 12);
    }

    #[test]
    fn absurd_metrics_do_not_overflow() {
        let metrics = |total: i64, sent: i64| -> StatusCounts {
            let json = json!({
                "total": total, "sent": sent, "failed": i64::MAX, "rejected": 0, "pending": 0,
            });
            let summary: MetricsSummary = serde_json::from_value(json).unwrap();
            (&summary).into()
        };
        assert_eq!(metrics(0, i64::MAX).total(), i64::MAX);
        assert_eq!(metrics(i64::MIN, 0).other, 0);
    }

    #[test]
    fn counts_are_ranked_and_the_rest_is_summed() {
        let mut counts = BoundedCounts::new(2);
        for name in ["b", "a", "c", "a", "d", "b"] {
            counts.entry(name).add(&EmailStatus::Failed);
        }
        let names: Vec<_> = counts.ranking().iter().map(|(name, _)| **name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(counts.rest.total(), 2);
    }

    #[test]
    fn the_log_is_counted_by_day_reason_and_provider() {
        let main = json!({"provider_id": "dprov_1", "provider_name": "Main"});
        let full = |to: &str| json!({"status_reason": format!("552 mailbox of {to} is full")});
        let mail = stats(&[
            log(1, "sent", main.clone()),
            log(1, "failed", full("a@example.com")),
            log(31, "rejected", full("b@example.org")),
            log(31, "failed", json!({})),
            log(31, "held", main),
            log(30, "sent", json!({"created_at": "2026-11-01T00:00:00Z"})),
        ]);
        assert_eq!(mail.total.total(), 5);
        assert_eq!((mail.days[0].total(), mail.days[30].total()), (2, 3));
        let reasons: Vec<_> =
            mail.reasons.ranking().iter().map(|(name, n)| (name.as_str(), n.total())).collect();
        assert_eq!(reasons, [("552 mailbox of <address> is full", 2), ("No reason given", 1)]);
        let senders: Vec<_> =
            mail.senders.ranking().iter().map(|(id, n)| (id.as_deref(), n.total())).collect();
        assert_eq!(senders, [(None, 3), (Some("dprov_1"), 2)]);
        assert_eq!(mail.names["dprov_1"], "Main");
    }

    #[test]
    fn memory_is_bounded() {
        let logs: Vec<_> = (0..3 * CAPACITY)
            .map(|n| {
                let word: String = n.to_string().chars().map(|c| (c as u8 + 49) as char).collect();
                log(
                    1,
                    "failed",
                    json!({
                        "status_reason": format!("refused {word}"), "provider_id": word,
                        "provider_name": word,
                    }),
                )
            })
            .collect();
        let mail = stats(&logs);
        assert_eq!(mail.reasons.ranking().len(), CAPACITY);
        assert_eq!(mail.reasons.rest.total(), i64::try_from(2 * CAPACITY).unwrap());
        assert_eq!((mail.senders.ranking().len(), mail.names.len()), (CAPACITY, CAPACITY));
    }
}
