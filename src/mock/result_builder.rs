//! The results of calls, for tests of what a program does with them.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::reply::{retryable, status_code};
use crate::conditional::{Conditional, NotModified};
use crate::error::{Error, Kind};
use crate::http::etag::ETag;
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::paging::page::Page;
use crate::response::Response;
use crate::response::meta::Meta;
use crate::response::parts::ResponseParts;

/// Builds what a call results in, without a server or a call: any [`Response`], [`Page`],
/// [`Conditional`] or [`Error`].
///
/// It starts as the first attempt, answered with 200 and no headers. To test the calls as well, use a
/// [`Server`](super::Server).
///
/// # Examples
/// A response with its metadata:
/// ```
/// use sendmux_client::Response;
/// use sendmux_client::management::types::Balance;
/// use sendmux_client::mock::{ResultBuilder, Sample};
///
/// let balance: Response<Balance> =
///     ResultBuilder::new().request_id("req_1").attempts(2).response(Balance::sample());
/// assert_eq!(balance.currency, Balance::sample().currency);
/// assert_eq!((balance.parts().request_id(), balance.parts().attempts()), (Some("req_1"), 2));
/// ```
///
/// A page that others follow:
/// ```
/// use sendmux_client::Page;
/// use sendmux_client::management::types::Domain;
/// use sendmux_client::mock::{ResultBuilder, Sample};
///
/// let page: Page<Domain> = ResultBuilder::new().next_cursor("c2").page([Domain::sample()]);
/// assert_eq!((page.len(), page.next_cursor()), (1, Some("c2")));
/// ```
///
/// Errors of each kind:
/// ```
/// use std::time::Duration;
/// use sendmux_client::mock::ResultBuilder;
/// use sendmux_client::{Error, Kind};
///
/// /// Returns when a failed job should run again.
/// fn again(error: &Error) -> Option<Duration> {
///     error.is_retryable().then(|| error.retry_after().unwrap_or(Duration::from_secs(60)))
/// }
///
/// let busy = ResultBuilder::new().status(429).retry_after(Duration::from_secs(7));
/// let busy = busy.api_error("rate_limit_exceeded", "Slow down.");
/// assert_eq!(again(&busy), Some(Duration::from_secs(7)));
/// let timeout = ResultBuilder::new().failure(Kind::Timeout);
/// assert_eq!(again(&timeout), Some(Duration::from_secs(60)));
/// let gateway = ResultBuilder::new().status(502).error_body("<h1>Bad Gateway</h1>");
/// assert_eq!(again(&gateway), Some(Duration::from_secs(60)));
/// let odd = ResultBuilder::new().decode_error("data.balance", r#"{"data":{"balance":[]}}"#);
/// assert_eq!((again(&odd), odd.field()), (None, Some("data.balance")));
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until a result is taken from it"]
pub struct ResultBuilder {
    head: ResponseHead,
    meta: Map<String, Value>,
    operation: Option<&'static Operation>,
    next_cursor: Option<String>,
    cursor: Option<String>,
    may_have_been_sent: Option<bool>,
}

impl ResultBuilder {
    /// Creates a builder.
    pub fn new() -> Self {
        let head = ResponseHead {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            attempts: 1,
            idempotency_key: None,
        };
        Self {
            head,
            meta: Map::new(),
            operation: None,
            next_cursor: None,
            cursor: None,
            may_have_been_sent: None,
        }
    }

