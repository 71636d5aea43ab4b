//! One attempt at a call.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;
use reqwest::{Request, Response, StatusCode};

use crate::answer::head::Head;
use crate::call::operation::Operation;
use crate::client::core::Core;
use crate::clock::Deadline;
use crate::defaults::MAX_ERROR_READ_BYTES;
use crate::error::{Error, Kind};
use crate::transfer::upload::Unreadable;
use crate::transport::body;
use crate::transport::retry::Outcome;
use crate::transport::retry_after;

/// How much of an answer belongs to the attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All of it.
    Whole,
    /// All but the body of a success, which is handed over unread.
    Open,
}

pub(crate) enum Body {
    Whole(Bytes),
    Open(Response),
}

/// The credential, if the operation takes one.
pub(crate) async fn credential(
    core: &Core,
    operation: &Operation,
    deadline: &mut Deadline,
) -> Result<Option<HeaderValue>, Error> {
    if operation.public {
        return Ok(None);
    }
    match deadline.bound(core.credential.header()).await {
        Some(credential) => credential.map(Some),
        None => Err(Error::because(Kind::Credential, "the credential provider did not answer")),
    }
}

/// Sends a request once.
pub(crate) async fn send(
    core: &Core,
    operation: &'static Operation,
    request: Request,
    mode: Mode,
    deadline: &mut Deadline,
) -> Result<(Head, Body), Error> {
    let late = || Error::new(Kind::Timeout).sent();
    let answer = deadline.bound(core.endpoint.client.execute(request)).await;
    let mut response = answer.ok_or_else(late)?.map_err(broken)?;
    let head = Head {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        attempts: 1,
        idempotency_key: None,
    };
    if !head.status.is_success() {
        let mut body = BytesMut::new();
        if head.status != StatusCode::NOT_MODIFIED {
            // A refusal stands even if its body does not arrive whole, or in time.
            let _ = deadline.bound(body::prefix(response, MAX_ERROR_READ_BYTES, &mut body)).await;
        }
        return Err(Error::from_answer(operation, head, &body));
    }
    if mode == Mode::Open {
        return Ok((head, Body::Open(response)));
    }
    let body = deadline.bound(body::whole(response, core.max_response_bytes)).await;
    match body.unwrap_or_else(|| Err(late())) {
        Ok(body) => Ok((head, Body::Whole(body))),
        Err(error) => Err(error.with_head(head)),
    }
}

/// The error of an attempt that got no answer.
fn broken(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(what) = Unreadable::of(&error) {
        return Error::because(Kind::Local, what).with_source(Box::new(error)).sent();
    }
    if error.is_builder() {
        return Error::new(Kind::Request).with_source(Box::new(error));
    }
    if error.is_connect() {
        return Error::new(Kind::Connect).with_source(Box::new(error));
    }
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Interrupted };
    Error::new(kind).with_source(Box::new(error)).sent()
}

/// What an attempt that failed means for the next one.
pub(crate) fn outcome(error: &Error, now: SystemTime) -> Outcome<'_> {
    match (error.kind(), error.status()) {
        (Kind::Connect, _) => Outcome::NotSent,
        (Kind::Timeout | Kind::Interrupted, _) if error.may_have_been_sent() => Outcome::Unanswered,
        (kind @ (Kind::Api | Kind::UnexpectedStatus), Some(status)) => Outcome::Answered {
            status,
            by_api: kind == Kind::Api,
            code: error.code(),
            retryable: error.retryable_flag(),
            wait: error.headers().and_then(|headers| retry_after::asked(headers, status, now)),
        },
        _ => Outcome::Final,
    }
}
