//! The retry budget that the clones of a client share.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::defaults::{RETRY_BUDGET, RETRY_COST, SUCCESS_REFUND, TIMEOUT_COST, UNPROCESSED_COST};

/// A token bucket: retries take tokens, successful calls return some.
///
/// A single failed call may be retried as its policy allows. When most calls fail, retries would
/// multiply the load on a server that is already down; the bucket then runs empty, and errors are
/// returned at once until calls succeed again. All clones of a client share one bucket.
pub(crate) struct RetryBudget(AtomicU32);

/// The price of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryCost {
    /// The server did not work on the request.
    Unprocessed,
    /// The server failed fast, or asked to come back later.
    Failure,
    /// No response arrived, so the server may still be working on the first attempt.
    Timeout,
}

impl RetryCost {
    fn tokens(self) -> u32 {
        match self {
            Self::Unprocessed => UNPROCESSED_COST,
            Self::Failure => RETRY_COST,
            Self::Timeout => TIMEOUT_COST,
        }
    }
}

/// The tokens that a call gets back if it succeeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Deposit(u32);

impl Deposit {
    /// Adds the price of a retry. Whether earlier prices are kept distinguishes a server that put
    /// the call off from one that failed, where all but the last retry were a load for nothing.
    #[must_use]
    pub(crate) fn plus(self, cost: RetryCost, keep_earlier: bool) -> Self {
        Self(cost.tokens().saturating_add(if keep_earlier { self.0 } else { 0 }))
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

    /// Records a response from a healthy server: returns the deposit of its retries, or the refund
    /// of a first attempt.
    pub(crate) fn release(&self, deposit: Deposit) {
        let tokens = deposit.0.max(SUCCESS_REFUND);
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
    fn a_success_returns_what_waiting_for_the_server_cost_but_only_the_last_failure() {
        let left = |costs: &[(RetryCost, bool)]| {
            let budget = RetryBudget::new();
            let mut deposit = Deposit::default();
            for (cost, keep_earlier) in costs {
                assert!(budget.acquire(*cost));
                deposit = deposit.plus(*cost, *keep_earlier);
            }
            budget.release(deposit);
            budget.0.into_inner()
        };
        assert_eq!(left(&[(RetryCost::Failure, true); 4]), RETRY_BUDGET);
        assert_eq!(left(&[(RetryCost::Unprocessed, true); 4]), RETRY_BUDGET);
        assert_eq!(left(&[(RetryCost::Failure, false); 4]), RETRY_BUDGET - 3 * RETRY_COST);
        let mixed = [(RetryCost::Failure, true), (RetryCost::Timeout, false)];
        assert_eq!(left(&mixed), RETRY_BUDGET - RETRY_COST);
    }

    #[test]
    fn success_refills_the_bucket_to_its_capacity() {
        let budget = RetryBudget::new();
        retries(&budget, RetryCost::Failure);
        budget.release(Deposit::default().plus(RetryCost::Failure, false));
        assert_eq!(retries(&budget, RetryCost::Failure), 1);
        for _ in 0..RETRY_COST / SUCCESS_REFUND {
            budget.release(Deposit::default());
        }
        assert_eq!(retries(&budget, RetryCost::Failure), 1);
        for _ in 0..10 * RETRY_BUDGET {
            budget.release(Deposit::default());
        }
        assert_eq!(retries(&budget, RetryCost::Failure), RETRY_BUDGET / RETRY_COST);
    }
}
