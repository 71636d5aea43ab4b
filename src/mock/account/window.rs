//! The rate limit of the key.

const SECONDS: i64 = 60;

/// Counts requests in windows of a minute; one starts with the first request after the last.
#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    used: u32,
    ends: i64,
}

/// What is left after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// When the window ends.
    pub(super) reset: i64,
    /// Seconds to wait, if the request was one too many.
    pub(super) wait: Option<i64>,
}

impl Window {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, used: 0, ends: i64::MIN }
    }

    /// Takes a request at this moment into account.
    pub(super) fn take(&mut self, at: i64) -> Allowance {
        // A clock that was set back starts a window too, or it could take hours.
        if at >= self.ends || at < self.ends - SECONDS {
            self.used = 0;
            self.ends = at.saturating_add(SECONDS);
        }
        let refused = self.used >= self.limit;
        if !refused {
            self.used += 1;
        }
        Allowance {
            limit: self.limit,
            remaining: self.limit - self.used,
            reset: self.ends,
            wait: refused.then_some(self.ends - at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_down_and_starts_again() {
        let mut window = Window::new(2);
        let allowance = |remaining, reset, wait| Allowance { limit: 2, remaining, reset, wait };
        assert_eq!(window.take(1000), allowance(1, 1060, None));
        assert_eq!(window.take(1001), allowance(0, 1060, None));
        assert_eq!(window.take(1002), allowance(0, 1060, Some(58)));
        assert_eq!(window.take(1059), allowance(0, 1060, Some(1)));
        assert_eq!(window.take(1060), allowance(1, 1120, None));
        assert_eq!(window.take(400), allowance(1, 460, None));
    }

    #[test]
    fn nothing_may_be_allowed() {
        assert_eq!(Window::new(0).take(5).wait, Some(60));
    }
}
