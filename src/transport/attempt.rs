//! One attempt at a call.

use std::error::Error as StdError;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;
use reqwest::{Request, Response, StatusCode};

use crate::clock::Deadline;
use crate::defaults::MAX_ERROR_READ_BYTES;
use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::http::retry_after;
use crate::operation::Operation;
use crate::transport::body;
use crate::transport::call::Core;
use crate::transport::retry::AttemptOutcome;
use crate::upload::UploadBodyError;

/// How much of a success response an attempt covers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The whole response.
    Buffered,
    /// Everything but the body, which is returned unread.
    Streaming,
}

pub(super) enum ReceivedBody {
    Buffered(Bytes),
    Streaming(Response),
}

/// Returns the `Authorization` header, if the operation takes a credential.
pub(super) async fn authorization(
    core: &Core,
    operation: &Operation,
    deadline: &mut Deadline,
) -> Result<Option<HeaderValue>, Error> {
    if operation.public {
        return Ok(None);
    }
    match deadline.bound(core.credential.header()).await {
        Some(header) => header.map(Some),
        None => Err(Error::because(Kind::Credential, "the credential provider timed out")),
    }
}

/// Sends a request once.
pub(super) async fn send(
    core: &Core,
    operation: &'static Operation,
    request: Request,
    mode: Mode,
    deadline: &mut Deadline,
) -> Result<(ResponseHead, ReceivedBody), Error> {
    let timed_out = || Error::new(Kind::Timeout).sent();
    let response = deadline.bound(core.endpoint.client.execute(request)).await;
    let mut response = response.ok_or_else(timed_out)?.map_err(send_error)?;
    let head = ResponseHead {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        attempts: 1,
        idempotency_key: None,
    };
    if !head.status.is_success() {
        let mut body = BytesMut::new();
        if head.status != StatusCode::NOT_MODIFIED {
            // The status stands even if its body is cut off or late.
            let _ = deadline.bound(body::prefix(response, MAX_ERROR_READ_BYTES, &mut body)).await;
        }
        return Err(Error::from_response(operation, head, &body));
    }
    if mode == Mode::Streaming {
        return Ok((head, ReceivedBody::Streaming(response)));
    }
    let body = deadline.bound(body::whole(response, core.max_response_bytes)).await;
    match body.unwrap_or_else(|| Err(timed_out())) {
        Ok(body) => Ok((head, ReceivedBody::Buffered(body))),
        Err(error) => Err(error.with_head(head)),
    }
}

/// Builds the error of an attempt that received no response.
fn send_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(message) = UploadBodyError::message_in(&error) {
        return Error::because(Kind::Body, message).with_source(Box::new(error)).sent();
    }
    if error.is_builder() {
        return Error::new(Kind::Request).with_source(Box::new(error));
    }
    if error.is_connect() {
        return Error::new(Kind::Connect).with_source(Box::new(error));
    }
    if is_unprocessed(&error) {
        let message = "the server closed the connection before it processed the request";
        return Error::because(Kind::Connection, message).with_source(Box::new(error));
    }
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Connection };
    Error::new(kind).with_source(Box::new(error)).sent()
}

/// Returns true if the server certainly did not process the request: it was still queued when the
/// connection closed, or the server refused its stream, or named an earlier stream as the last one
/// before it shut down (RFC 9113, section 8.7). Earlier streams fail with another error.
fn is_unprocessed(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        #[cfg(feature = "http2")]
        if let Some(cause) = cause.downcast_ref::<h2::Error>() {
            return cause.is_remote()
                && match cause.reason() {
                    Some(h2::Reason::NO_ERROR) => cause.is_go_away(),
                    Some(h2::Reason::REFUSED_STREAM) => cause.is_reset(),
                    _ => false,
                };
        }
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
    })
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Classifies a failed attempt for the retry decision.
pub(super) fn outcome(error: &Error, now: SystemTime) -> AttemptOutcome<'_> {
    match (error.kind(), error.status()) {
        (Kind::Connect, _) => AttemptOutcome::NotSent,
        (Kind::Connection, _) if !error.may_have_been_sent() => AttemptOutcome::Unprocessed,
        (Kind::Timeout | Kind::Connection, _) if error.may_have_been_sent() => {
            AttemptOutcome::Unanswered
        }
        (kind @ (Kind::Api | Kind::UnexpectedStatus), Some(status)) => AttemptOutcome::Answered {
            status,
            by_api: kind == Kind::Api,
            code: error.code(),
            retryable: error.retryable_flag(),
            wait: error.headers().and_then(|headers| retry_after::asked(headers, status, now)),
        },
        _ => AttemptOutcome::Final,
    }
}
