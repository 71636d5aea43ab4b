//! The rate limit of the account's keys.

const SECONDS: i64 = 60;

/// Counts requests in fixed windows of a minute. A window starts with the first request after the
/// last one.
#[derive(Debug)]
pub(super) struct RateLimiter {
    limit: u32,
    used: u32,
    reset: i64,
}

/// The rate limit as a response states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateLimit {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// End of the window.
    pub(super) reset: i64,
    /// Seconds to wait, if the request exceeds the limit.
    pub(super) retry_after: Option<i64>,
}

impl RateLimiter {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, used: 0, reset: i64::MIN }
    }

    /// Counts a request made at this time.
    pub(super) fn acquire(&mut self, at: i64) -> RateLimit {
        // A clock that was set back also starts a window; otherwise the wait could take hours.
        if at >= self.reset || at < self.reset - SECONDS {
            self.used = 0;
            self.reset = at.saturating_add(SECONDS);
        }
        let refused = self.used >= self.limit;
        if !refused {
            self.used += 1;
        }
        RateLimit {
            limit: self.limit,
            remaining: self.limit - self.used,
            reset: self.reset,
            retry_after: refused.then_some(self.reset - at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_down_and_the_next_starts_anew() {
        let mut limiter = RateLimiter::new(2);
        let expected =
            |remaining, reset, retry_after| RateLimit { limit: 2, remaining, reset, retry_after };
        assert_eq!(limiter.acquire(1000), expected(1, 1060, None));
        assert_eq!(limiter.acquire(1001), expected(0, 1060, None));
        assert_eq!(limiter.acquire(1002), expected(0, 1060, Some(58)));
        assert_eq!(limiter.acquire(1059), expected(0, 1060, Some(1)));
        assert_eq!(limiter.acquire(1060), expected(1, 1120, None));
        assert_eq!(limiter.acquire(400), expected(1, 460, None));
    }

    #[test]
    fn a_limit_of_zero_refuses_everything() {
        assert_eq!(RateLimiter::new(0).acquire(5).retry_after, Some(60));
    }
}
