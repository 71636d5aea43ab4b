//! The one place where a request leaves the process.

mod attempt;
pub(crate) mod body;
pub(crate) mod call;
mod cause;
mod content_coding;
pub(crate) mod credential;
pub(crate) mod idempotency;
pub(crate) mod outbound_request;
pub(crate) mod query;
pub(crate) mod rate_limiter;
pub(crate) mod retry;
pub(crate) mod retry_budget;
pub(crate) mod telemetry;
mod watch;

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, IF_MATCH, USER_AGENT,
};

use self::attempt::{Mode, ReceivedBody};
use self::body::StreamingBody;
use self::call::Call;
use self::outbound_request::{BuildResult, OutboundRequest};
use self::rate_limiter::Permit;
use self::retry::{AttemptOutcome, RetryPolicy, RetryState};
use self::retry_budget::Deposit;
use self::telemetry::Span;
use self::watch::CallWatch;
use crate::clock::Deadline;
use crate::defaults::SLOWEST_UPLOAD;
use crate::error::{Error, ErrorCode, Kind};
use crate::http::response_head::ResponseHead;
use crate::observer::WaitReason;
use crate::operation::Operation;

/// The credential of a single upload, which replaces the client's.
const UPLOAD_TOKEN: HeaderName = HeaderName::from_static("x-sendmux-upload-token");

/// Sends a request, with retries, and decodes the whole response with `read`.
pub(crate) async fn send_buffered<T>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
    read: impl FnOnce(&ResponseHead, &Bytes) -> Result<T, Error>,
) -> Result<(ResponseHead, T), Error> {
    send(call, operation, request, Mode::Buffered, |head, body| match body {
        ReceivedBody::Buffered(bytes) => read(head, &bytes),
        ReceivedBody::Streaming(_) => read(head, &Bytes::new()),
    })
    .await
}

/// Sends a request, with retries, and returns the response with its body unread.
pub(crate) async fn send_streaming(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
) -> Result<(ResponseHead, Option<StreamingBody>), Error> {
    send(call, operation, request, Mode::Streaming, |_, body| match body {
        ReceivedBody::Streaming(body) => Ok(Some(body)),
        ReceivedBody::Buffered(_) => Ok(None),
    })
    .await
}

async fn send<T>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
    mode: Mode,
    read: impl FnOnce(&ResponseHead, ReceivedBody) -> Result<T, Error>,
) -> Result<(ResponseHead, T), Error> {
    let mut watch = CallWatch::new(&call.core, operation);
    let result = send_watched(call, operation, request, mode, &mut watch, read).await;
    watch.end(&result);
    result
}

async fn send_watched<'a, T>(
    call: &'a Call,
    operation: &'static Operation,
    request: BuildResult,
    mode: Mode,
    watch: &mut CallWatch<'a>,
    read: impl FnOnce(&ResponseHead, ReceivedBody) -> Result<T, Error>,
) -> Result<(ResponseHead, T), Error> {
    let prepared = request.map_err(Error::from).and_then(|mut request| {
        let key = apply_common_headers(call, operation, &mut request, mode)?;
        Ok((request, key))
    });
    let (request, key) = prepared.map_err(|error| error.with_operation(operation))?;
    let span = Span::new(operation, request.url());
    let work = async {
        let attempts = Attempts::new(call, operation, &request, key, mode, watch);
        let (head, body) = attempts.run(request).await?;
        let data = read(&head, body).map_err(Error::naming_web_pages)?;
        Ok((head, data))
    };
    let result = span.clone().enclose(work).await;
    match &result {
        Ok((head, _)) => span.succeeded(head),
        Err(error) => span.failed(error),
    }
    result
}

/// Sets the headers that every request has; returns the idempotency key if there is one.
fn apply_common_headers(
    call: &Call,
    operation: &'static Operation,
    request: &mut OutboundRequest,
    mode: Mode,
) -> Result<Option<Box<str>>, Error> {
    if let Some(message) = &call.options.rejected {
        return Err(Error::because(Kind::Request, message.as_str()));
    }
    let headers = request.headers_mut();
    headers.insert(ACCEPT_ENCODING, content_coding::accepted(mode));
    headers.insert(USER_AGENT, call.core.user_agent.clone());
    for (name, value) in &call.options.headers {
        headers.insert(name.clone(), value.clone());
    }
    if let Some(token) = headers.get_mut(&UPLOAD_TOKEN) {
        token.set_sensitive(true);
    }
    idempotency::ensure_key(operation, headers)
}

