//! One attempt at a call.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;
use reqwest::{Request, StatusCode};

use crate::clock::Deadline;
use crate::defaults::MAX_ERROR_READ_BYTES;
use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::http::retry_after;
use crate::observer::CallOutcome;
use crate::operation::Operation;
use crate::transport::body::{self, StreamingBody};
use crate::transport::call::Core;
use crate::transport::cause::send_error;
use crate::transport::content_coding;
use crate::transport::retry::AttemptOutcome;
use crate::transport::watch::{BodyWatch, CallWatch};

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
    Streaming(StreamingBody),
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
    watch: &mut CallWatch<'_>,
) -> Result<(ResponseHead, ReceivedBody), Error> {
    let timed_out = || Error::new(Kind::Timeout).sent();
    let response = deadline.bound(core.endpoint.client.execute(request)).await;
    let mut response = response.ok_or_else(timed_out)?.map_err(send_error)?;
    let mut head = ResponseHead {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        attempts: 1,
        idempotency_key: None,
    };
    let is_gzip = content_coding::take_gzip(mode, &mut head);
    let coding = head.content_coding().map(|coding| {
        format!(
            "the response is {coding}-encoded, which was not requested: a proxy in between, or the \
             server, ignores `Accept-Encoding`"
        )
    });
    if !head.status.is_success() {
        let mut body = BytesMut::new();
        if head.status != StatusCode::NOT_MODIFIED {
            // The status stands even if its body is cut off or late.
            let read = body::prefix(response, MAX_ERROR_READ_BYTES, &mut body, watch);
            let _ = deadline.bound(read).await;
        }
        let mut body = body.freeze();
        if is_gzip {
            body = content_coding::decoded_prefix(&body, MAX_ERROR_READ_BYTES);
        }
        let error = Error::from_response(operation, head, body);
        return Err(match coding {
            Some(coding) if error.kind() == Kind::UnexpectedStatus => error.with_message(coding),
            _ => error,
        });
    }
    if let Some(coding) = coding {
        return Err(Error::because(Kind::Decode, coding).with_head(head).sent());
    }
    if mode == Mode::Streaming {
        let mut watch = BodyWatch::new(core, operation);
        if head.status == StatusCode::NO_CONTENT {
            watch.ended(CallOutcome::Success);
        }
        let body = StreamingBody::new(response, watch);
        return Ok((head, ReceivedBody::Streaming(body)));
    }
    let body = deadline.bound(body::whole(response, core.max_response_bytes, watch)).await;
    let body = body.unwrap_or_else(|| Err(timed_out()));
    let decoded = |body: Bytes| content_coding::decoded(&body, core.max_response_bytes);
    match if is_gzip { body.and_then(decoded) } else { body } {
        Ok(body) => Ok((head, ReceivedBody::Buffered(body))),
        Err(error) => Err(error.with_head(head)),
    }
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
