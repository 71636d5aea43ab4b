//! The decision whether and when a lost stream is reopened, and how long it may be silent.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;

use crate::defaults::{HEARTBEAT_SLACK, MAX_RECONNECTION_TIME};
use crate::error::{Error, ErrorCode};
use crate::http::retry_after;
use crate::transport::retry::{self, RetryPolicy};

/// How a stream lost its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// The server closed it in good order: at the requested end or when the token expired.
    Closed,
    /// The connection failed or was silent for too long.
    Broken,
    /// An attempt to reopen the stream failed.
    Failed {
        status: Option<StatusCode>,
        /// Whether it may succeed later, by the API's own flag or the status.
        retryable: bool,
        /// The wait the server asks for.
        wait: Option<Duration>,
    },
}

impl Loss {
    pub(super) fn failed(error: &Error, now: SystemTime) -> Self {
        let status = error.status();
        let wait = error.headers().zip(status);
        let wait = wait.and_then(|(headers, status)| retry_after::asked(headers, status, now));
        // Nothing changes until the next day.
        let hopeless = error.code() == Some(&ErrorCode::DailyLimitExceeded);
        Self::Failed { status, retryable: error.is_retryable() && !hopeless, wait }
    }

    pub(super) fn asks_to_wait(&self) -> bool {
        matches!(self, Self::Failed { wait: Some(wait), .. } if !wait.is_zero())
    }
}

/// What to do after a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Open { after: Duration },
    Stop,
}

/// The history of losses that the decision depends on.
#[derive(Debug)]
pub(super) struct Reconnect {
    policy: RetryPolicy,
    /// Whether the credential may differ at each attempt.
    renewable: bool,
    /// Whether the credential was rejected since the stream was last open.
    rejected: bool,
    /// Minimum wait, from the stream's `retry` field.
    min_wait: Duration,
    /// Consecutive losses since the last event.
    losses: u32,
}

impl Reconnect {
    pub(super) fn new(policy: RetryPolicy, renewable: bool) -> Self {
        Self { policy, renewable, rejected: false, min_wait: Duration::ZERO, losses: 0 }
    }

    /// Records that the stream is open.
    pub(super) fn opened(&mut self) {
        self.rejected = false;
    }

    /// Records a new event.
    pub(super) fn progressed(&mut self) {
        self.losses = 0;
    }

    /// Records a `retry` field (WHATWG HTML, section 9.2.6).
    pub(super) fn advised(&mut self, time: Duration) {
        self.min_wait = time.min(MAX_RECONNECTION_TIME);
    }

    /// Returns true if the server asked to wait before each reconnection.
    pub(super) fn is_advised(&self) -> bool {
        !self.min_wait.is_zero()
    }

    /// Decides what to do after a loss. `max_losses` is the number of consecutive losses to
    /// tolerate.
    pub(super) fn after(&mut self, loss: Loss, max_losses: Option<u32>, random: f64) -> Next {
        self.losses = self.losses.saturating_add(1);
        if max_losses.is_some_and(|max_losses| self.losses > max_losses) {
            return Next::Stop;
        }
        let asked = match loss {
            Loss::Closed | Loss::Broken => None,
            Loss::Failed { status: Some(StatusCode::UNAUTHORIZED), wait, .. } => {
                if !self.renewable || self.rejected {
                    return Next::Stop;
                }
                self.rejected = true;
                wait
            }
            Loss::Failed { status, retryable, wait } => {
                if !retryable || status.is_some_and(is_final) {
                    return Next::Stop;
                }
                wait
            }
        };
        if asked.is_some_and(|wait| wait > self.policy.max_server_wait) {
            return Next::Stop;
        }
        // Jitter is added, so that clients that lost the same server do not return together.
        let jitter = retry::backoff(&self.policy, self.losses, random);
        let min_wait = self.min_wait.max(asked.unwrap_or_default());
        Next::Open { after: min_wait.saturating_add(jitter) }
    }
}

fn is_final(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}

