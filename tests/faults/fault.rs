//! What can go wrong between the client and the API.

use std::time::Duration;

use sendmux_client::Kind;

use crate::clock::Fake;
use crate::server::Reply;

/// An answer with these header lines and this body.
pub(crate) fn answer(status: &str, lines: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::new(format!(
        "HTTP/1.1 {status}\r\nX-Request-Id: req_1\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    ))
}

pub(crate) fn json(status: &str, lines: &str, body: &str) -> Reply {
    answer(status, &format!("Content-Type: application/json\r\n{lines}"), body)
}

/// The API's error envelope.
pub(crate) fn refusal(status: &str, lines: &str, code: &str, retryable: bool) -> Reply {
    let body = format!(
        r#"{{"ok":false,"error":{{"code":"{code}","message":"No.","retryable":{retryable}}},"meta":{{"request_id":"req_1"}}}}"#
    );
    json(status, lines, &body)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Refused,
    ResetBeforeHeaders,
    ClosedBeforeHeaders,
    ResetMidBody,
    StalledHeaders,
    StalledBody,
    TruncatedJson,
    WrongContentType,
    LengthTooLarge,
    LengthTooSmall,
    HtmlOk,
    Html502,
    StalledRefusal,
    Empty200,
    LimitedSeconds,
    LimitedDecimal,
    LimitedDate,
    LimitedDateSkewed,
    LimitedReset,
    LimitedBare,
    LimitedForHours,
    DailyLimit,
    Storm503,
    OldEnvelope500,
    NotRetryable503,
    Drip,
    ClosedAfterwards,
    Oversized,
    OversizedChunked,
}

/// What a caller is to see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    /// The right answer at the first attempt.
    Answer,
    /// The right answer at the second attempt, after at least this wait, if the request may be
    /// repeated; else this kind of error and status.
    Repeat(Duration, Kind, Option<u16>),
    /// The right answer at the second attempt, whatever the request.
    Resend,
    /// This error after all attempts, or after one if the request may not be repeated.
    Exhaust(Kind, u16),
    /// This error after one attempt.
    Fail(Kind, u16),
}

pub(crate) const ALL: [Fault; 29] = [
    Fault::Refused,
    Fault::ResetBeforeHeaders,
    Fault::ClosedBeforeHeaders,
    Fault::ResetMidBody,
    Fault::StalledHeaders,
    Fault::StalledBody,
    Fault::TruncatedJson,
    Fault::WrongContentType,
    Fault::LengthTooLarge,
    Fault::LengthTooSmall,
    Fault::HtmlOk,
    Fault::Html502,
    Fault::StalledRefusal,
    Fault::Empty200,
    Fault::LimitedSeconds,
    Fault::LimitedDecimal,
    Fault::LimitedDate,
    Fault::LimitedDateSkewed,
    Fault::LimitedReset,
    Fault::LimitedBare,
    Fault::LimitedForHours,
    Fault::DailyLimit,
    Fault::Storm503,
    Fault::OldEnvelope500,
    Fault::NotRetryable503,
    Fault::Drip,
    Fault::ClosedAfterwards,
    Fault::Oversized,
    Fault::OversizedChunked,
];

/// Largest body that the clients of these tests take.
pub(crate) const LARGEST: usize = 64 * 1024;

impl Fault {
    /// What the server does, in place of the right answer, and whether that follows.
    pub(crate) fn script(self, right: &Reply) -> Vec<Reply> {
        let limited = |lines: &str| refusal(TOO_MANY, lines, "rate_limit_exceeded", true);
        let date = |seconds| httpdate::fmt_http_date(Fake::start() + Duration::from_secs(seconds));
        let html = "<html><body>Bad gateway</body></html>";
        let fault = match self {
            Self::Refused => return vec![right.clone()],
            Self::Drip => return vec![right.clone().dripping()],
            Self::ClosedAfterwards => return vec![right.clone().then_close()],
            Self::Storm503 => {
                let storm = refusal(UNAVAILABLE, "Retry-After: 1\r\n", "service_unavailable", true);
                return vec![storm; 4];
            }
            Self::ResetBeforeHeaders => Reply::new("").then_reset(),
            Self::ClosedBeforeHeaders => Reply::new("").then_close(),
            Self::ResetMidBody => announced(1000, "{\"ok\":").then_reset(),
            Self::StalledHeaders => right.clone().cut(1, 10).then_stall(),
            Self::StalledBody => announced(1000, "{\"ok\":").then_stall(),
            Self::TruncatedJson => json(OK, "", r#"{"ok":true,"data":{"#),
            Self::WrongContentType => return vec![right.relabelled("text/html")],
            Self::LengthTooLarge => announced(1000, "{\"ok\":").then_close(),
            Self::LengthTooSmall => announced(3, r#"{"ok":true}"#).then_close(),
            Self::HtmlOk => answer(OK, "Content-Type: text/html\r\n", html),
            Self::Html502 => answer("502 Bad Gateway", "Content-Type: text/html\r\n", html),
            Self::StalledRefusal => {
                refusal(UNAVAILABLE, "", "service_unavailable", true).cut(9, 10).then_stall()
            }
            Self::Empty200 => json(OK, "", ""),
            Self::LimitedSeconds => limited("Retry-After: 7\r\n"),
            Self::LimitedDecimal => limited("Retry-After: 1.5\r\n"),
            Self::LimitedDate => limited(&format!("Retry-After: {}\r\n", date(9))),
            Self::LimitedDateSkewed => {
                limited(&format!("Date: {}\r\nRetry-After: {}\r\n", date(5000), date(5009)))
            }
            Self::LimitedReset => limited("X-RateLimit-Reset: 1700000011\r\n"),
            Self::LimitedBare => limited(""),
            Self::LimitedForHours => limited("Retry-After: 7200\r\n"),
            Self::DailyLimit => refusal(TOO_MANY, "", "daily_limit_exceeded", true),
            Self::OldEnvelope500 => json(
                "500 Internal Server Error",
                "",
                r#"{"ok":false,"error":{"code":"internal_error","message":"No."}}"#,
            ),
            Self::NotRetryable503 => refusal(UNAVAILABLE, "", "service_unavailable", false),
            Self::Oversized => announced(LARGEST + 1, "{\"ok\":").then_close(),
            Self::OversizedChunked => {
                let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
                let head = format!("HTTP/1.1 {OK}\r\nX-Request-Id: req_1\r\n");
                Reply::new(format!(
                    "{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
                    chunk.repeat(3)
                ))
                .then_close()
            }
        };
        vec![fault, right.clone()]
    }

    pub(crate) fn expected(self) -> Expected {
        let limited = |wait| Expected::Repeat(wait, Kind::Api, Some(429));
        let second = Duration::from_secs(1);
        let soon = Duration::ZERO;
        match self {
            Self::Drip | Self::WrongContentType | Self::ClosedAfterwards => Expected::Answer,
            Self::Refused => Expected::Resend,
            Self::ResetBeforeHeaders | Self::ClosedBeforeHeaders => {
                Expected::Repeat(soon, Kind::Connection, None)
            }
            Self::StalledHeaders => Expected::Repeat(soon, Kind::Timeout, None),
            Self::ResetMidBody | Self::LengthTooLarge => {
                Expected::Repeat(soon, Kind::Connection, Some(200))
            }
            Self::StalledBody => Expected::Repeat(soon, Kind::Timeout, Some(200)),
            Self::Html502 => Expected::Repeat(soon, Kind::UnexpectedStatus, Some(502)),
            Self::StalledRefusal => Expected::Repeat(soon, Kind::UnexpectedStatus, Some(503)),
            Self::OldEnvelope500 => Expected::Repeat(soon, Kind::Api, Some(500)),
            Self::LimitedSeconds => limited(7 * second),
            Self::LimitedDecimal => limited(second * 3 / 2),
            Self::LimitedDate | Self::LimitedDateSkewed => limited(9 * second),
            Self::LimitedReset => limited(11 * second),
            Self::LimitedBare => limited(soon),
            Self::Storm503 => Expected::Exhaust(Kind::Api, 503),
            Self::LimitedForHours | Self::DailyLimit => Expected::Fail(Kind::Api, 429),
            Self::NotRetryable503 => Expected::Fail(Kind::Api, 503),
            Self::TruncatedJson | Self::LengthTooSmall | Self::HtmlOk | Self::Empty200 => {
                Expected::Fail(Kind::Decode, 200)
            }
            Self::Oversized | Self::OversizedChunked => Expected::Fail(Kind::TooLarge, 200),
        }
    }

    /// The same for a caller who takes the body as it comes, and once the answer has begun has to
    /// call again himself.
    pub(crate) fn expected_of_download(self) -> Expected {
        match self.expected() {
            Expected::Repeat(_, kind, Some(200)) => Expected::Fail(kind, 200),
            // Bytes are bytes.
            Expected::Fail(Kind::Decode, _) => Expected::Answer,
            other => other,
        }
    }
}

const OK: &str = "200 OK";
const TOO_MANY: &str = "429 Too Many Requests";
const UNAVAILABLE: &str = "503 Service Unavailable";

/// The start of an answer with a body of this length.
fn announced(length: usize, start: &str) -> Reply {
    Reply::new(format!(
        "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{start}"
    ))
}
