//! A clock that no test waits for.

use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::Clock;

/// Time limits of the clients, which a server on loopback does not reach.
pub(super) const LIMIT: Duration = Duration::from_secs(48 * 60 * 60);

/// Sleeps of this length are what is left of a time limit; no wait is as long.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Waits are over at once and move the clock.
pub(super) struct Quick {
    start: SystemTime,
    waited: Mutex<Duration>,
}

impl Quick {
    pub(super) fn new() -> Self {
        Self { start: SystemTime::now(), waited: Mutex::default() }
    }
}

impl Clock for Quick {
    fn elapsed(&self) -> Duration {
        *self.waited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall(&self) -> SystemTime {
        self.start + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration >= LONGEST_WAIT {
            return Box::pin(pending());
        }
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        *waited = waited.saturating_add(duration);
        Box::pin(ready(()))
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}
