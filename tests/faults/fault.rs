//! The replies of a server that fails, and what the caller sees.

use std::time::Duration;

use sendmux_client::Kind;

use crate::clock::FakeClock;
use crate::server::Reply;

pub(crate) const OK: &str = "200 OK";
pub(crate) const TOO_MANY_REQUESTS: &str = "429 Too Many Requests";
pub(crate) const UNAVAILABLE: &str = "503 Service Unavailable";

/// Largest response body that the clients of these tests accept.
pub(crate) const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Returns a response with these header lines and this body.
pub(crate) fn response(status: &str, lines: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::new(format!(
        "HTTP/1.1 {status}\r\nX-Request-Id: req_1\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    ))
}

pub(crate) fn json(status: &str, lines: &str, body: &str) -> Reply {
    response(status, &format!("Content-Type: application/json\r\n{lines}"), body)
}

/// Returns an error in the API's envelope.
pub(crate) fn api_error(status: &str, lines: &str, code: &str, retryable: bool) -> Reply {
    let body = format!(
        r#"{{"ok":false,"error":{{"code":"{code}","message":"No.","retryable":{retryable}}},"meta":{{"request_id":"req_1"}}}}"#
    );
    json(status, lines, &body)
}

/// Returns a 503 that may be retried.
pub(crate) fn unavailable() -> Reply {
    api_error(UNAVAILABLE, "", "service_unavailable", true)
}

/// Returns a 429 with these header lines.
pub(crate) fn rate_limited(lines: &str) -> Reply {
    api_error(TOO_MANY_REQUESTS, lines, "rate_limit_exceeded", true)
}

/// Closes the connection instead of responding, in a way that discards what was on the way.
pub(crate) fn reset() -> Reply {
    Reply::new("").then_reset()
}

/// Returns the start of a response that declares a body of this length.
pub(crate) fn declared(length: usize, start: &str) -> Reply {
    Reply::new(format!(
        "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{start}"
    ))
}

/// Returns a chunked response that exceeds the size limit.
pub(crate) fn oversized_chunks() -> Reply {
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(3);
    let head = "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nTransfer-Encoding: chunked\r\n\r\n";
    Reply::new(format!("{head}{chunk}0\r\n\r\n")).then_close()
}

/// Returns an HTTP-date this many seconds after the clock's start.
pub(crate) fn http_date(seconds: u64) -> String {
    httpdate::fmt_http_date(FakeClock::start() + Duration::from_secs(seconds))
}

/// What goes wrong between the client and the API.
pub(crate) struct Fault {
    /// What the server does, given the response of a success.
    pub(crate) script: fn(Reply) -> Vec<Reply>,
    pub(crate) expected: Expected,
}

/// What the caller sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    /// Success at the first attempt.
    Success,
    /// Success at the second attempt, whatever the request, since the first connection was refused.
    Reconnected,
    /// Success at the second attempt, after at least this wait, if the request may be retried;
    /// otherwise this kind of error and status.
    Retried(Duration, Kind, Option<u16>),
    /// This error after all attempts, or after one if the request may not be retried.
    Exhausted(Kind, u16),
    /// This error after one attempt.
    Failed(Kind, u16),
}

impl Expected {
    pub(crate) const fn retried(kind: Kind, status: Option<u16>) -> Self {
        Self::Retried(Duration::ZERO, kind, status)
    }

    pub(crate) const fn rate_limited(wait: Duration) -> Self {
        Self::Retried(wait, Kind::Api, Some(429))
    }

    /// Returns what the caller of a download sees, who reads the body.
    pub(crate) fn of_download(self) -> Self {
        match self {
            // Any bytes are a file.
            Self::Failed(Kind::Decode, _) => Self::Success,
            other => other,
        }
    }
}
