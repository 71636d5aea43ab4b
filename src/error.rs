//! What can go wrong.

mod api;
mod code;
mod display;
mod kind;

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

pub(crate) use api::ApiError;
pub use api::Issue;
pub use code::ErrorCode;
pub use kind::Kind;

use crate::answer::head::Head;
use crate::call::operation::Operation;
use crate::defaults::MAX_ERROR_BODY_BYTES;
use crate::transport::retry_after;
use crate::{ETag, RateLimit};

type Source = Box<dyn StdError + Send + Sync>;

/// Why a call failed.
///
/// Ask it questions: [`kind`](Self::kind) for the phase in which it failed, [`code`](Self::code)
/// and [`status`](Self::status) for what the API said, the `is_…` methods for what a program most
/// often wants to know. `Display` is one line, without body, query or credential;
/// [`source`](StdError::source) has the rest.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// match client.get_domain("mdom_1").await {
///     Ok(domain) => println!("{}", domain.domain),
///     Err(error) if error.is_not_found() => println!("no such domain"),
///     Err(error) if error.is_permission_denied() => {
///         println!("the key lacks {:?}", error.missing_permissions());
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    /// Whether the request may have reached the server.
    sent: bool,
    operation: Option<&'static Operation>,
    head: Option<Head>,
    api: Option<ApiError>,
    body: Box<str>,
    what: Option<Box<str>>,
    field: Option<Box<str>>,
    cursor: Option<Box<str>>,
    attempts: u32,
    earlier_unanswered: bool,
    idempotency_key: Option<Box<str>>,
    source: Option<Source>,
}

/// What the error was made of, in the order it came to be known.
impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            sent: false,
            operation: None,
            head: None,
            api: None,
            body: Box::default(),
            what: None,
            field: None,
            cursor: None,
            attempts: 0,
            earlier_unanswered: false,
            idempotency_key: None,
            source: None,
        }))
    }

    pub(crate) fn because(kind: Kind, what: impl Into<String>) -> Self {
        Self::new(kind).with_what(what)
    }

    /// The error that an answer without success is.
    pub(crate) fn from_answer(operation: &'static Operation, head: Head, body: &[u8]) -> Self {
        let kind =
            if head.status == StatusCode::NOT_MODIFIED { Kind::NotModified } else { Kind::Api };
        let api = ApiError::decode(body);
        let kind = if api.is_none() && kind == Kind::Api { Kind::UnexpectedStatus } else { kind };
        let mut error =
            Self::new(kind).with_operation(operation).with_body(body).with_head(head).sent();
        error.0.api = api;
        error
    }

    pub(crate) fn with_what(mut self, what: impl Into<String>) -> Self {
        self.0.what = Some(what.into().into_boxed_str());
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_head(mut self, head: Head) -> Self {
        self.0.attempts = head.attempts;
        self.0.idempotency_key.clone_from(&head.idempotency_key);
        self.0.head = Some(head);
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        let end = body.len().min(MAX_ERROR_BODY_BYTES);
        self.0.body = String::from_utf8_lossy(&body[..end]).into();
        self
    }

    pub(crate) fn with_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into().into_boxed_str());
        self
    }

    pub(crate) fn with_cursor(mut self, cursor: Option<&str>) -> Self {
        self.0.cursor = cursor.map(Into::into);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, key: Option<&str>) -> Self {
        self.0.attempts = attempts;
        self.0.idempotency_key = key.map(Into::into);
        self
    }

    pub(crate) fn with_source(mut self, source: Source) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Remembers that an earlier attempt of the same call may have reached the server.
    pub(crate) fn after_silence(mut self, unanswered: bool) -> Self {
        self.0.earlier_unanswered = unanswered;
        self
    }

    /// What came along with a 304, or the error again.
    pub(crate) fn into_not_modified(mut self) -> Result<Head, Self> {
        match self.0.head.take() {
            Some(head) if self.0.kind == Kind::NotModified => Ok(head),
            head => {
                self.0.head = head;
                Err(self)
            }
        }
    }

    /// The body's own word on whether the call may be repeated.
    pub(crate) fn retryable_flag(&self) -> Option<bool> {
        self.0.api.as_ref()?.retryable
    }

    pub(crate) fn sent(mut self) -> Self {
        self.0.sent = true;
        self
    }
}

/// What the error says.
impl Error {
    /// The phase in which the call failed.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// True if the server may have received the request, and so may have acted on it.
    pub fn may_have_been_sent(&self) -> bool {
        self.0.sent
    }

