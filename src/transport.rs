//! The one place where a request leaves the process.

mod attempt;
pub(crate) mod body;
pub(crate) mod budget;
mod idempotency;
pub(crate) mod pacer;
pub(crate) mod retry;
pub(crate) mod retry_after;
mod telemetry;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderName, IF_MATCH, USER_AGENT};
use reqwest::{Response, StatusCode};

use self::attempt::{Body, Mode};
use self::pacer::Ticket;
use self::retry::{Facts, Outcome, RetryPolicy};
use self::telemetry::Span;
use crate::answer::head::Head;
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::{Built, Outgoing};
use crate::clock::Deadline;
use crate::defaults::SLOWEST_UPLOAD;
use crate::error::{Error, ErrorCode, Kind};

/// The credential of one upload, in place of the client's.
const UPLOAD_TOKEN: HeaderName = HeaderName::from_static("x-sendmux-upload-token");

/// Sends a request, as often as it takes, and makes something of the whole answer.
pub(crate) async fn exchange<T>(
    call: &Call,
    operation: &'static Operation,
    request: Built,
    read: impl FnOnce(&Head, &Bytes) -> Result<T, Error>,
) -> Result<(Head, T), Error> {
    run(call, operation, request, Mode::Whole, |head, body| match body {
        Body::Whole(bytes) => read(head, &bytes),
        Body::Open(_) => read(head, &Bytes::new()),
    })
    .await
}

/// Sends a request, as often as it takes, and hands over the answer with its body unread.
pub(crate) async fn open(
    call: &Call,
    operation: &'static Operation,
    request: Built,
) -> Result<(Head, Option<Response>), Error> {
    run(call, operation, request, Mode::Open, |_, body| match body {
        Body::Open(response) => Ok(Some(response)),
        Body::Whole(_) => Ok(None),
    })
    .await
}

async fn run<T>(
    call: &Call,
    operation: &'static Operation,
    request: Built,
    mode: Mode,
    read: impl FnOnce(&Head, Body) -> Result<T, Error>,
) -> Result<(Head, T), Error> {
    let prepared = request.map_err(Error::from).and_then(|mut request| {
        let key = dress(call, operation, &mut request)?;
        Ok((request, key))
    });
    let (request, key) = prepared.map_err(|error| error.with_operation(operation))?;
    let span = Span::new(operation, request.url());
    let work = async {
        let (head, body) = Attempts::new(call, operation, &request, key, mode).run(request).await?;
        let answer = read(&head, body)?;
        Ok((head, answer))
    };
    let result = span.clone().enclose(work).await;
    match &result {
        Ok((head, _)) => span.answered(head),
        Err(error) => span.failed(error),
    }
    result
}

/// Adds what every request has; returns the idempotency key if there is one.
fn dress(
    call: &Call,
    operation: &'static Operation,
    request: &mut Outgoing,
) -> Result<Option<Box<str>>, Error> {
    if let Some(what) = &call.options.refused {
        return Err(Error::because(Kind::Request, what.as_str()));
    }
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, call.core.user_agent.clone());
    for (name, value) in &call.options.headers {
        headers.insert(name.clone(), value.clone());
    }
    if let Some(token) = headers.get_mut(&UPLOAD_TOKEN) {
        token.set_sensitive(true);
    }
    idempotency::settle(operation, headers)
}

/// What an upload may take on top of the time limits.
fn upload_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / SLOWEST_UPLOAD)
}

/// The attempts of one call.
struct Attempts<'a> {
    call: &'a Call,
    operation: &'static Operation,
    mode: Mode,
    key: Option<Box<str>>,
    policy: RetryPolicy,
    /// Whether the request may be repeated once it was sent.
    repeatable: bool,
    /// When the whole call has to be over, by the clock.
    end: Duration,
    made: u32,
    /// Whether one that was made may have reached the server.
    sent: bool,
    /// Whether one that was made may still be at work on the server.
    unanswered: bool,
}

impl<'a> Attempts<'a> {
    fn new(
        call: &'a Call,
        operation: &'static Operation,
        request: &Outgoing,
        key: Option<Box<str>>,
        mode: Mode,
    ) -> Self {
        let core = &call.core;
        let limit = call
            .options
            .timeout
            .unwrap_or_else(|| core.call_timeout.saturating_add(upload_time(request.upload_len())));
        let conditional = request.headers().contains_key(IF_MATCH);
        Self {
            call,
            operation,
            mode,
            policy: call.options.retry.unwrap_or(core.retry),
            repeatable: retry::is_repeatable(request.method(), key.is_some(), conditional),
            end: core.clock.elapsed().saturating_add(limit),
            key,
            made: 0,
            sent: false,
            unanswered: false,
        }
    }

