//! The pacer that the clones of a client share.

mod pace;
#[cfg(test)]
mod simulation;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

use self::pace::{Figures, Pace, Step};
use crate::RateLimit;
use crate::clock::{Clock, Deadline};
use crate::defaults::PACER_RECHECK;
use crate::transport::retry_after;

/// Holds requests back so that the rate limit is used to the full and not reached.
pub(crate) struct Pacer {
    pace: Mutex<Pace>,
    /// Held by the one request that waits for its moment; the others queue up behind it.
    turn: tokio::sync::Mutex<()>,
}

/// Number of a request, by which its answer is put in order with the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Pacer {
    pub(crate) fn new() -> Self {
        Self { pace: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Waits for the moment to send; `None`, without much delay, if that would be too late.
    /// `held` is told of the wait, if there is one.
    pub(crate) async fn admit(
        &self,
        clock: &dyn Clock,
        patience: Duration,
        held: impl FnOnce(Duration),
    ) -> Option<Ticket> {
        let end = clock.elapsed().saturating_add(patience);
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => Deadline::after(clock, patience).bound(self.turn.lock()).await?,
        };
        let mut held = Some(held);
        loop {
            let now = clock.elapsed();
            let step = self.pace().step(now);
            let wait = match step {
                Step::Go(number) => return Some(Ticket(number)),
                Step::Wait(wait) => wait,
            };
            if wait >= end.saturating_sub(now) {
                return None;
            }
            if let Some(held) = held.take() {
                held(wait);
            }
            clock.sleep(wait.min(PACER_RECHECK)).await;
        }
    }

    /// Takes in what an answer says of the limit.
    pub(crate) fn observe(&self, clock: &dyn Clock, ticket: Ticket, headers: &HeaderMap) {
        let figures = figures(headers, clock.wall());
        self.pace().observe(clock.elapsed(), ticket.0, &figures);
    }

    /// Takes in that the limit was reached, and how long the server asks to wait.
    pub(crate) fn refused(&self, clock: &dyn Clock, wait: Option<Duration>) {
        self.pace().refuse(clock.elapsed(), wait.unwrap_or_default());
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn figures(headers: &HeaderMap, now: SystemTime) -> Figures {
    let Some(limit) = RateLimit::from_headers(headers) else { return Figures::default() };
    let date = retry_after::server_time(headers).unwrap_or(now);
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Figures {
        limit: limit.limit.map(number),
        remaining: limit.remaining.map(number),
        #[expect(clippy::cast_precision_loss, reason = "dates are far below 2^52 seconds")]
        reset: limit.reset.map(|reset| reset.unix_seconds() as f64),
        date: since_epoch.as_secs_f64(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52 requests")]
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

    /// Tokio's clock, which goes ahead by itself when nothing else is to be done.
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

    const PATIENCE: Duration = Duration::from_secs(120);

    /// A pacer that was told that nothing is left for 40 s.
    async fn spent() -> (Arc<Pacer>, Arc<Paused>) {
        let (pacer, clock) = (Arc::new(Pacer::new()), Arc::new(Paused(Instant::now())));
        let ticket = pacer.admit(&*clock, PATIENCE, |_| ()).await.unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", 600.into());
        headers.insert("x-ratelimit-remaining", 0.into());
        headers.insert("x-ratelimit-reset", 1_700_000_040.into());
        pacer.observe(&*clock, ticket, &headers);
        (pacer, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_makes_room_for_the_next() {
        let (pacer, clock) = spent().await;
        let first = {
            let (pacer, clock) = (Arc::clone(&pacer), Arc::clone(&clock));
            tokio::spawn(async move { pacer.admit(&*clock, PATIENCE, |_| ()).await })
        };
        let second = {
            let (pacer, clock) = (Arc::clone(&pacer), Arc::clone(&clock));
            tokio::spawn(async move { pacer.admit(&*clock, PATIENCE, |_| ()).await })
        };
        tokio::time::sleep(Duration::from_secs(10)).await;
        first.abort();
        assert!(second.await.unwrap().is_some());
        assert_eq!(clock.elapsed().as_secs(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_they_can() {
        let (pacer, clock) = spent().await;
        let hasty = Duration::from_secs(5);
        assert!(pacer.admit(&*clock, hasty, |_| ()).await.is_none());
        assert_eq!(clock.elapsed(), Duration::ZERO);
        // Behind another one, it takes the whole patience to know.
        let front = pacer.admit(&*clock, PATIENCE, |_| ());
        let behind = async {
            assert!(pacer.admit(&*clock, hasty, |_| ()).await.is_none());
            assert_eq!(clock.elapsed(), hasty);
        };
        let (admitted, ()) = tokio::join!(front, behind);
        assert!(admitted.is_some());
    }
}
