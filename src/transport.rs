//! The one place where a request leaves the process.

use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, IF_MATCH, USER_AGENT};
use reqwest::{Request, StatusCode};

use crate::call::{BuildError, Call};
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
    let request = request.map_err(Error::from);
    let mut request = request.map_err(|error| error.with_operation(operation))?;
    let key =
        dress(call, operation, &mut request).map_err(|error| error.with_operation(operation))?;
    let policy = call.options.retry.unwrap_or(call.core.retry);
    let limit = call.options.timeout.unwrap_or(call.core.call_timeout);
    let conditional = request.headers().contains_key(IF_MATCH);
    let repeatable = retry::is_repeatable(request.method(), key.is_some(), conditional);
    let started = Instant::now();
    let mut unanswered = false;
    let mut next = Some(request);
    let mut attempts = 0;
    loop {
        let Some(mut request) = next.take() else {
            return Err(Error::new(Kind::Request).with_operation(operation));
        };
        next = request.try_clone();
        if !operation.public {
            let credential = call.core.credential.header().await;
            let credential = credential.map_err(|error| error.with_operation(operation))?;
            request.headers_mut().insert(AUTHORIZATION, credential);
        }
        attempts += 1;
        let time_left = limit.saturating_sub(started.elapsed());
        let attempt = attempt(call, operation, request, mode, time_left);
        let error = match attempt.await {
            Ok((mut head, body)) => {
                head.attempts = attempts;
                head.idempotency_key = key;
                return Ok((head, body));
            }
            Err(error) => error.with_attempts(attempts, key.as_deref()),
        };
        let error = error.with_operation(operation).after_silence(unanswered);
        let facts = Facts {
            repeatable,
            outcome: outcome(&error),
            attempts,
            earlier_unanswered: unanswered,
            time_left: limit.saturating_sub(started.elapsed()),
            random: crate::random::fraction(),
        };
        unanswered |= matches!(facts.outcome, Outcome::Unanswered);
        match retry::decide(&policy, &facts) {
            Some(wait) if next.is_some() => tokio::time::sleep(wait).await,
            _ => return Err(error),
        }
    }
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

async fn attempt(
    call: &Call,
    operation: &'static Operation,
    request: Request,
    mode: Mode,
    time_left: Duration,
) -> Result<(Head, Body), Error> {
    let limit = call.core.attempt_timeout.min(time_left);
    match mode {
        Mode::Whole => {
            let exchange = send(call, operation, request, mode);
            let timed = tokio::time::timeout(limit, exchange).await;
            timed.unwrap_or_else(|_| Err(Error::new(Kind::Timeout).sent()))
        }
        // The body has no time limit but silence, which the HTTP client watches.
        Mode::Open => send(call, operation, request, mode).await,
    }
}

async fn send(
    call: &Call,
    operation: &'static Operation,
    request: Request,
    mode: Mode,
) -> Result<(Head, Body), Error> {
    let mut response = call.core.endpoint.client.execute(request).await.map_err(broken)?;
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
                let length = response.content_length();
                let body = read(response, call.core.max_response_bytes, length).await;
                let body =
                    body.map_err(|error| error.with_operation(operation).with_head(head.clone()))?;
                Ok((head, Body::Whole(body)))
            }
        };
    }
    if head.status == StatusCode::NOT_MODIFIED {
        return Err(Error::from_answer(operation, head, b""));
    }
    // A refusal stands even if its body does not arrive whole.
    let length = response.content_length();
    let body = read(response, MAX_ERROR_READ_BYTES, length).await.unwrap_or_default();
    Err(Error::from_answer(operation, head, &body))
}

/// Reads a body up to a limit.
async fn read(
    mut response: reqwest::Response,
    limit: usize,
    announced: Option<u64>,
) -> Result<Bytes, Error> {
    let announced = announced.and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let Some(first) = response.chunk().await.map_err(cut_off)? else {
        return Ok(Bytes::new());
    };
    let Some(second) = response.chunk().await.map_err(cut_off)? else {
        return within(first, limit);
    };
    let mut body = BytesMut::with_capacity(announced.unwrap_or(first.len() + second.len()));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while let Some(chunk) = response.chunk().await.map_err(cut_off)? {
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    within(body.freeze(), limit)
}

fn within(body: Bytes, limit: usize) -> Result<Bytes, Error> {
    if body.len() > limit { Err(too_large(limit)) } else { Ok(body) }
}

fn too_large(limit: usize) -> Error {
    Error::because(Kind::TooLarge, format!("the answer is larger than {limit} bytes")).sent()
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

/// The error of an answer that broke off.
pub(crate) fn cut_off(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Interrupted };
    Error::new(kind).with_source(Box::new(error.without_url())).sent()
}

fn outcome(error: &Error) -> Outcome<'_> {
    match (error.kind(), error.status()) {
        (Kind::Connect, _) => Outcome::NotSent,
        (Kind::Timeout | Kind::Interrupted, _) => Outcome::Unanswered,
        (Kind::Api | Kind::UnexpectedStatus, Some(status)) => Outcome::Answered {
            status,
            code: error.code(),
            retryable: error.retryable_flag(),
            wait: error
                .headers()
                .and_then(|headers| retry_after::from_headers(headers, SystemTime::now())),
        },
        // Nothing that an attempt ends with otherwise gets better by repeating it.
        (_, status) => Outcome::Answered {
            status: status.unwrap_or(StatusCode::BAD_REQUEST),
            code: None,
            retryable: Some(false),
            wait: None,
        },
    }
}
