//! Reading groups again and again.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use sendmux_client::management::Client;
use tokio::time::{Instant, sleep, timeout};

use super::board::Shared;
use super::failure::Failure;
use super::group::Group;
use super::reading::read;
use crate::text::tidy;

/// Longest wait that the API can ask of a refreshing task.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Keeps a group fresh for as long as it is polled.
pub(super) async fn forever(
    client: &Client,
    group: Group,
    shared: &Shared,
    every: Duration,
    limit: Duration,
) -> Infallible {
    loop {
        let asked = once(client, group, shared, limit).await.err().unwrap_or_default();
        sleep(pause(every, asked, fastrand::f64())).await;
    }
}

/// Reads a group onto the board within this time. Tells on stderr when it begins to fail, fails in
/// another way or recovers.
///
/// # Errors
/// The wait that the API asked for, if the group could not be read.
pub(super) async fn once(
    client: &Client,
    group: Group,
    shared: &Shared,
    limit: Duration,
) -> Result<(), Duration> {
    let start = Instant::now();
    let (outcome, room, result, said) = match timeout(limit, read(client, group)).await {
        Ok(Ok((reading, room))) => (Ok(reading), room, Ok(()), "read again".to_owned()),
        Ok(Err(error)) => {
            let asked = error.retry_after().unwrap_or_default();
            let failure = Failure::from(&error);
            (Err(failure), error.rate_limit(), Err(asked), tidy(&error.to_string(), 400))
        }
        Err(_) => (Err(Failure::Timeout), None, Err(Duration::ZERO), "not read in time".to_owned()),
    };
    let (now, took) = (SystemTime::now(), start.elapsed());
    if shared.with(|board| board.record(group, outcome, room, now, took)) {
        eprintln!("exporter: {}: {said}", group.name());
    }
    result
}

/// The interval, a tenth more or less, so that groups and exporters spread out; longer if the API
/// asked for it.
fn pause(every: Duration, asked: Duration, chance: f64) -> Duration {
    let jittered = every.mul_f64(0.9 + 0.2 * chance.clamp(0.0, 1.0));
    jittered.max(asked.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_vary_by_a_tenth_and_obey_the_api() {
        let (minute, none) = (Duration::from_secs(60), Duration::ZERO);
        assert_eq!(pause(minute, none, 0.0), Duration::from_secs(54));
        assert_eq!(pause(minute, none, 1.0).as_secs(), 66);
        assert_eq!(pause(minute, Duration::from_secs(300), 0.5), Duration::from_secs(300));
        assert_eq!(pause(minute, Duration::MAX, 0.5), LONGEST_PAUSE);
    }
}
