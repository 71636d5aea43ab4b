//! A clock under the control of a test.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sendmux_client::Clock;
use tokio::sync::Semaphore;

/// Sleeps of this length or more are timeouts: the clients of these tests have no shorter ones.
pub(crate) const LIMIT: Duration = Duration::from_secs(1000);

/// Waits end at once and advance the clock; timeouts expire when a test says so.
#[derive(Clone)]
pub(crate) struct FakeClock(Arc<Inner>);

struct Inner {
    now: Mutex<Duration>,
    waits: Mutex<Vec<Duration>>,
    expired: Arc<Semaphore>,
    on_wait: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            now: Mutex::default(),
            waits: Mutex::default(),
            expired: Arc::new(Semaphore::new(0)),
            on_wait: Mutex::default(),
        }))
    }

    /// Returns the waits so far.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.waits.lock().unwrap().clone()
    }

    /// Expires one timeout, the current one or the next.
    pub(crate) fn expire(&self) {
        self.0.expired.add_permits(1);
    }

    /// Calls a function when the client first waits.
    pub(crate) fn on_wait(&self, act: impl FnOnce() + Send + 'static) {
        *self.0.on_wait.lock().unwrap() = Some(Box::new(act));
    }

    pub(crate) fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }
}

impl Clock for FakeClock {
    fn elapsed(&self) -> Duration {
        *self.0.now.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        Self::start() + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration >= LIMIT {
            let expired = Arc::clone(&self.0.expired);
            return Box::pin(async move {
                let permit = expired.acquire_owned().await.unwrap();
                // Bytes that have arrived are read first: each turn polls the sockets. If that
                // completes the work, the permit is returned.
                for _ in 0..64 {
                    tokio::task::yield_now().await;
                }
                permit.forget();
            });
        }
        *self.0.now.lock().unwrap() += duration;
        self.0.waits.lock().unwrap().push(duration);
        if let Some(act) = self.0.on_wait.lock().unwrap().take() {
            act();
        }
        Box::pin(ready(()))
    }

    fn fraction(&self) -> f64 {
        1.0
    }
}