/// Returns the time an upload may take on top of the timeouts.
fn upload_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / SLOWEST_UPLOAD)
}

/// The attempts of one call.
struct Attempts<'a, 'w> {
    call: &'a Call,
    watch: &'w mut CallWatch<'a>,
    operation: &'static Operation,
    mode: Mode,
    key: Option<Box<str>>,
    policy: RetryPolicy,
    /// Whether the request may be repeated after it was sent.
    idempotent: bool,
    /// Deadline of the call on the client's clock.
    deadline: Duration,
    attempts: u32,
    /// Attempts that the server did not put off.
    counted: u32,
    /// Whether an earlier attempt may have reached the server.
    sent: bool,
    /// Whether the server may still be working on an earlier attempt.
    unanswered: bool,
}

impl<'a, 'w> Attempts<'a, 'w> {
    fn new(
        call: &'a Call,
        operation: &'static Operation,
        request: &OutboundRequest,
        key: Option<Box<str>>,
        mode: Mode,
        watch: &'w mut CallWatch<'a>,
    ) -> Self {
        let core = &call.core;
        let timeout = call
            .options
            .timeout
            .unwrap_or_else(|| core.call_timeout.saturating_add(upload_time(request.upload_len())));
        let conditional = request.headers().contains_key(IF_MATCH);
        Self {
            call,
            watch,
            operation,
            mode,
            policy: call.retry_policy(),
            idempotent: retry::is_idempotent(request.method(), key.is_some(), conditional),
            deadline: core.clock.elapsed().saturating_add(timeout),
            key,
            attempts: 0,
            counted: 0,
            sent: false,
            unanswered: false,
        }
    }

    /// Makes attempts until one succeeds or another one cannot help.
    async fn run(
        mut self,
        mut request: OutboundRequest,
    ) -> Result<(ResponseHead, ReceivedBody), Error> {
        let core = &*self.call.core;
        let mut deposit = Deposit::default();
        loop {
            let next = if self.policy.max_attempts > 1 { request.try_clone() } else { None };
            let error = match self.attempt(request).await {
                Ok((mut head, body)) => {
                    core.retry_budget.release(deposit);
                    head.attempts = self.attempts;
                    head.idempotency_key = self.key;
                    return Ok((head, body));
                }
                Err(error) => error,
            };
            let outcome = attempt::outcome(&error, core.clock.wall());
            if outcome.shows_health() {
                core.retry_budget.release(deposit);
            }
            self.counted += u32::from(!outcome.is_postponed());
            let next = next.filter(OutboundRequest::can_be_sent);
            let (Some(wait), Some(next)) = (self.wait(outcome), next) else {
                return Err(self.with_call_context(error));
            };
            if !core.retry_budget.acquire(outcome.cost()) {
                Span::budget_exhausted(outcome.reason());
                return Err(self.with_call_context(error));
            }
            let reason =
                if outcome.asks_to_wait() { WaitReason::RetryAfter } else { WaitReason::Backoff };
            Span::retrying(outcome.reason(), wait, self.attempts);
            deposit = deposit.plus(outcome.cost(), outcome.is_postponed());
            self.unanswered |= outcome.may_still_run();
            self.sent |= error.may_have_been_sent();
            let start = self.watch.now();
            core.wait(self.operation, reason, wait, self.attempts).await;
            self.watch.waited_since(start);
            request = next;
        }
    }

