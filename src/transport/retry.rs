//! The decision whether and when a failed attempt is retried.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::defaults::{BACKOFF_BASE, BACKOFF_CAP, MAX_ATTEMPTS, MAX_SERVER_WAIT};
use crate::error::ErrorCode;
use crate::transport::retry_budget::RetryCost;

/// The limits and backoff of retries.
///
/// A failed attempt is retried only where repeating is safe: GET always, PUT and DELETE unless they
/// carry `If-Match`, any method with an `Idempotency-Key` that the operation takes, and any request
/// that certainly was not sent. The API's `retryable` flag takes precedence over the status.
///
/// The clones of a client share a retry budget: when most calls fail, it runs out, and errors are
/// returned at once until calls succeed again, so that retries do not prolong an outage.
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
    /// Returns a policy that never retries.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts of a call, including the first; 0 counts as 1.
    /// Default: 4.
    ///
    /// Attempts that the server put off do not count unless only one is allowed: a 429 that says how
    /// long to wait, or a request that an HTTP/2 server did not process (RFC 9113, sections 6.8 and
    /// 8.7). The deadline of the call and the retry budget limit them.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the bounds of the random backoff: the first wait is at most `base`, each further one at
    /// most twice the previous one, none longer than `cap`. Default: 250 ms and 8 s.
    #[must_use]
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Sets the longest wait accepted from the server (`Retry-After`). A response that asks for
    /// more is returned at once, as an error that carries the delay. Default: 65 s.
    #[must_use]
    pub fn max_server_wait(mut self, wait: Duration) -> Self {
        self.max_server_wait = wait;
        self
    }
}

/// The outcome of a failed attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AttemptOutcome<'a> {
    /// The request certainly was not sent.
    NotSent,
    /// The server certainly did not work on the request, and a new connection is likely to help.
    Unprocessed,
    /// The request may have been sent; no complete response arrived.
    Unanswered,
    Answered {
        status: StatusCode,
        /// False if the response came from something in front of the API.
        by_api: bool,
        code: Option<&'a ErrorCode>,
        /// The `retryable` flag of the body.
        retryable: Option<bool>,
        /// The wait the server asks for.
        wait: Option<Duration>,
    },
    /// A failure that no retry can fix.
    Final,
}

impl AttemptOutcome<'_> {
    /// Returns what a retry costs the shared budget.
    pub(crate) fn cost(&self) -> RetryCost {
        match self {
            Self::Unprocessed => RetryCost::Unprocessed,
            Self::Unanswered => RetryCost::Timeout,
            Self::NotSent | Self::Answered { .. } | Self::Final => RetryCost::Failure,
        }
    }

    /// Returns true if the server put the request off instead of failing: such an attempt takes time
    /// and budget, but none of the attempts that the policy allows.
    pub(crate) fn is_postponed(&self) -> bool {
        match *self {
            Self::Unprocessed => true,
            Self::Answered { status, wait, .. } => {
                status == StatusCode::TOO_MANY_REQUESTS && wait.is_some_and(|wait| !wait.is_zero())
            }
            Self::NotSent | Self::Unanswered | Self::Final => false,
        }
    }

    /// Returns true if the server asks to wait.
    pub(crate) fn asks_to_wait(&self) -> bool {
        matches!(self, Self::Answered { wait: Some(wait), .. } if !wait.is_zero())
    }

    /// Returns the reason for a retry, for the log.
    pub(crate) fn reason(&self) -> &'static str {
        match *self {
            Self::NotSent => "no connection",
            Self::Unprocessed => "request not processed",
            Self::Unanswered => "no response",
            Self::Answered { status: StatusCode::TOO_MANY_REQUESTS, .. } => "rate limit",
            Self::Answered { status: StatusCode::CONFLICT, .. } => "first attempt still running",
            Self::Answered { .. } => "server error",
            Self::Final => "final",
        }
    }

    /// Returns true if the server may still be working on the attempt. A gateway's error says
    /// nothing about the API behind it.
    pub(crate) fn may_still_run(&self) -> bool {
        match *self {
            Self::Unanswered => true,
            Self::Answered { status, by_api, .. } => !by_api && status.is_server_error(),
            Self::NotSent | Self::Unprocessed | Self::Final => false,
        }
    }

    /// Returns true if the server is able to answer calls.
    pub(crate) fn shows_health(&self) -> bool {
        match *self {
            Self::Answered { status, .. } => {
                status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error()
            }
            Self::Final => true,
            Self::NotSent | Self::Unprocessed | Self::Unanswered => false,
        }
    }
}

