//! The retry budget that the clones of a client share.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::defaults::{RETRY_BUDGET, RETRY_COST, SUCCESS_REFUND, TIMEOUT_COST};

/// A token bucket: retries take tokens, successful calls return some.
///
/// A single failed call may be retried as its policy allows. When most calls fail, retries would
/// multiply the load on a server that is already down; the bucket then runs empty, and errors are
/// returned at once until calls succeed again. All clones of a client share one bucket.
pub(crate) struct RetryBudget(AtomicU32);

/// The price of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryCost {
    /// The server named the time to come back, which does not indicate an outage.
    ServerRequested,
    /// The server failed fast.
    Failure,
    /// No response arrived, so the server may still be working on the first attempt.
    Timeout,
}

impl RetryCost {
    fn tokens(self) -> u32 {
        match self {
            Self::ServerRequested => 0,
            Self::Failure => RETRY_COST,
            Self::Timeout => TIMEOUT_COST,
        }
    }
}

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(RETRY_BUDGET))
    }

    /// Takes the tokens for a retry; returns false if too few are left.
    pub(crate) fn acquire(&self, cost: RetryCost) -> bool {
        let pay = |left: u32| left.checked_sub(cost.tokens());
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }

    /// Records a response from a healthy server: returns what its last retry cost, or the refund of
    /// a first attempt.
    pub(crate) fn release(&self, paid: Option<RetryCost>) {
        let tokens = paid.map_or(SUCCESS_REFUND, RetryCost::tokens);
        let fill = |left: u32| {
            let filled = left.saturating_add(tokens).min(RETRY_BUDGET);
            (filled != left).then_some(filled)
        };
        // An error means that the bucket is full.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(budget: &RetryBudget, cost: RetryCost) -> u32 {
        (0..).take_while(|_| budget.acquire(cost)).count().try_into().unwrap()
    }

    #[test]
    fn an_outage_empties_the_bucket() {
        assert_eq!(retries(&RetryBudget::new(), RetryCost::Failure), RETRY_BUDGET / RETRY_COST);
        assert_eq!(retries(&RetryBudget::new(), RetryCost::Timeout), RETRY_BUDGET / TIMEOUT_COST);
    }

    #[test]
    fn a_server_requested_retry_is_always_possible() {
        let budget = RetryBudget::new();
        retries(&budget, RetryCost::Failure);
        assert!(budget.acquire(RetryCost::ServerRequested));
        assert!(!budget.acquire(RetryCost::Failure));
    }

    #[test]
    fn success_refills_the_bucket_to_its_capacity() {
        let budget = RetryBudget::new();
        retries(&budget, RetryCost::Failure);
        budget.release(Some(RetryCost::Failure));
        assert_eq!(retries(&budget, RetryCost::Failure), 1);
        for _ in 0..RETRY_COST / SUCCESS_REFUND {
            budget.release(None);
        }
        assert_eq!(retries(&budget, RetryCost::Failure), 1);
        for _ in 0..10 * RETRY_BUDGET {
            budget.release(None);
        }
        assert_eq!(retries(&budget, RetryCost::Failure), RETRY_BUDGET / RETRY_COST);
    }
}