    /// The operation that was called, if it came to that.
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.head.as_ref().map(|head| head.status)
    }

    /// Headers of the answer, if there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.head.as_ref().map(|head| &head.headers)
    }

    /// The API's name for what went wrong: the thing to branch on.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.api.as_ref().map(|api| &api.code)
    }

    /// The API's explanation, for people; the wording may change.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref().map(|api| api.message.as_str())
    }

    /// The parameter or field at fault, as the API names it.
    pub fn param(&self) -> Option<&str> {
        self.0.api.as_ref()?.param.as_deref()
    }

    /// Address of a page about this error.
    pub fn doc_url(&self) -> Option<&str> {
        self.0.api.as_ref()?.doc_url.as_deref()
    }

    /// One entry for each faulty field, where the API gave them (400 and 422).
    pub fn issues(&self) -> &[Issue] {
        self.0.api.as_ref().map(|api| api.errors.as_slice()).unwrap_or_default()
    }

    /// Id of the request, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        let envelope = self.0.api.as_ref().and_then(|api| api.request_id.as_deref());
        envelope.or_else(|| self.0.head.as_ref()?.request_id())
    }

    /// How long the server asked to wait, from `Retry-After` (RFC 9110, section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::from_headers(self.headers()?, std::time::SystemTime::now())
    }

    /// Figures of the rate limit, if the answer had them.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::from_headers(self.headers()?)
    }

    /// The server's present version of the resource: on a refused `If-Match`, the one to start
    /// over from; on "not modified", the one the caller has.
    pub fn etag(&self) -> Option<ETag> {
        self.0.head.as_ref()?.etag()
    }

    /// Permissions the operation needs, if the API refused for lack of permission.
    pub fn missing_permissions(&self) -> &'static [&'static str] {
        match self.0.operation {
            Some(operation) if self.is_permission_denied() => operation.permissions,
            _ => &[],
        }
    }

    /// Path of the field that could not be decoded, such as `data[3].created_at`.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The cursor of the page that failed: give it to the list's `cursor` to go on from there.
    /// `None` on the first page.
    pub fn cursor(&self) -> Option<&str> {
        self.0.cursor.as_deref()
    }

    /// The first 4 KiB of the answer's body, as text; empty if there was none. It may hold what the
    /// account's owner would not want in a log.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    /// Attempts that were made; 0 if nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// True if an earlier attempt of this call may have reached the server without an answer. A
    /// 404 on a DELETE then does not prove that the resource was not there: the earlier attempt may
    /// have deleted it.
    pub fn earlier_attempt_unanswered(&self) -> bool {
        self.0.earlier_unanswered
    }

    /// The `Idempotency-Key` that was sent. Calling again with the same key and the same input
    /// within 24 hours cannot act twice.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }
}

/// Questions.
impl Error {
    /// True if the same call may succeed later, unchanged: the API's own word where it gave one,
    /// else by status (429 and 5xx), else true for broken connections and timeouts. It does not
    /// say that repeating is harmless: see [`may_have_been_sent`](Self::may_have_been_sent).
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            Kind::Connect | Kind::Timeout | Kind::Interrupted => true,
            Kind::Api | Kind::UnexpectedStatus => {
                let flag = self.0.api.as_ref().and_then(|api| api.retryable);
                flag.unwrap_or_else(|| self.status().is_some_and(retryable_status))
            }
            _ => false,
        }
    }

    /// True if a time limit of the client ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// True if no connection came about: nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// True for 304: what the caller has is current. Only where `If-None-Match` was sent as a plain
    /// header: `if_none_match` gives a [`Conditional`](crate::Conditional).
    pub fn is_not_modified(&self) -> bool {
        self.0.kind == Kind::NotModified
    }

    /// True for 401: the credential is missing, wrong, expired or revoked.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// True for 403 `insufficient_permissions`.
    pub fn is_permission_denied(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
            && self.code().is_none_or(|code| *code == ErrorCode::InsufficientPermissions)
    }

    /// True for 404: absent, or another team's.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// True if `if_match` did not match: someone else changed the resource. The API answers 409
    /// `conflict`; 412 is taken alike.
    pub fn is_stale(&self) -> bool {
        match self.status() {
            Some(StatusCode::PRECONDITION_FAILED) => true,
            Some(StatusCode::CONFLICT) => self.code() == Some(&ErrorCode::Conflict),
            _ => false,
        }
    }

    /// True for 429.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// True if the answer was a success that could not be read.
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }
}

fn retryable_status(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}