/// Everything the retry decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryState<'a> {
    pub(crate) idempotent: bool,
    pub(crate) outcome: AttemptOutcome<'a>,
    /// Attempts made, including this one.
    pub(crate) attempts: u32,
    /// Those of them that the server did not put off.
    pub(crate) counted: u32,
    /// Whether an earlier attempt of this call may have reached the server without being answered.
    pub(crate) earlier_unanswered: bool,
    /// Time left until the deadline of the call.
    pub(crate) time_left: Duration,
    /// From 0 to 1.
    pub(crate) random: f64,
}

/// Returns true if sending the same request twice has the same effect as sending it once.
pub(crate) fn is_idempotent(method: &Method, keyed: bool, conditional: bool) -> bool {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        // With `If-Match`, repeating a write that took effect fails the precondition, unless a key
        // makes the API repeat its response.
        Method::PUT | Method::DELETE => keyed || !conditional,
        _ => keyed,
    }
}

/// Returns the wait before the next attempt, or `None` to give up.
pub(crate) fn decide(policy: &RetryPolicy, state: &RetryState<'_>) -> Option<Duration> {
    if policy.max_attempts <= 1 || state.counted >= policy.max_attempts {
        return None;
    }
    let asked = match state.outcome {
        AttemptOutcome::NotSent | AttemptOutcome::Unprocessed => None,
        AttemptOutcome::Unanswered if state.idempotent => None,
        AttemptOutcome::Unanswered | AttemptOutcome::Final => return None,
        AttemptOutcome::Answered { status, code, retryable, wait, .. } => {
            if !state.idempotent || !can_help(status, code, retryable, state.earlier_unanswered) {
                return None;
            }
            wait
        }
    };
    if asked.is_some_and(|wait| wait > policy.max_server_wait) {
        return None;
    }
    // Jitter is added to the server's wait, so that clients that were told the same time spread out.
    let jitter = backoff(policy, state.attempts, state.random);
    let wait = asked.unwrap_or_default().saturating_add(jitter);
    (wait < state.time_left).then_some(wait)
}