    async fn attempt(
        &mut self,
        mut request: OutboundRequest,
    ) -> Result<(ResponseHead, ReceivedBody), Error> {
        let core = &*self.call.core;
        let start = self.watch.now();
        let permit = self.acquire_permit().await;
        self.watch.waited_since(start);
        let permit = permit?;
        let timeout = match self.mode {
            Mode::Buffered => {
                core.attempt_timeout.saturating_add(upload_time(request.upload_len()))
            }
            // A streamed body is limited by silence alone, and so are its headers.
            Mode::Streaming => core.idle_timeout,
        };
        let mut deadline = Deadline::after(&*core.clock, timeout.min(self.time_left()));
        let authorization = attempt::authorization(core, self.operation, &mut deadline).await?;
        if let Some(value) = authorization {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.add_attempt_headers(&mut request)?;
        self.attempts += 1;
        let uploaded = self.watch.start_attempt(request.body_len());
        let request = request.into_request(uploaded);
        let (operation, watch) = (self.operation, &mut *self.watch);
        let result = attempt::send(core, operation, request, self.mode, &mut deadline, watch).await;
        self.watch.end_attempt(&result);
        self.record_rate_limit(permit, &result);
        result
    }

    /// Adds the headers of [`Builder::attempt_headers`](crate::Builder::attempt_headers). They replace
    /// none, and do not leave for servers that do not get the credential.
    fn add_attempt_headers(&self, request: &mut OutboundRequest) -> Result<(), Error> {
        let Some(add) = self.call.core.attempt_headers.as_ref().filter(|_| !self.operation.public)
        else {
            return Ok(());
        };
        let mut added = HeaderMap::new();
        add(&mut added);
        let headers = request.headers_mut();
        for name in added.keys() {
            if let Some(message) = call::reserved(name) {
                return Err(Error::because(Kind::Request, message));
            }
            if !headers.contains_key(name) {
                for value in added.get_all(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        Ok(())
    }

    /// Waits for the rate limiter. Operations without a credential have no rate limit.
    async fn acquire_permit(&self) -> Result<Option<Permit>, Error> {
        let core = &*self.call.core;
        let Some(limiter) = core.rate_limiter.as_ref().filter(|_| !self.operation.public) else {
            return Ok(None);
        };
        let delayed = |wait| {
            Span::rate_limited(wait);
            self.watch.delayed(wait);
        };
        match limiter.acquire(&*core.clock, self.time_left(), delayed).await {
            Some(permit) => Ok(Some(permit)),
            None => Err(Error::because(
                Kind::Timeout,
                "the rate limit does not allow another request before the call's deadline",
            )),
        }
    }

    /// Tells the rate limiter what a response reports about the rate limit.
    fn record_rate_limit(
        &self,
        permit: Option<Permit>,
        result: &Result<(ResponseHead, ReceivedBody), Error>,
    ) {
        let core = &*self.call.core;
        let (Some(limiter), Some(permit)) = (&core.rate_limiter, permit) else { return };
        let headers = match result {
            Ok((head, _)) => Some(&head.headers),
            Err(error) => error.headers(),
        };
        if let Some(headers) = headers {
            limiter.observe(&*core.clock, permit, headers);
        }
        if let Err(error) = result
            && error.status() == Some(StatusCode::TOO_MANY_REQUESTS)
            && error.code().is_none_or(|code| *code == ErrorCode::RateLimitExceeded)
            // A stream gets 429 for too many open streams.
            && self.mode == Mode::Buffered
            && let AttemptOutcome::Answered { wait, .. } =
                attempt::outcome(error, core.clock.wall())
        {
            limiter.rejected(&*core.clock, wait);
        }
    }

    fn wait(&self, outcome: AttemptOutcome<'_>) -> Option<Duration> {
        let state = RetryState {
            idempotent: self.idempotent,
            outcome,
            attempts: self.attempts,
            counted: self.counted,
            earlier_unanswered: self.unanswered,
            time_left: self.time_left(),
            random: self.call.core.clock.fraction(),
        };
        retry::decide(&self.policy, &state)
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.call.core.clock.elapsed())
    }

    /// Adds to an error what it means for the call as a whole.
    fn with_call_context(&self, error: Error) -> Error {
        let error = if self.sent { error.sent() } else { error };
        error
            .with_operation(self.operation)
            .with_attempts(self.attempts, self.key.as_deref())
            .after_unanswered(self.unanswered)
    }
}