    /// Sets the status. Default: 200.
    ///
    /// # Panics
    /// If it is not a status of HTTP.
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        self.head.status = status_code(status);
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    /// If the name or the value is not valid in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => self.head.headers.append(name, value),
            _ => panic!("`{name}: {value}` is not a header of HTTP"),
        };
        self
    }

    /// Sets the request id.
    ///
    /// # Panics
    /// If it is not valid in HTTP.
    #[track_caller]
    pub fn request_id(self, id: &str) -> Self {
        self.header("x-request-id", id)
    }

    /// Sets the entity tag.
    ///
    /// # Panics
    /// If it is not valid in HTTP.
    #[track_caller]
    pub fn etag(self, etag: impl Into<ETag>) -> Self {
        let etag: ETag = etag.into();
        self.header("etag", etag.as_str())
    }

    /// Sets `Retry-After`, in whole seconds.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.header("retry-after", &wait.as_secs().to_string())
    }

    /// Sets a member of `meta`, such as `sync_state`.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(name.into(), value.into());
        self
    }

    /// Sets the number of attempts. Default: 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.head.attempts = attempts;
        self
    }

    /// Sets the `Idempotency-Key` that was sent. Default: none.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.head.idempotency_key = Some(key.into().into_boxed_str());
        self
    }

    /// Sets the cursor of the page after a [`page`](Self::page). Default: none, since it is the last one.
    pub fn next_cursor(mut self, cursor: impl Into<String>) -> Self {
        self.next_cursor = Some(cursor.into());
        self
    }

    /// Sets the operation that an error names, such as `GetBalance::operation()`. Default: none.
    pub fn operation(mut self, operation: &'static Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets the cursor of the page that an error is about: see [`Error::cursor`].
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// Sets whether the request of a [`failure`](Self::failure) may have been sent. Default: what the
    /// [`Kind`] says; true where it leaves that open.
    pub fn may_have_been_sent(mut self, sent: bool) -> Self {
        self.may_have_been_sent = Some(sent);
        self
    }

    /// Returns a response with this data.
    pub fn response<T>(self, data: T) -> Response<T> {
        Response::from_parts(data, self.parts())
    }

    /// Returns a page with these items.
    pub fn page<T>(mut self, items: impl IntoIterator<Item = T>) -> Page<T> {
        let next_cursor = self.next_cursor.take();
        Page::from_parts(items.into_iter().collect(), next_cursor, self.parts())
    }

    /// Returns "not modified", with status 304 unless another one is set.
    pub fn not_modified<T>(mut self) -> Conditional<T> {
        if self.head.status == StatusCode::OK {
            self.head.status = StatusCode::NOT_MODIFIED;
        }
        Conditional::NotModified(NotModified::new(self.parts()))
    }

    /// Returns the error of a response with the API's envelope, and this code and message. `retryable`
    /// is true for 429 and 5xx, as in the API's errors.
    pub fn api_error(self, code: &str, message: &str) -> Error {
        let retryable = retryable(self.head.status.as_u16());
        self.api_error_json(&json!({"code": code, "message": message, "retryable": retryable}))
    }

    /// Returns the error of a response with the API's envelope, and this object as its `error`: with
    /// `code`, and optionally `message`, `param`, `doc_url`, `retryable` and `errors`.
    pub fn api_error_json(self, error: &Value) -> Error {
        let body = json!({"ok": false, "error": error, "meta": self.meta}).to_string();
        self.error_body(body)
    }

    /// Returns the error of a response with this body, such as a gateway's page.
    pub fn error_body(self, body: impl Into<Bytes>) -> Error {
        let error = Error::from_head_and_body(self.head.clone(), body.into());
        self.finish(error)
    }

    /// Returns the error of a response that could not be decoded, because of the field at this path.
    pub fn decode_error(self, field: &str, body: impl Into<Bytes>) -> Error {
        let error = Error::new(Kind::Decode).with_head(self.head.clone()).with_body(body.into());
        self.finish(error.with_field(field).sent())
    }

    /// Returns an error of this kind without a response, such as [`Kind::Timeout`]. Status and headers
    /// are ignored.
    pub fn failure(self, kind: Kind) -> Error {
        let unsent = matches!(
            kind,
            Kind::Configuration
                | Kind::Credential
                | Kind::Request
                | Kind::Connect
                | Kind::Certificate
                | Kind::MissingETag
        );
        let error = Error::new(kind);
        let key = self.head.idempotency_key.as_deref();
        let error = error.with_attempts(self.head.attempts, key);
        let sent = self.may_have_been_sent.unwrap_or(!unsent);
        self.finish(if sent { error.sent() } else { error })
    }

    fn finish(self, error: Error) -> Error {
        let error = error.with_cursor(self.cursor.as_deref());
        match self.operation {
            Some(operation) => error.with_operation(operation),
            None => error,
        }
    }

    fn parts(self) -> ResponseParts {
        ResponseParts::new(self.head, Meta::from_members(self.meta))
    }
}

impl Default for ResultBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ResultBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultBuilder").field("head", &self.head).finish_non_exhaustive()
    }
}
