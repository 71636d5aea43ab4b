//! The client-side rate limiter that the clones of a client share.

mod schedule;
#[cfg(test)]
mod simulation;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

use self::schedule::{Decision, RateLimitSnapshot, Schedule};
use crate::clock::{Clock, Deadline};
use crate::defaults::RATE_LIMIT_RECHECK;
use crate::http::rate_limit::RateLimit;
use crate::http::retry_after;

/// Delays requests so that the server's rate limit is used in full but not exceeded.
///
/// It learns the limit from the `X-RateLimit-*` headers of responses, so other programs with the
/// same key are accounted for. Without such headers, nothing is delayed.
pub(crate) struct RateLimiter {
    schedule: Mutex<Schedule>,
    /// Held by the request that is next; the others queue for it.
    turn: tokio::sync::Mutex<()>,
}

/// Permission to send one request, numbered so that responses can be put in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit(u64);

impl RateLimiter {
    pub(crate) fn new() -> Self {
        Self { schedule: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Waits until a request may be sent; returns `None`, as early as possible, if that would take
    /// longer than `time_left`, unless no request has been sent for a while. Calls `delayed` with the
    /// wait, if there is one.
    pub(crate) async fn acquire(
        &self,
        clock: &dyn Clock,
        time_left: Duration,
        delayed: impl FnOnce(Duration),
    ) -> Option<Permit> {
        let end = clock.elapsed().saturating_add(time_left);
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => Deadline::after(clock, time_left).bound(self.turn.lock()).await?,
        };
        let mut delayed = Some(delayed);
        let mut now = clock.elapsed();
        loop {
            let decision = self.schedule().decide(now);
            let wait = match decision {
                Decision::Send(number) => return Some(Permit(number)),
                Decision::Wait(wait) => wait,
            };
            if wait >= end.saturating_sub(now) {
                return self.schedule().probe(now).map(Permit);
            }
            if let Some(delayed) = delayed.take() {
                delayed(wait);
            }
            let wait = wait.min(RATE_LIMIT_RECHECK);
            clock.sleep(wait).await;
            // A clock may stand still, as in a test.
            now = clock.elapsed().max(now.saturating_add(wait));
        }
    }

    /// Records what a response reports about the rate limit.
    pub(crate) fn observe(&self, clock: &dyn Clock, permit: Permit, headers: &HeaderMap) {
        let snapshot = snapshot(headers, clock.wall());
        self.schedule().observe(clock.elapsed(), permit.0, &snapshot);
    }

    /// Records a 429 and the wait the server asks for.
    pub(crate) fn rejected(&self, clock: &dyn Clock, wait: Option<Duration>) {
        self.schedule().reject(clock.elapsed(), wait.unwrap_or_default());
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn snapshot(headers: &HeaderMap, now: SystemTime) -> RateLimitSnapshot {
    let Some(limit) = RateLimit::from_headers(headers) else { return RateLimitSnapshot::default() };
    let date = retry_after::server_time(headers).unwrap_or(now);
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    RateLimitSnapshot {
        limit: limit.limit.map(number),
        remaining: limit.remaining.map(number),
        reset: limit.reset.map(|reset| reset.unix_seconds() as f64),
        date: since_epoch.as_secs_f64(),
    }
}

fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;

    /// Tokio's paused clock, which advances when every task is idle.
    struct Paused(Instant);

    impl Clock for Paused {
        fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }

        fn wall(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.elapsed()
        }

        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(tokio::time::sleep(duration))
        }

        fn fraction(&self) -> f64 {
            0.0
        }
    }

    const TIME_LEFT: Duration = Duration::from_secs(120);

    /// A limiter whose limit is exhausted for the next 40 s.
    async fn spent() -> (Arc<RateLimiter>, Arc<Paused>) {
        let (limiter, clock) = (Arc::new(RateLimiter::new()), Arc::new(Paused(Instant::now())));
        let permit = limiter.acquire(&*clock, TIME_LEFT, |_| ()).await.unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", 600.into());
        headers.insert("x-ratelimit-remaining", 0.into());
        headers.insert("x-ratelimit-reset", 1_700_000_040.into());
        limiter.observe(&*clock, permit, &headers);
        (limiter, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_request_lets_the_next_one_wait() {
        let (limiter, clock) = spent().await;
        let first = {
            let (limiter, clock) = (Arc::clone(&limiter), Arc::clone(&clock));
            tokio::spawn(async move { limiter.acquire(&*clock, TIME_LEFT, |_| ()).await })
        };
        let second = {
            let (limiter, clock) = (Arc::clone(&limiter), Arc::clone(&clock));
            tokio::spawn(async move { limiter.acquire(&*clock, TIME_LEFT, |_| ()).await })
        };
        tokio::time::sleep(Duration::from_secs(10)).await;
        first.abort();
        assert!(second.await.unwrap().is_some());
        assert_eq!(clock.elapsed().as_secs(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_waits_beyond_its_deadline() {
        let (limiter, clock) = spent().await;
        let hasty = Duration::from_secs(5);
        assert!(limiter.acquire(&*clock, hasty, |_| ()).await.is_none());
        assert_eq!(clock.elapsed(), Duration::ZERO);
        // Behind another one, it takes the whole time_left to know.
        let front = limiter.acquire(&*clock, TIME_LEFT, |_| ());
        let behind = async {
            assert!(limiter.acquire(&*clock, hasty, |_| ()).await.is_none());
            assert_eq!(clock.elapsed(), hasty);
        };
        let (admitted, ()) = tokio::join!(front, behind);
        assert!(admitted.is_some());
    }
}
