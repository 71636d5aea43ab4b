//! When a failed attempt is repeated.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::defaults::{BACKOFF_BASE, BACKOFF_CAP, MAX_ATTEMPTS, MAX_SERVER_WAIT};
use crate::error::ErrorCode;
use crate::transport::budget::Cost;

/// How often, and after what waits, a failed attempt is repeated.
///
/// An attempt is only ever repeated where that is harmless: GET always, PUT and DELETE unless they
/// carry `If-Match`, everything else with an `Idempotency-Key` or if the request certainly never
/// left. The API's own word on whether a repeat can help counts more than the status.
///
/// Clones of a client also share a budget for repeats: when most calls fail, it runs dry, and errors
/// are returned at once until calls succeed again, so that an outage is not made worse.
///
/// # Examples
/// ```
/// use sendmux_client::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(8);
/// let never = RetryPolicy::none();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    pub(crate) max_server_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: MAX_ATTEMPTS,
            base: BACKOFF_BASE,
            cap: BACKOFF_CAP,
            max_server_wait: MAX_SERVER_WAIT,
        }
    }
}

impl RetryPolicy {
    /// One attempt, whatever becomes of it.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// Attempts of one call, the first included; 0 counts as 1. Default: 4.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Bounds of the random waits between attempts: the first is at most `base`, each next one at
    /// most twice the one before, none more than `cap`. Default: 250 ms and 8 s.
    #[must_use]
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Longest wait at the server's asking (`Retry-After`). An answer that asks for more is
    /// returned at once, as an error that carries the delay. Default: 65 s.
    #[must_use]
    pub fn max_server_wait(mut self, wait: Duration) -> Self {
        self.max_server_wait = wait;
        self
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    /// The request certainly never left.
    NotSent,
    /// It may have left; no answer came back whole.
    Unanswered,
    Answered {
        status: StatusCode,
        /// False if the answer came from something in front of the API.
        by_api: bool,
        code: Option<&'a ErrorCode>,
        /// The body's word.
        retryable: Option<bool>,
        /// The server's asking.
        wait: Option<Duration>,
    },
    /// It ended in a way that no repeat can better.
    Final,
}

impl Outcome<'_> {
    /// What a repeat takes from the shared budget.
    pub(crate) fn cost(&self) -> Cost {
        match *self {
            Self::NotSent | Self::Final => Cost::Refusal,
            Self::Unanswered => Cost::Silence,
            Self::Answered { status, wait, .. } => {
                let invited = status == StatusCode::TOO_MANY_REQUESTS && wait.is_some();
                if invited { Cost::Invited } else { Cost::Refusal }
            }
        }
    }

    /// Why a repeat is due, for the log.
    pub(crate) fn reason(&self) -> &'static str {
        match *self {
            Self::NotSent => "no connection",
            Self::Unanswered => "no answer",
            Self::Answered { status: StatusCode::TOO_MANY_REQUESTS, .. } => "rate limit",
            Self::Answered { status: StatusCode::CONFLICT, .. } => "first attempt still running",
            Self::Answered { .. } => "server error",
            Self::Final => "no repeat",
        }
    }

    /// Whether the server may be at work on the attempt still. A gateway's error says nothing of
    /// the API behind it.
    pub(crate) fn may_still_run(&self) -> bool {
        match *self {
            Self::Unanswered => true,
            Self::Answered { status, by_api, .. } => !by_api && status.is_server_error(),
            Self::NotSent | Self::Final => false,
        }
    }

    /// Whether the server is in a state to answer calls.
    pub(crate) fn shows_health(&self) -> bool {
        match *self {
            Self::Answered { status, .. } => {
                status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error()
            }
            Self::Final => true,
            Self::NotSent | Self::Unanswered => false,
        }
    }
}

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) repeatable: bool,
    pub(crate) outcome: Outcome<'a>,
    /// Attempts made, this one included.
    pub(crate) attempts: u32,
    /// Whether an earlier attempt of this call may have reached the server without an answer.
    pub(crate) earlier_unanswered: bool,
    /// Time left for the whole call.
    pub(crate) time_left: Duration,
    /// From 0 to 1.
    pub(crate) random: f64,
}

/// Whether sending the same request again can do no harm.
pub(crate) fn is_repeatable(method: &Method, keyed: bool, conditional: bool) -> bool {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        // With `If-Match`, a repeat of a write that worked is refused as stale.
        Method::PUT | Method::DELETE => !conditional,
        _ => keyed,
    }
}

/// The wait before the next attempt, or `None` to give up.
pub(crate) fn decide(policy: &RetryPolicy, facts: &Facts<'_>) -> Option<Duration> {
    if facts.attempts >= policy.max_attempts {
        return None;
    }
    let asked = match facts.outcome {
        Outcome::NotSent => None,
        Outcome::Unanswered if facts.repeatable => None,
        Outcome::Unanswered | Outcome::Final => return None,
        Outcome::Answered { status, code, retryable, wait, .. } => {
            if !facts.repeatable || !can_help(status, code, retryable, facts.earlier_unanswered) {
                return None;
            }
            wait
        }
    };
    if asked.is_some_and(|wait| wait > policy.max_server_wait) {
        return None;
    }
    // The random part comes on top, so that all who were told the same moment do not meet there.
    let random = backoff(policy, facts.attempts, facts.random);
    let wait = asked.unwrap_or_default().saturating_add(random);
    (wait < facts.time_left).then_some(wait)
}

