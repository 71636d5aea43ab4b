//! How long a stream may be silent.

use std::time::Duration;

use crate::defaults::HEARTBEAT_SLACK;

/// With heartbeats, the time in which two of them should have come and some more; else as long as
/// any other download.
pub(super) fn limit(ping: Option<i64>, idle: Duration) -> Duration {
    let seconds = ping.and_then(|ping| u64::try_from(ping).ok()).filter(|ping| *ping > 0);
    seconds.map_or(idle, |ping| {
        Duration::from_secs(ping).saturating_mul(2).saturating_add(HEARTBEAT_SLACK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_heartbeat_may_be_missed() {
        let idle = Duration::from_secs(60);
        assert_eq!(limit(Some(30), idle), Duration::from_secs(70));
        for senseless in [None, Some(0), Some(-5)] {
            assert_eq!(limit(senseless, idle), idle);
        }
        assert!(limit(Some(i64::MAX), idle) > idle);
    }
}
