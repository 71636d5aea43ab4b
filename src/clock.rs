//! The client's source of time and of random delays.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

/// Where a client takes time and randomness from.
///
/// The default is the system's. Another one is for tests that must not wait: see
/// [`Builder::clock`](crate::Builder::clock). Every wait, time limit, random delay and date goes
/// through it, except for the time to connect, which the HTTP client watches.
///
/// # Examples
/// A clock on which every wait is over at once, for tests that expect no time limit to run out:
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use std::time::{Duration, SystemTime};
///
/// struct Impatient;
///
/// impl sendmux_client::Clock for Impatient {
///     fn elapsed(&self) -> Duration {
///         Duration::ZERO
///     }
///     fn wall(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
///         // A long sleep is a time limit.
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
/// let client = Client::builder("smx_root_example").clock(Impatient).build()?;
/// # Ok::<(), sendmux_client::Error>(())
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// The date and time of day, which may be wrong and may jump.
    fn wall(&self) -> SystemTime;

    /// Ends when this much time has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// A random number from 0 to 1.
    fn fraction(&self) -> f64;
}

/// The system's clock and tokio's timers.
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
        fastrand::f64()
    }
}

/// A moment after which work is abandoned. Several pieces of work can share it.
pub(crate) struct Deadline(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Deadline {
    pub(crate) fn after(clock: &dyn Clock, limit: Duration) -> Self {
        Self(clock.sleep(limit))
    }

    /// Ready when the deadline has passed; then it is not to be polled again.
    pub(crate) fn poll_missed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }

    /// What the work comes to, or `None` if the deadline is first. Once missed, the deadline is
    /// not to be used again.
    pub(crate) async fn bound<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => self.poll_missed(context).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test(start_paused = true)]
    async fn a_deadline_ends_what_does_not_end() {
        let mut deadline = Deadline::after(&System, Duration::from_secs(30));
        assert_eq!(deadline.bound(ready(1)).await, Some(1));
        let before = tokio::time::Instant::now();
        assert_eq!(deadline.bound(pending::<u8>()).await, None);
        assert_eq!(before.elapsed().as_secs(), 30);
    }

    #[test]
    fn the_system_never_goes_back() {
        let before = System.elapsed();
        assert!(System.elapsed() >= before);
        assert!((0.0..=1.0).contains(&System.fraction()));
    }
}
