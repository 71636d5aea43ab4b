//! The client's source of time and of random delays.

use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::{Pin, pin};
#[cfg(feature = "mailbox")]
use std::sync::Arc;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use sync_wrapper::SyncWrapper;

#[cfg(feature = "mailbox")]
use crate::defaults::{POLL_FIRST, POLL_LONGEST};

/// A source of time and randomness for a client.
///
/// The default is the system clock. Tests that must not wait set another one with
/// [`Builder::clock`](crate::Builder::clock). Every wait, timeout, random delay and date uses it,
/// except the connect timeout, which the HTTP client enforces.
///
/// # Examples
/// A clock on which every wait ends at once, for tests in which no timeout should elapse:
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use std::time::{Duration, SystemTime};
///
/// struct Instant;
///
/// impl sendmux_client::Clock for Instant {
///     fn elapsed(&self) -> Duration {
///         Duration::ZERO
///     }
///     fn wall(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
///         // A long sleep is a timeout.
///         if duration < Duration::from_secs(20) {
///             Box::pin(std::future::ready(()))
///         } else {
///             Box::pin(std::future::pending())
///         }
///     }
///     fn fraction(&self) -> f64 {
///         0.5
///     }
/// }
///
/// # use sendmux_client::management::Client;
/// let client = Client::builder("smx_root_example").clock(Instant).build()?;
/// # Ok::<(), sendmux_client::Error>(())
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Returns the time since a fixed instant; never decreases.
    fn elapsed(&self) -> Duration;

    /// Returns the date and time of day, which may be wrong and may jump.
    fn wall(&self) -> SystemTime;

    /// Returns a future that completes after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Returns a random number from 0 to 1.
    fn fraction(&self) -> f64;
}

/// The system clock and tokio's timers.
pub(crate) struct System;

impl Clock for System {
    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn fraction(&self) -> f64 {
        // The keys of a hash are random.
        let bits = RandomState::new().build_hasher().finish();
        f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
    }
}

/// A point in time after which work is abandoned. Several futures can share it.
pub(crate) struct Deadline(SyncWrapper<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Deadline {
    pub(crate) fn after(clock: &dyn Clock, limit: Duration) -> Self {
        Self(SyncWrapper::new(clock.sleep(limit)))
    }

    /// Completes when the deadline has passed; it must not be polled again after that.
    pub(crate) fn poll_missed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().as_mut().poll(context)
    }

    /// Runs `work` and returns its output, or `None` if the deadline passes first. A missed deadline
    /// must not be used again.
    pub(crate) async fn bound<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => self.poll_missed(context).map(|()| None),
        })
        .await
    }
}

/// The waits between reads of something that the API is working on: each longer than the last, and
/// bounded in sum.
#[cfg(feature = "mailbox")]
#[allow(dead_code, reason = "only some documents have background work")]
pub(crate) struct Polling {
    clock: Arc<dyn Clock>,
    started: Duration,
    /// Sum of the waits, for clocks that stand still.
    waited: Duration,
    limit: Duration,
    next: Duration,
}

#[cfg(feature = "mailbox")]
#[allow(dead_code, reason = "only some documents have background work")]
impl Polling {
    pub(crate) fn new(clock: Arc<dyn Clock>, limit: Duration) -> Self {
        let started = clock.elapsed();
        Self { clock, started, waited: Duration::ZERO, limit, next: POLL_FIRST }
    }

    /// Returns the time left.
    pub(crate) fn left(&self) -> Duration {
        let elapsed = self.clock.elapsed().saturating_sub(self.started);
        self.limit.saturating_sub(elapsed.max(self.waited))
    }

    /// Waits before the next read; returns false once no time is left for one.
    pub(crate) async fn pause(&mut self) -> bool {
        let wait = self.next;
        if wait >= self.left() {
            return false;
        }
        self.next = (wait * 2).min(POLL_LONGEST);
        self.waited += wait;
        self.clock.sleep(wait).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test(start_paused = true)]
    async fn a_deadline_ends_a_pending_future() {
        let mut deadline = Deadline::after(&System, Duration::from_secs(30));
        assert_eq!(deadline.bound(ready(1)).await, Some(1));
        let before = tokio::time::Instant::now();
        assert_eq!(deadline.bound(pending::<u8>()).await, None);
        assert_eq!(before.elapsed().as_secs(), 30);
    }

    #[cfg(feature = "mailbox")]
    #[tokio::test(start_paused = true)]
    async fn polling_slows_down_and_ends() {
        let before = tokio::time::Instant::now();
        let mut polling = Polling::new(Arc::new(System), Duration::from_secs(60));
        let mut reads = 1;
        while polling.pause().await {
            reads += 1;
        }
        assert_eq!((reads, before.elapsed().as_millis()), (15, 57_500));
    }

    #[test]
    fn system_time_never_decreases() {
        let before = System.elapsed();
        assert!(System.elapsed() >= before);
        assert!((0.0..=1.0).contains(&System.fraction()));
    }
}
