//! How many e-mails there are of each status.

use sendmux_client::management::types::{EmailStatus, MetricsPoint, MetricsSummary};

/// Counts of e-mails by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: i64,
    pub(crate) failed: i64,
    pub(crate) rejected: i64,
    pub(crate) pending: i64,
    /// Of a status that this program does not know.
    pub(crate) other: i64,
}

impl Counts {
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

    /// Failed and rejected.
    pub(crate) fn lost(&self) -> i64 {
        self.failed.saturating_add(self.rejected)
    }
}

/// What the API says it counted; `other` is what its total has beyond the statuses it lists.
macro_rules! from_metrics {
    ($($type:ty),+) => {$(
        impl From<&$type> for Counts {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_status_counts_once() {
        let mut counts = Counts::default();
        for status in ["sent", "sent", "failed", "rejected", "pending", "held"] {
            counts.add(&serde_json::from_value(json!(status)).unwrap());
        }
        let expected = Counts { sent: 2, failed: 1, rejected: 1, pending: 1, other: 1 };
        assert_eq!(counts, expected);
        assert_eq!((counts.total(), counts.lost()), (6, 2));
        assert_eq!(counts.plus(&counts).total(), 12);
    }

    #[test]
    fn metrics_without_sense_end_nothing() {
        let metrics = |total: i64, sent: i64| -> Counts {
            let json = json!({
                "total": total, "sent": sent, "failed": i64::MAX, "rejected": 0, "pending": 0,
            });
            let summary: MetricsSummary = serde_json::from_value(json).unwrap();
            (&summary).into()
        };
        assert_eq!(metrics(0, i64::MAX).total(), i64::MAX);
        assert_eq!(metrics(i64::MIN, 0).other, 0);
    }
}
