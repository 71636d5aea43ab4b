//! When a stream that was lost is opened again.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;

use crate::defaults::MAX_RECONNECTION_TIME;
use crate::error::{Error, ErrorCode};
use crate::transport::retry::{self, RetryPolicy};
use crate::transport::retry_after;

/// How a stream came to be without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It ended as it should: the planned end, or that of the token's life.
    Closed,
    /// It broke, or fell silent.
    Broken,
    /// It was to be opened again, and nothing came of it.
    Failed {
        status: Option<StatusCode>,
        /// Whether it may work later: the API's own word, or what the status says.
        retryable: bool,
        /// The server's asking.
        wait: Option<Duration>,
    },
}

impl Loss {
    pub(super) fn failed(error: &Error, now: SystemTime) -> Self {
        let status = error.status();
        let wait = error.headers().zip(status);
        let wait = wait.and_then(|(headers, status)| retry_after::asked(headers, status, now));
        // Nothing changes until the day does.
        let hopeless = error.code() == Some(&ErrorCode::DailyLimitExceeded);
        Self::Failed { status, retryable: error.is_retryable() && !hopeless, wait }
    }
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Open { after: Duration },
    Stop,
}

/// What is known of the losses so far.
#[derive(Debug)]
pub(super) struct Reconnect {
    policy: RetryPolicy,
    /// Whether the credential is asked for anew each time, and so may be another one.
    renewable: bool,
    /// Whether it was refused since the stream was last open.
    refused: bool,
    /// The server's own `retry`, below which no wait is.
    least: Duration,
    /// Losses since the last event.
    losses: u32,
}

impl Reconnect {
    pub(super) fn new(policy: RetryPolicy, renewable: bool) -> Self {
        Self { policy, renewable, refused: false, least: Duration::ZERO, losses: 0 }
    }

    /// The stream is open.
    pub(super) fn opened(&mut self) {
        self.refused = false;
    }

    /// An event came that had not come before.
    pub(super) fn progressed(&mut self) {
        self.losses = 0;
    }

    /// The `retry` field came (WHATWG HTML, section 9.2.6).
    pub(super) fn advised(&mut self, time: Duration) {
        self.least = time.min(MAX_RECONNECTION_TIME);
    }

    /// `patience` is the number of losses in a row that are put up with.
    pub(super) fn after(&mut self, loss: Loss, patience: Option<u32>, random: f64) -> Next {
        self.losses = self.losses.saturating_add(1);
        if patience.is_some_and(|patience| self.losses > patience) {
            return Next::Stop;
        }
        let asked = match loss {
            Loss::Closed | Loss::Broken => None,
            Loss::Failed { status: Some(StatusCode::UNAUTHORIZED), wait, .. } => {
                if !self.renewable || self.refused {
                    return Next::Stop;
                }
                self.refused = true;
                wait
            }
            Loss::Failed { status, retryable, wait } => {
                if !retryable || status.is_some_and(is_refusal) {
                    return Next::Stop;
                }
                wait
            }
        };
        if asked.is_some_and(|wait| wait > self.policy.max_server_wait) {
            return Next::Stop;
        }
        // The random part comes on top, so that all who lost a server do not return together.
        let random = retry::backoff(&self.policy, self.losses, random);
        let least = self.least.max(asked.unwrap_or_default());
        Next::Open { after: least.saturating_add(random) }
    }
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(renewable: bool) -> Reconnect {
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
    fn waits_grow_until_an_event_comes() {
        let mut machine = machine(false);
        let wait = |machine: &mut Reconnect, loss| millis(machine.after(loss, None, 1.0));
        let losses = [Loss::Closed, Loss::Broken, failed(503, true, None), Loss::Closed];
        let waits: Vec<_> = losses.iter().map(|loss| wait(&mut machine, *loss).unwrap()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000]);
        for _ in 0..100 {
            machine.opened();
            assert!(wait(&mut machine, Loss::Closed).unwrap() <= 8000);
        }
        machine.progressed();
        assert_eq!(wait(&mut machine, Loss::Closed), Some(250));
    }

    #[test]
    fn the_servers_word_is_the_least() {
        let mut machine = machine(false);
        machine.advised(Duration::from_secs(3));
        assert_eq!(millis(machine.after(Loss::Closed, None, 0.0)), Some(3000));
        assert_eq!(millis(machine.after(failed(429, true, Some(20)), None, 0.0)), Some(20_000));
        assert_eq!(millis(machine.after(failed(503, true, Some(1)), None, 0.0)), Some(3000));
        machine.advised(Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(
            machine.after(Loss::Broken, None, 0.0),
            Next::Open { after: MAX_RECONNECTION_TIME }
        );
        machine.advised(Duration::ZERO);
        assert_eq!(millis(machine.after(Loss::Broken, None, 0.0)), Some(0));
        assert_eq!(machine.after(failed(429, true, Some(3600)), None, 0.0), Next::Stop);
    }

    #[test]
    fn a_refusal_ends_it() {
        for status in [400, 403, 404, 409, 422] {
            for retryable in [false, true] {
                let next = machine(true).after(failed(status, retryable, None), None, 1.0);
                assert_eq!(next, Next::Stop, "{status}");
            }
        }
        assert_eq!(machine(true).after(failed(503, false, None), None, 1.0), Next::Stop);
        assert_eq!(machine(false).after(failed(401, false, None), None, 1.0), Next::Stop);
    }

    #[test]
    fn a_credential_that_may_have_been_renewed_has_one_more_try() {
        let mut machine = machine(true);
        let refusal = failed(401, false, None);
        for _ in 0..3 {
            assert!(millis(machine.after(refusal, None, 1.0)).is_some());
            machine.opened();
        }
        assert!(millis(machine.after(refusal, None, 1.0)).is_some());
        assert_eq!(machine.after(refusal, None, 1.0), Next::Stop);
    }

    #[test]
    fn patience_ends() {
        let mut machine = machine(false);
        assert!(millis(machine.after(Loss::Closed, Some(1), 1.0)).is_some());
        assert_eq!(machine.after(Loss::Broken, Some(1), 1.0), Next::Stop);
        machine.progressed();
        assert_eq!(machine.after(Loss::Closed, Some(0), 1.0), Next::Stop);
    }
}
