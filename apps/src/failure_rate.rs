//! The failure rate, which every program shows and compares in the same way.
//!
//! It is the share of failed and rejected emails among the completed ones: those that were sent,
//! failed or were rejected. Pending emails, and those of a status that the API may add, do not
//! count. Without a completed email there is no failure rate, rather than one of zero.

/// Returns the failure rate of numbers of emails; `failed` includes the rejected ones.
pub(crate) fn failure_rate(sent: u64, failed: u64) -> Option<f64> {
    let completed = sent.saturating_add(failed);
    (completed > 0).then(|| failed as f64 / completed as f64)
}

/// Returns the number of completed emails of the API's counts, none of which are negative.
pub(crate) fn completed(sent: i64, failed: i64, rejected: i64) -> i64 {
    [sent, failed, rejected].into_iter().fold(0, |sum, count| sum.saturating_add(count.max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_completed_emails_count() {
        assert_eq!(failure_rate(75, 25), Some(0.25));
        assert_eq!(failure_rate(0, 3), Some(1.0));
        assert_eq!(failure_rate(0, 0), None);
        assert_eq!(completed(70, 20, 10), 100);
        assert_eq!(completed(i64::MAX, 1, -5), i64::MAX);
    }
}
