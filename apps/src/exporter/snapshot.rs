//! The latest values of each group, and the tasks that refresh them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sendmux_client::RateLimit;
use sendmux_client::management::Client;
use tokio::time::{Instant, sleep, timeout};

use super::api::{FailureKind, Group, Reading, read};
use crate::account::Problem;
use crate::log::Log;

#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) started: SystemTime,
    pub(super) groups: BTreeMap<Group, GroupState>,
    pub(super) rate_limit: Option<(SystemTime, RateLimit)>,
}

/// The last good reading of a group, and how its refreshes went.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    pub(super) reading: Option<(SystemTime, Reading)>,
    /// Why the last refresh failed; `None` if it succeeded.
    pub(super) failure: Option<FailureKind>,
    pub(super) duration: Duration,
    pub(super) refreshes: u64,
    pub(super) failures: BTreeMap<FailureKind, u64>,
}

impl Snapshot {
    pub(super) fn new(started: SystemTime) -> Self {
        Self { started, groups: BTreeMap::new(), rate_limit: None }
    }

    /// Records a refresh. Returns true if the group starts to fail, fails for another reason, or
    /// recovers.
    pub(super) fn record(
        &mut self,
        group: Group,
        result: Result<Reading, FailureKind>,
        rate_limit: Option<RateLimit>,
        now: SystemTime,
        duration: Duration,
    ) -> bool {
        let state = self.groups.entry(group).or_default();
        let before = state.failure;
        state.duration = duration;
        state.refreshes += 1;
        state.failure = result.as_ref().err().copied();
        match result {
            Ok(reading) => state.reading = Some((now, reading)),
            Err(kind) => *state.failures.entry(kind).or_default() += 1,
        }
        let changed = state.failure != before;
        if let Some(rate_limit) = rate_limit {
            self.rate_limit = Some((now, rate_limit));
        }
        changed
    }

    pub(super) fn has_fresh_data(&self, now: SystemTime, staleness: Duration) -> bool {
        self.groups.values().any(|state| state.fresh(now, staleness).is_some())
    }
}

impl GroupState {
    /// Returns the age of the last good reading; zero if the clock was set back since.
    pub(super) fn age(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.reading.as_ref()?;
        Some(now.duration_since(*at).unwrap_or_default())
    }

    /// Returns the last good reading unless it is older than `staleness`.
    pub(super) fn fresh(&self, now: SystemTime, staleness: Duration) -> Option<&Reading> {
        let (_, reading) = self.reading.as_ref()?;
        self.age(now).filter(|age| *age <= staleness).map(|_| reading)
    }
}

/// A snapshot that the refreshing tasks share with the HTTP server.
#[derive(Debug, Clone)]
pub(super) struct SharedSnapshot(Arc<Mutex<Snapshot>>);

impl SharedSnapshot {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Snapshot::new(SystemTime::now()))))
    }

    pub(super) fn with<T>(&self, access: impl FnOnce(&mut Snapshot) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The longest wait that the API can ask of a refreshing task.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// Refreshes a group at an interval, until dropped.
pub(super) async fn refresh_forever(
    client: &Client,
    group: Group,
    snapshot: &SharedSnapshot,
    interval: Duration,
    limit: Duration,
    log: Log,
) -> Infallible {
    loop {
        let retry_after =
            refresh(client, group, snapshot, limit, log).await.err().unwrap_or_default();
        sleep(pause(interval, retry_after, fastrand::f64())).await;
    }
}

/// Reads a group into the snapshot, within a time limit. Logs when the group
/// starts to fail, fails for another reason, or recovers.
///
/// # Errors
/// The wait that the API asked for, if the group could not be read.
pub(super) async fn refresh(
    client: &Client,
    group: Group,
    snapshot: &SharedSnapshot,
    limit: Duration,
    log: Log,
) -> Result<(), Duration> {
    let start = Instant::now();
    let (result, rate_limit, status, message) = match timeout(limit, read(client, group)).await {
        Ok(Ok((reading, rate_limit))) => (Ok(reading), rate_limit, Ok(()), "recovered".to_owned()),
        Ok(Err(error)) => {
            let retry_after = error.retry_after().unwrap_or_default();
            let (kind, rate_limit) = (FailureKind::from(&error), error.rate_limit());
            let message = Problem::from(error).to_string();
            (Err(kind), rate_limit, Err(retry_after), message)
        }
        Err(_) => {
            (Err(FailureKind::Timeout), None, Err(Duration::ZERO), "not read in time".to_owned())
        }
    };
    let (now, duration) = (SystemTime::now(), start.elapsed());
    if snapshot.with(|snapshot| snapshot.record(group, result, rate_limit, now, duration)) {
        let message = format!("{}: {message}", group.name());
        if status.is_ok() { log.info(message) } else { log.warn(message) }
    }
    status
}

/// Returns the interval with a jitter of 10%, so that groups and exporters spread out, or the wait
/// that the API asked for if that is longer.
fn pause(interval: Duration, retry_after: Duration, random: f64) -> Duration {
    let jittered = interval.mul_f64(0.9 + 0.2 * random.clamp(0.0, 1.0));
    jittered.max(retry_after.min(MAX_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_have_jitter_and_honor_retry_after() {
        let (minute, none) = (Duration::from_secs(60), Duration::ZERO);
        assert_eq!(pause(minute, none, 0.0), Duration::from_secs(54));
        assert_eq!(pause(minute, none, 1.0).as_secs(), 66);
        assert_eq!(pause(minute, Duration::from_secs(300), 0.5), Duration::from_secs(300));
        assert_eq!(pause(minute, Duration::MAX, 0.5), MAX_PAUSE);
    }
}