fn can_help(
    status: StatusCode,
    code: Option<&ErrorCode>,
    retryable: Option<bool>,
    earlier_unanswered: bool,
) -> bool {
    match code {
        // Marked as retryable, but nothing changes until the next day or until someone acts.
        Some(ErrorCode::DailyLimitExceeded | ErrorCode::NoActiveProviders) => false,
        // Either the first attempt of this call is still running, or another request has the key.
        Some(ErrorCode::IdempotencyConflict) => earlier_unanswered,
        _ => {
            retryable.unwrap_or(status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
        }
    }
}

/// Returns an exponential backoff with full jitter, so that clients that failed together do not
/// return together.
pub(crate) fn backoff(policy: &RetryPolicy, attempts: u32, random: f64) -> Duration {
    let doubled = policy.base.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    doubled.min(policy.cap).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn state(outcome: AttemptOutcome<'_>) -> RetryState<'_> {
        RetryState {
            idempotent: true,
            outcome,
            attempts: 1,
            counted: 1,
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
    ) -> AttemptOutcome<'_> {
        let status = StatusCode::from_u16(status).unwrap();
        AttemptOutcome::Answered { status, by_api: true, code, retryable, wait }
    }

    fn wait(state: &RetryState<'_>) -> Option<Duration> {
        decide(&RetryPolicy::default(), state)
    }

    #[test]
    fn a_policy_without_retries_allows_one_attempt() {
        assert_eq!(RetryPolicy::none().max_attempts, 1);
        assert_eq!(RetryPolicy::default().max_attempts(0), RetryPolicy::none());
        for outcome in [AttemptOutcome::NotSent, AttemptOutcome::Unprocessed] {
            assert_eq!(decide(&RetryPolicy::none(), &state(outcome)), None);
            let two = RetryPolicy::default().max_attempts(2);
            assert!(decide(&two, &state(outcome)).is_some());
        }
    }

    #[test]
    fn a_policy_has_the_bounds_that_are_set() {
        let policy = RetryPolicy::default().backoff(SECOND, 3 * SECOND);
        let waits = [1, 2, 3].map(|attempts| backoff(&policy, attempts, 1.0));
        assert_eq!(waits, [SECOND, 2 * SECOND, 3 * SECOND]);
        let policy = RetryPolicy::default().max_server_wait(2 * SECOND);
        let asked = |wait| state(answered(429, None, Some(true), Some(wait)));
        assert!(decide(&policy, &asked(2 * SECOND)).is_some());
        assert!(decide(&policy, &asked(3 * SECOND)).is_none());
    }

    #[test]
    fn a_server_that_answers_with_other_than_429_and_5xx_is_healthy() {
        for (outcome, healthy) in [
            (AttemptOutcome::Final, true),
            (answered(404, None, None, None), true),
            (answered(409, None, None, None), true),
            (answered(429, None, None, None), false),
            (answered(503, None, None, None), false),
            (AttemptOutcome::NotSent, false),
            (AttemptOutcome::Unprocessed, false),
            (AttemptOutcome::Unanswered, false),
        ] {
            assert_eq!(outcome.shows_health(), healthy, "{outcome:?}");
        }
    }

    #[test]
    fn each_retry_has_its_reason_in_the_log() {
        for (outcome, reason) in [
            (AttemptOutcome::NotSent, "no connection"),
            (AttemptOutcome::Unanswered, "no response"),
            (answered(429, None, None, None), "rate limit"),
            (answered(409, None, None, None), "first attempt still running"),
            (answered(503, None, None, None), "server error"),
        ] {
            assert_eq!(outcome.reason(), reason);
        }
    }

    #[test]
    fn idempotency_follows_from_method_key_and_condition() {
        for (method, keyed, conditional, expected) in [
            (Method::GET, false, true, true),
            (Method::PUT, false, false, true),
            (Method::PUT, false, true, false),
            (Method::PUT, true, true, true),
            (Method::DELETE, false, false, true),
            (Method::DELETE, false, true, false),
            (Method::POST, false, false, false),
            (Method::POST, true, false, true),
            (Method::PATCH, false, false, false),
            (Method::PATCH, true, false, true),
        ] {
            assert_eq!(is_idempotent(&method, keyed, conditional), expected, "{method} {keyed}");
        }
    }

    #[test]
    fn the_retryable_flag_takes_precedence_over_the_status() {
        assert!(wait(&state(answered(503, None, None, None))).is_some());
        assert!(wait(&state(answered(503, None, Some(false), None))).is_none());
        assert!(wait(&state(answered(400, None, None, None))).is_none());
        assert!(wait(&state(answered(400, None, Some(true), None))).is_some());
    }

    #[test]
    fn errors_that_persist_are_returned_at_once() {
        for code in [ErrorCode::DailyLimitExceeded, ErrorCode::NoActiveProviders] {
            assert!(wait(&state(answered(429, Some(&code), Some(true), None))).is_none(), "{code}");
        }
        let conflict = answered(409, Some(&ErrorCode::IdempotencyConflict), Some(false), None);
        assert!(wait(&state(conflict)).is_none());
        assert!(wait(&RetryState { earlier_unanswered: true, ..state(conflict) }).is_some());
    }

    #[test]
    fn the_wait_is_never_shorter_than_the_server_asks() {
        let asked = |seconds| state(answered(429, None, Some(true), Some(seconds * SECOND)));
        assert_eq!(wait(&RetryState { random: 0.0, ..asked(60) }), Some(60 * SECOND));
        assert_eq!(wait(&asked(60)), Some(60 * SECOND + BACKOFF_BASE));
        assert_eq!(wait(&asked(66)), None);
        assert_eq!(wait(&RetryState { time_left: 30 * SECOND, ..asked(30) }), None);
        let exactly = RetryState { time_left: 30 * SECOND, random: 0.0, ..asked(30) };
        assert_eq!(wait(&exactly), None);
        assert_eq!(wait(&RetryState { random: 0.0, ..asked(0) }), Some(Duration::ZERO));
    }

    #[test]
    fn each_outcome_has_its_cost() {
        assert_eq!(AttemptOutcome::NotSent.cost(), RetryCost::Failure);
        assert_eq!(AttemptOutcome::Unanswered.cost(), RetryCost::Timeout);
        assert_eq!(AttemptOutcome::Unprocessed.cost(), RetryCost::Unprocessed);
        assert_eq!(answered(429, None, None, Some(SECOND)).cost(), RetryCost::Failure);
        assert_eq!(answered(429, None, None, None).cost(), RetryCost::Failure);
        assert_eq!(answered(503, None, None, Some(SECOND)).cost(), RetryCost::Failure);
    }

    #[test]
    fn timeouts_and_gateway_errors_may_leave_the_first_attempt_running() {
        let gateway = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            AttemptOutcome::Answered {
                status,
                by_api: false,
                code: None,
                retryable: None,
                wait: None,
            }
        };
        assert!(AttemptOutcome::Unanswered.may_still_run());
        assert!(gateway(504).may_still_run());
        assert!(!gateway(429).may_still_run());
        assert!(!answered(503, None, None, None).may_still_run());
        assert!(!AttemptOutcome::NotSent.may_still_run());
    }

    #[test]
    fn without_a_key_only_unsent_requests_are_retried() {
        let unkeyed = |outcome| RetryState { idempotent: false, ..state(outcome) };
        assert!(wait(&unkeyed(AttemptOutcome::NotSent)).is_some());
        assert!(wait(&unkeyed(AttemptOutcome::Unprocessed)).is_some());
        assert!(wait(&unkeyed(AttemptOutcome::Unanswered)).is_none());
        assert!(wait(&unkeyed(answered(503, None, Some(true), None))).is_none());
        assert!(wait(&state(AttemptOutcome::Unanswered)).is_some());
    }

    #[test]
    fn backoff_doubles_up_to_the_cap_and_attempts_run_out() {
        let policy = RetryPolicy::default().max_attempts(100);
        let at = |attempts| {
            decide(
                &policy,
                &RetryState { attempts, counted: attempts, ..state(AttemptOutcome::NotSent) },
            )
        };
        assert_eq!(at(1), Some(Duration::from_millis(250)));
        assert_eq!(at(2), Some(Duration::from_millis(500)));
        assert_eq!(at(50), Some(8 * SECOND));
        assert_eq!(at(100), None);
        assert_eq!(wait(&RetryState { counted: 4, ..state(AttemptOutcome::NotSent) }), None);
    }

    #[test]
    fn attempts_that_the_server_put_off_do_not_count() {
        let postponed = [AttemptOutcome::Unprocessed, answered(429, None, None, Some(SECOND))];
        let failed = [
            AttemptOutcome::NotSent,
            AttemptOutcome::Unanswered,
            AttemptOutcome::Final,
            answered(429, None, None, None),
            answered(429, None, None, Some(Duration::ZERO)),
            answered(503, None, None, Some(SECOND)),
        ];
        assert!(postponed.iter().all(AttemptOutcome::is_postponed));
        assert!(!failed.iter().any(AttemptOutcome::is_postponed));
        for outcome in postponed {
            let late = RetryState { attempts: 40, counted: 0, ..state(outcome) };
            assert!(wait(&late).is_some());
            assert_eq!(decide(&RetryPolicy::none(), &late), None);
        }
    }
}