    /// Makes attempts until one succeeds or another one is of no use.
    async fn run(mut self, mut request: Outgoing) -> Result<(Head, Body), Error> {
        let core = &*self.call.core;
        let mut paid = None;
        loop {
            let next =
                if self.made + 1 < self.policy.max_attempts { request.again() } else { None };
            let error = match self.attempt(request).await {
                Ok((mut head, body)) => {
                    core.budget.refund(paid);
                    head.attempts = self.made;
                    head.idempotency_key = self.key;
                    return Ok((head, body));
                }
                Err(error) => error,
            };
            let outcome = attempt::outcome(&error, core.clock.wall());
            if outcome.shows_health() {
                core.budget.refund(paid);
            }
            let next = next.filter(Outgoing::can_be_sent);
            let (Some(wait), Some(again)) = (self.wait(outcome), next) else {
                return Err(self.place(error));
            };
            if !core.budget.take(outcome.cost()) {
                Span::out_of_budget(outcome.reason());
                return Err(self.place(error));
            }
            Span::repeat(outcome.reason(), wait, self.made);
            paid = Some(outcome.cost());
            self.unanswered |= outcome.may_still_run();
            self.sent |= error.may_have_been_sent();
            core.clock.sleep(wait).await;
            request = again;
        }
    }

    async fn attempt(&mut self, mut request: Outgoing) -> Result<(Head, Body), Error> {
        let core = &*self.call.core;
        let ticket = self.admit().await?;
        let limit = match self.mode {
            Mode::Whole => core.attempt_timeout.saturating_add(upload_time(request.upload_len())),
            // The body has no time limit but silence, nor have the headers.
            Mode::Open => core.idle_timeout,
        };
        let mut deadline = Deadline::after(&*core.clock, limit.min(self.time_left()));
        if let Some(value) = attempt::credential(core, self.operation, &mut deadline).await? {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.made += 1;
        let request = request.into_request();
        let result = attempt::send(core, self.operation, request, self.mode, &mut deadline).await;
        self.learn(ticket, &result);
        result
    }

    /// Waits for the pacer. Operations without a credential have no limit to keep.
    async fn admit(&self) -> Result<Option<Ticket>, Error> {
        let core = &*self.call.core;
        let Some(pacer) = core.pacer.as_ref().filter(|_| !self.operation.public) else {
            return Ok(None);
        };
        match pacer.admit(&*core.clock, self.time_left(), Span::held).await {
            Some(ticket) => Ok(Some(ticket)),
            None => Err(Error::because(
                Kind::Timeout,
                "the rate limit leaves no room before the call's time limit",
            )),
        }
    }

    /// Tells the pacer what an answer says of the rate limit.
    fn learn(&self, ticket: Option<Ticket>, result: &Result<(Head, Body), Error>) {
        let core = &*self.call.core;
        let (Some(pacer), Some(ticket)) = (&core.pacer, ticket) else { return };
        let headers = match result {
            Ok((head, _)) => Some(&head.headers),
            Err(error) => error.headers(),
        };
        if let Some(headers) = headers {
            pacer.observe(&*core.clock, ticket, headers);
        }
        if let Err(error) = result
            && error.status() == Some(StatusCode::TOO_MANY_REQUESTS)
            && error.code().is_none_or(|code| *code == ErrorCode::RateLimitExceeded)
            // There it is the number of open streams that is limited.
            && self.mode == Mode::Whole
            && let Outcome::Answered { wait, .. } = attempt::outcome(error, core.clock.wall())
        {
            pacer.refused(&*core.clock, wait);
        }
    }

    fn wait(&self, outcome: Outcome<'_>) -> Option<Duration> {
        let facts = Facts {
            repeatable: self.repeatable,
            outcome,
            attempts: self.made,
            earlier_unanswered: self.unanswered,
            time_left: self.time_left(),
            random: self.call.core.clock.fraction(),
        };
        retry::decide(&self.policy, &facts)
    }

    fn time_left(&self) -> Duration {
        self.end.saturating_sub(self.call.core.clock.elapsed())
    }

    /// Says on an error what it means for the call.
    fn place(&self, error: Error) -> Error {
        let error = if self.sent { error.sent() } else { error };
        error
            .with_operation(self.operation)
            .with_attempts(self.made, self.key.as_deref())
            .after_silence(self.unanswered)
    }
}