fn can_help(
    status: StatusCode,
    code: Option<&ErrorCode>,
    retryable: Option<bool>,
    earlier_unanswered: bool,
) -> bool {
    match code {
        // Retryable by class, but nothing changes until the day or an operator does.
        Some(ErrorCode::DailyLimitExceeded | ErrorCode::NoActiveProviders) => false,
        // Either our own first attempt still runs, or the key belongs to another request.
        Some(ErrorCode::IdempotencyConflict) => earlier_unanswered,
        _ => {
            retryable.unwrap_or(status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
        }
    }
}

/// Exponential with full jitter, so that clients that failed together do not return together.
pub(crate) fn backoff(policy: &RetryPolicy, attempts: u32, random: f64) -> Duration {
    let doubled = policy.base.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    doubled.min(policy.cap).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn facts(outcome: Outcome<'_>) -> Facts<'_> {
        Facts {
            repeatable: true,
            outcome,
            attempts: 1,
            earlier_unanswered: false,
            time_left: 100 * SECOND,
            random: 1.0,
        }
    }

    fn answered(
        status: u16,
        code: Option<&ErrorCode>,
        retryable: Option<bool>,
        wait: Option<Duration>,
    ) -> Outcome<'_> {
        let status = StatusCode::from_u16(status).unwrap();
        Outcome::Answered { status, by_api: true, code, retryable, wait }
    }

    fn wait(facts: &Facts<'_>) -> Option<Duration> {
        decide(&RetryPolicy::default(), facts)
    }

    #[test]
    fn methods_decide_what_may_be_repeated() {
        for (method, keyed, conditional, expected) in [
            (Method::GET, false, true, true),
            (Method::PUT, false, false, true),
            (Method::PUT, false, true, false),
            (Method::DELETE, false, false, true),
            (Method::DELETE, false, true, false),
            (Method::POST, false, false, false),
            (Method::POST, true, false, true),
            (Method::PATCH, false, false, false),
            (Method::PATCH, true, false, true),
        ] {
            assert_eq!(is_repeatable(&method, keyed, conditional), expected, "{method} {keyed}");
        }
    }

    #[test]
    fn the_bodys_word_counts_more_than_the_status() {
        assert!(wait(&facts(answered(503, None, None, None))).is_some());
        assert!(wait(&facts(answered(503, None, Some(false), None))).is_none());
        assert!(wait(&facts(answered(400, None, None, None))).is_none());
        assert!(wait(&facts(answered(400, None, Some(true), None))).is_some());
    }

    #[test]
    fn what_cannot_pass_soon_is_returned_at_once() {
        for code in [ErrorCode::DailyLimitExceeded, ErrorCode::NoActiveProviders] {
            assert!(wait(&facts(answered(429, Some(&code), Some(true), None))).is_none(), "{code}");
        }
        let conflict = answered(409, Some(&ErrorCode::IdempotencyConflict), Some(false), None);
        assert!(wait(&facts(conflict)).is_none());
        assert!(wait(&Facts { earlier_unanswered: true, ..facts(conflict) }).is_some());
    }

    #[test]
    fn the_server_is_never_asked_early() {
        let asked = |seconds| facts(answered(429, None, Some(true), Some(seconds * SECOND)));
        assert_eq!(wait(&Facts { random: 0.0, ..asked(60) }), Some(60 * SECOND));
        assert_eq!(wait(&asked(60)), Some(60 * SECOND + BACKOFF_BASE));
        assert_eq!(wait(&asked(66)), None);
        assert_eq!(wait(&Facts { time_left: 30 * SECOND, ..asked(30) }), None);
        assert_eq!(wait(&Facts { random: 0.0, ..asked(0) }), Some(Duration::ZERO));
    }

    #[test]
    fn repeats_have_their_price() {
        assert_eq!(Outcome::NotSent.cost(), Cost::Refusal);
        assert_eq!(Outcome::Unanswered.cost(), Cost::Silence);
        assert_eq!(answered(429, None, None, Some(SECOND)).cost(), Cost::Invited);
        assert_eq!(answered(429, None, None, None).cost(), Cost::Refusal);
        assert_eq!(answered(503, None, None, Some(SECOND)).cost(), Cost::Refusal);
    }

    #[test]
    fn silence_and_gateways_leave_the_first_attempt_running() {
        let gateway = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            Outcome::Answered { status, by_api: false, code: None, retryable: None, wait: None }
        };
        assert!(Outcome::Unanswered.may_still_run());
        assert!(gateway(504).may_still_run());
        assert!(!gateway(429).may_still_run());
        assert!(!answered(503, None, None, None).may_still_run());
        assert!(!Outcome::NotSent.may_still_run());
    }

    #[test]
    fn only_what_never_left_is_repeated_without_a_key() {
        let unkeyed = |outcome| Facts { repeatable: false, ..facts(outcome) };
        assert!(wait(&unkeyed(Outcome::NotSent)).is_some());
        assert!(wait(&unkeyed(Outcome::Unanswered)).is_none());
        assert!(wait(&unkeyed(answered(503, None, Some(true), None))).is_none());
        assert!(wait(&facts(Outcome::Unanswered)).is_some());
    }

    #[test]
    fn waits_double_up_to_the_cap_and_attempts_end() {
        let policy = RetryPolicy::default().max_attempts(100);
        let at = |attempts| decide(&policy, &Facts { attempts, ..facts(Outcome::NotSent) });
        assert_eq!(at(1), Some(Duration::from_millis(250)));
        assert_eq!(at(2), Some(Duration::from_millis(500)));
        assert_eq!(at(50), Some(8 * SECOND));
        assert_eq!(at(100), None);
        assert_eq!(wait(&Facts { attempts: 4, ..facts(Outcome::NotSent) }), None);
    }
}