/// Returns how long a stream may be silent: with heartbeats, the time in which two of them are due
/// and some slack; without, the client's `idle_timeout`.
pub(super) fn max_silence(ping: Option<i64>, idle_timeout: Duration) -> Duration {
    let seconds = ping.and_then(|ping| u64::try_from(ping).ok()).filter(|ping| *ping > 0);
    seconds.map_or(idle_timeout, |ping| {
        Duration::from_secs(ping).saturating_mul(2).saturating_add(HEARTBEAT_SLACK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reconnect(renewable: bool) -> Reconnect {
        Reconnect::new(RetryPolicy::default(), renewable)
    }

    fn failed(status: u16, retryable: bool, wait: Option<u64>) -> Loss {
        let status = StatusCode::from_u16(status).ok();
        Loss::Failed { status, retryable, wait: wait.map(Duration::from_secs) }
    }

    fn millis(next: Next) -> Option<u128> {
        match next {
            Next::Open { after } => Some(after.as_millis()),
            Next::Stop => None,
        }
    }

    #[test]
    fn backoff_grows_until_an_event_arrives() {
        let mut reconnect = reconnect(false);
        let wait = |reconnect: &mut Reconnect, loss| millis(reconnect.after(loss, None, 1.0));
        let losses = [Loss::Closed, Loss::Broken, failed(503, true, None), Loss::Closed];
        let waits: Vec<_> =
            losses.iter().map(|loss| wait(&mut reconnect, *loss).unwrap()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000]);
        for _ in 0..100 {
            reconnect.opened();
            assert!(wait(&mut reconnect, Loss::Closed).unwrap() <= 8000);
        }
        reconnect.progressed();
        assert_eq!(wait(&mut reconnect, Loss::Closed), Some(250));
    }

    #[test]
    fn the_wait_is_never_shorter_than_the_server_asks() {
        let mut reconnect = reconnect(false);
        reconnect.advised(Duration::from_secs(3));
        assert_eq!(millis(reconnect.after(Loss::Closed, None, 0.0)), Some(3000));
        assert_eq!(millis(reconnect.after(failed(429, true, Some(20)), None, 0.0)), Some(20_000));
        assert_eq!(millis(reconnect.after(failed(503, true, Some(1)), None, 0.0)), Some(3000));
        reconnect.advised(Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(
            reconnect.after(Loss::Broken, None, 0.0),
            Next::Open { after: MAX_RECONNECTION_TIME }
        );
        reconnect.advised(Duration::ZERO);
        assert_eq!(millis(reconnect.after(Loss::Broken, None, 0.0)), Some(0));
        assert_eq!(reconnect.after(failed(429, true, Some(3600)), None, 0.0), Next::Stop);
    }

    #[test]
    fn a_rejection_stops_reconnecting() {
        for status in [400, 403, 404, 409, 422] {
            for retryable in [false, true] {
                let next = reconnect(true).after(failed(status, retryable, None), None, 1.0);
                assert_eq!(next, Next::Stop, "{status}");
            }
        }
        assert_eq!(reconnect(true).after(failed(503, false, None), None, 1.0), Next::Stop);
        assert_eq!(reconnect(false).after(failed(401, false, None), None, 1.0), Next::Stop);
    }

    #[test]
    fn a_renewable_credential_gets_one_more_attempt() {
        let mut reconnect = reconnect(true);
        let rejection = failed(401, false, None);
        for _ in 0..3 {
            assert!(millis(reconnect.after(rejection, None, 1.0)).is_some());
            reconnect.opened();
        }
        assert!(millis(reconnect.after(rejection, None, 1.0)).is_some());
        assert_eq!(reconnect.after(rejection, None, 1.0), Next::Stop);
    }

    #[test]
    fn max_losses_is_respected() {
        let mut reconnect = reconnect(false);
        assert!(millis(reconnect.after(Loss::Closed, Some(1), 1.0)).is_some());
        assert_eq!(reconnect.after(Loss::Broken, Some(1), 1.0), Next::Stop);
        reconnect.progressed();
        assert_eq!(reconnect.after(Loss::Closed, Some(0), 1.0), Next::Stop);
    }

    #[test]
    fn one_heartbeat_may_be_missed() {
        let idle = Duration::from_secs(60);
        assert_eq!(max_silence(Some(30), idle), Duration::from_secs(70));
        for senseless in [None, Some(0), Some(-5)] {
            assert_eq!(max_silence(senseless, idle), idle);
        }
        assert!(max_silence(Some(i64::MAX), idle) > idle);
    }
}
