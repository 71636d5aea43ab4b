//! The one place where a request leaves the process.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderValue, IF_MATCH, USER_AGENT};
use reqwest::{Request, StatusCode};

use crate::body;
use crate::call::{BuildError, Call};
use crate::clock::Deadline;
use crate::defaults::MAX_ERROR_READ_BYTES;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::idempotency;
use crate::operation::Operation;
use crate::retry::{self, Facts, Outcome};
use crate::retry_after;

/// Sends a request, as often as it takes, and reads the whole answer.
pub(crate) async fn exchange(
    call: &Call,
    operation: &'static Operation,
    request: Result<Request, BuildError>,
) -> Result<(Head, Bytes), Error> {
    let (head, body) = run(call, operation, request, Mode::Whole).await?;
    match body {
        Body::Whole(bytes) => Ok((head, bytes)),
        Body::Open(_) => Ok((head, Bytes::new())),
    }
}

/// Sends a request, as often as it takes, and hands over the answer with its body unread.
pub(crate) async fn open(
    call: &Call,
    operation: &'static Operation,
    request: Result<Request, BuildError>,
) -> Result<(Head, Option<reqwest::Response>), Error> {
    let (head, body) = run(call, operation, request, Mode::Open).await?;
    match body {
        Body::Open(response) => Ok((head, Some(response))),
        Body::Whole(_) => Ok((head, None)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Whole,
    Open,
}

enum Body {
    Whole(Bytes),
    Open(reqwest::Response),
}

async fn run(
    call: &Call,
    operation: &'static Operation,
    request: Result<Request, BuildError>,
    mode: Mode,
) -> Result<(Head, Body), Error> {
    let prepared = request.map_err(Error::from).and_then(|mut request| {
        let key = dress(call, operation, &mut request)?;
        Ok((request, key))
    });
    let (request, key) = prepared.map_err(|error| error.with_operation(operation))?;
    repeat(call, operation, request, key, mode).await
}

/// Adds what every request has; returns the idempotency key if there is one.
fn dress(
    call: &Call,
    operation: &'static Operation,
    request: &mut Request,
) -> Result<Option<Box<str>>, Error> {
    if let Some(name) = &call.options.refused_header {
        let what = format!("the header `{name}` has a character that HTTP forbids");
        return Err(Error::because(Kind::Request, what));
    }
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, call.core.user_agent.clone());
    for (name, value) in &call.options.headers {
        headers.insert(name.clone(), value.clone());
    }
    idempotency::settle(operation, headers)
}

/// Makes attempts until one succeeds or another one is of no use.
async fn repeat(
    call: &Call,
    operation: &'static Operation,
    mut request: Request,
    key: Option<Box<str>>,
    mode: Mode,
) -> Result<(Head, Body), Error> {
    let core = &*call.core;
    let clock = &*core.clock;
    let policy = call.options.retry.unwrap_or(core.retry);
    let end = clock.elapsed().saturating_add(call.options.timeout.unwrap_or(core.call_timeout));
    let conditional = request.headers().contains_key(IF_MATCH);
    let repeatable = retry::is_repeatable(request.method(), key.is_some(), conditional);
    let attempt_limit = match mode {
        Mode::Whole => core.attempt_timeout,
        Mode::Open => core.idle_timeout,
    };
    let mut attempts = 0;
    let mut unanswered = false;
    let mut paid = None;
    loop {
        let time_left = end.saturating_sub(clock.elapsed());
        let mut deadline = Deadline::after(clock, attempt_limit.min(time_left));
        let place = |error: Error, attempts| {
            error
                .with_operation(operation)
                .with_attempts(attempts, key.as_deref())
                .after_silence(unanswered)
        };
        let credential = credential(call, operation, &mut deadline).await;
        let credential = credential.map_err(|error| place(error, attempts))?;
        // Cloned before the credential comes in: the next attempt asks for one of its own.
        let next = if attempts + 1 < policy.max_attempts { request.try_clone() } else { None };
        if let Some(credential) = credential {
            request.headers_mut().insert(AUTHORIZATION, credential);
        }
        attempts += 1;
        let error = match attempt(call, operation, request, mode, &mut deadline).await {
            Ok((mut head, body)) => {
                core.budget.refund(paid);
                head.attempts = attempts;
                head.idempotency_key = key;
                return Ok((head, body));
            }
            Err(error) => place(error, attempts),
        };
        drop(deadline);
        let facts = Facts {
            repeatable,
            outcome: outcome(&error, clock.wall()),
            attempts,
            earlier_unanswered: unanswered,
            time_left: end.saturating_sub(clock.elapsed()),
            random: clock.fraction(),
        };
        let decided = retry::decide(&policy, &facts);
        let (Some(wait), Some(again)) = (decided, next) else {
            if facts.outcome.shows_health() {
                core.budget.refund(paid);
            }
            return Err(error);
        };
        let cost = facts.outcome.cost();
        if !core.budget.take(cost) {
            return Err(error);
        }
        paid = Some(cost);
        unanswered |= facts.outcome.may_still_run();
        clock.sleep(wait).await;
        request = again;
    }
}

async fn credential(
    call: &Call,
    operation: &Operation,
    deadline: &mut Deadline,
) -> Result<Option<HeaderValue>, Error> {
    if operation.public {
        return Ok(None);
    }
    match deadline.bound(call.core.credential.header()).await {
        Some(credential) => credential.map(Some),
        None => {
            Err(Error::because(Kind::Credential, "the credential provider took longer than a call"))
        }
    }
}

/// Sends the request once.
async fn attempt(
    call: &Call,
    operation: &'static Operation,
    request: Request,
    mode: Mode,
    deadline: &mut Deadline,
) -> Result<(Head, Body), Error> {
    let late = || Error::new(Kind::Timeout).sent();
    let answer = deadline.bound(call.core.endpoint.client.execute(request)).await;
    let mut response = answer.ok_or_else(late)?.map_err(broken)?;
    let head = Head {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        attempts: 1,
        idempotency_key: None,
    };
    if head.status.is_success() {
        return match mode {
            Mode::Open => Ok((head, Body::Open(response))),
            Mode::Whole => {
                let body = body::whole(response, call.core.max_response_bytes);
                match deadline.bound(body).await.unwrap_or_else(|| Err(late())) {
                    Ok(body) => Ok((head, Body::Whole(body))),
                    Err(error) => Err(error.with_head(head)),
                }
            }
        };
    }
    let mut body = BytesMut::new();
    if head.status != StatusCode::NOT_MODIFIED {
        let _ = deadline.bound(body::prefix(response, MAX_ERROR_READ_BYTES, &mut body)).await;
    }
    Err(Error::from_answer(operation, head, &body))
}

/// The error of an attempt that got no answer.
fn broken(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_builder() {
        return Error::new(Kind::Request).with_source(Box::new(error));
    }
    if error.is_connect() {
        return Error::new(Kind::Connect).with_source(Box::new(error));
    }
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Interrupted };
    Error::new(kind).with_source(Box::new(error)).sent()
}

fn outcome(error: &Error, now: SystemTime) -> Outcome<'_> {
    match (error.kind(), error.status()) {
        (Kind::Connect, _) => Outcome::NotSent,
        (Kind::Timeout | Kind::Interrupted, _) => Outcome::Unanswered,
        (kind @ (Kind::Api | Kind::UnexpectedStatus), Some(status)) => Outcome::Answered {
            status,
            by_api: kind == Kind::Api,
            code: error.code(),
            retryable: error.retryable_flag(),
            wait: error.headers().and_then(|headers| retry_after::asked(headers, status, now)),
        },
        // Nothing that an attempt ends with otherwise gets better by repeating it.
        _ => Outcome::Final,
    }
}
