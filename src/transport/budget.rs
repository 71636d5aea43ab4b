//! The retry budget that the clones of a client share.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::defaults::{RETRY_BUDGET, RETRY_COST, SILENCE_COST, SUCCESS_REFUND};

/// A bucket of tokens: repeats take some, answers bring some back.
///
/// One failed call may be repeated as its policy says. When most calls fail, repeats would multiply
/// the load on a server that is already down; then the bucket runs dry, and errors are returned at
/// once until calls succeed again.
pub(crate) struct Budget(AtomicU32);

/// What a repeat costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The server named the moment to come back: that is no outage.
    Invited,
    /// The server failed fast.
    Refusal,
    /// Nothing came back, so the server may be busy with the first attempt still.
    Silence,
}

impl Cost {
    fn tokens(self) -> u32 {
        match self {
            Self::Invited => 0,
            Self::Refusal => RETRY_COST,
            Self::Silence => SILENCE_COST,
        }
    }
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(RETRY_BUDGET))
    }

    /// Pays for a repeat; false if the bucket cannot.
    pub(crate) fn take(&self, cost: Cost) -> bool {
        let pay = |left: u32| left.checked_sub(cost.tokens());
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }

    /// Notes an answer from a server in good health, and what its last repeat had cost.
    pub(crate) fn refund(&self, paid: Option<Cost>) {
        let tokens = paid.map_or(SUCCESS_REFUND, Cost::tokens);
        let fill = |left: u32| {
            let filled = left.saturating_add(tokens).min(RETRY_BUDGET);
            (filled != left).then_some(filled)
        };
        // A bucket that is full already stays as it is.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(budget: &Budget, cost: Cost) -> u32 {
        (0..).take_while(|_| budget.take(cost)).count().try_into().unwrap()
    }

    #[test]
    fn an_outage_empties_the_bucket() {
        assert_eq!(repeats(&Budget::new(), Cost::Refusal), RETRY_BUDGET / RETRY_COST);
        assert_eq!(repeats(&Budget::new(), Cost::Silence), RETRY_BUDGET / SILENCE_COST);
    }

    #[test]
    fn an_invited_repeat_is_always_possible() {
        let budget = Budget::new();
        repeats(&budget, Cost::Refusal);
        assert!(budget.take(Cost::Invited));
        assert!(!budget.take(Cost::Refusal));
    }

    #[test]
    fn success_fills_it_again_but_not_beyond() {
        let budget = Budget::new();
        repeats(&budget, Cost::Refusal);
        budget.refund(Some(Cost::Refusal));
        assert_eq!(repeats(&budget, Cost::Refusal), 1);
        for _ in 0..RETRY_COST / SUCCESS_REFUND {
            budget.refund(None);
        }
        assert_eq!(repeats(&budget, Cost::Refusal), 1);
        for _ in 0..10 * RETRY_BUDGET {
            budget.refund(None);
        }
        assert_eq!(repeats(&budget, Cost::Refusal), RETRY_BUDGET / RETRY_COST);
    }
}
