//! The error type, built and read in one place.

mod api;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

pub(crate) use api::ApiError;
pub use api::{ErrorCode, Issue};

use crate::http::content_disposition;
use crate::http::etag::ETag;
use crate::http::rate_limit::RateLimit;
use crate::http::response_head::ResponseHead;
use crate::http::retry_after;
use crate::operation::Operation;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The error of a failed call.
///
/// [`kind`](Self::kind) tells in which phase the call failed, [`code`](Self::code) and
/// [`status`](Self::status) what the API answered, and the `is_…` methods answer the questions a
/// program asks most often. `Display` is one line without body, query or credential. In it and in
/// `Debug`, words of the server are shortened and free of control and direction characters;
/// [`source`](StdError::source) returns the underlying error.
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

// Nothing in it changes.
impl RefUnwindSafe for Error {}
impl UnwindSafe for Error {}

struct Inner {
    kind: Kind,
    /// Whether the request may have reached the server.
    sent: bool,
    operation: Option<&'static Operation>,
    head: Option<ResponseHead>,
    api: Option<ApiError>,
    body: Bytes,
    message: Option<Box<str>>,
    field: Option<Box<str>>,
    cursor: Option<Box<str>>,
    attempts: u32,
    earlier_unanswered: bool,
    idempotency_key: Option<Box<str>>,
    source: Option<BoxError>,
}

/// The phase in which a call failed. Each variant says whether the request may have reached the
/// server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The client's configuration is invalid. Nothing was sent.
    Configuration,
    /// The credential is invalid, or its provider failed. Nothing was sent.
    Credential,
    /// The input does not make a valid request. Nothing was sent.
    Request,
    /// No connection could be established. Nothing was sent.
    Connect,
    /// The certificate of the server, or of a proxy that intercepts TLS, is not acceptable. Nothing was
    /// sent.
    Certificate,
    /// A timeout of the client elapsed. The request may have been sent.
    Timeout,
    /// The connection was lost. The request may have been sent, unless the server said that it did
    /// not process it: see [`may_have_been_sent`](Error::may_have_been_sent).
    Connection,
    /// The API rejected the call with its error envelope.
    Api,
    /// The caller's version is current (304).
    NotModified,
    /// The upload could not be read or does not have the announced length, or a download could not
    /// be written. The server did not receive a complete request.
    Body,
    /// A non-success status without the API's error envelope, as from a gateway or proxy.
    UnexpectedStatus,
    /// A success response could not be decoded.
    Decode,
    /// The response exceeds the client's size limit.
    TooLarge,
    /// Pagination did not advance: a cursor is missing, repeats or is absurdly long, or empty pages
    /// follow each other without an end.
    Pagination,
    /// The resource has no `ETag` to make a write conditional on. Nothing was written.
    MissingETag,
}

impl Kind {
    /// Returns the name of the variant, for a label of a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Credential => "Credential",
            Self::Request => "Request",
            Self::Connect => "Connect",
            Self::Certificate => "Certificate",
            Self::Timeout => "Timeout",
            Self::Connection => "Connection",
            Self::Api => "Api",
            Self::NotModified => "NotModified",
            Self::Body => "Body",
            Self::UnexpectedStatus => "UnexpectedStatus",
            Self::Decode => "Decode",
            Self::TooLarge => "TooLarge",
            Self::Pagination => "Pagination",
            Self::MissingETag => "MissingETag",
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Configuration => "invalid client configuration",
            Self::Credential => "invalid credential",
            Self::Request => "the input does not make a valid request",
            Self::Connect => "could not connect to the API",
            Self::Certificate => "the server's certificate is not acceptable",
            Self::Timeout => "timed out",
            Self::Connection => "connection lost",
            Self::Api => "the API rejected the call",
            Self::Body => "the upload body failed",
            Self::NotModified => "not modified",
            Self::UnexpectedStatus => "unexpected status without the API's error envelope",
            Self::Decode => "the response could not be decoded",
            Self::TooLarge => "the response exceeds the client's size limit",
            Self::Pagination => "pagination did not advance",
            Self::MissingETag => "the resource has no ETag",
        }
    }
}

/// Construction, in the order in which the facts become known.
impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            sent: false,
            operation: None,
            head: None,
            api: None,
            body: Bytes::new(),
            message: None,
            field: None,
            cursor: None,
            attempts: 0,
            earlier_unanswered: false,
            idempotency_key: None,
            source: None,
        }))
    }

    pub(crate) fn because(kind: Kind, message: impl Into<String>) -> Self {
        Self::new(kind).with_message(message)
    }

    /// Builds the error for a non-success response.
    pub(crate) fn from_response(
        operation: &'static Operation,
        head: ResponseHead,
        body: Bytes,
    ) -> Self {
        Self::from_head_and_body(head, body).with_operation(operation)
    }

    /// Builds the error for a non-success response, without its operation.
    pub(crate) fn from_head_and_body(head: ResponseHead, body: Bytes) -> Self {
        let api = ApiError::decode(&body);
        let kind = match (head.status, &api) {
            (StatusCode::NOT_MODIFIED, _) => Kind::NotModified,
            (_, Some(_)) => Kind::Api,
            (_, None) => Kind::UnexpectedStatus,
        };
        let mut error = Self::new(kind).with_body(body).with_head(head).sent();
        error.0.api = api;
        error.naming_web_pages()
    }

    /// Says who may have answered if the response is not the API's, but a proxy's or a web page.
    pub(crate) fn naming_web_pages(self) -> Self {
        if !matches!(self.0.kind, Kind::UnexpectedStatus | Kind::Decode) || self.0.message.is_some()
        {
            return self;
        }
        let media_type = self.0.head.as_ref().and_then(|head| head.text("content-type"));
        let html = media_type.is_some_and(|media_type| {
            media_type.trim_start().to_ascii_lowercase().starts_with("text/html")
        });
        if self.status() == Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            self.with_message(
                "the proxy demands authentication: set user and password in the proxy's URL",
            )
        } else if html {
            self.with_message(
                "the response is a web page (HTML), not the API's: check the base URL, and whether a \
                 proxy or a login page of the network answered",
            )
        } else {
            self
        }
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = Some(message.into().into_boxed_str());
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_head(mut self, head: ResponseHead) -> Self {
        self.0.attempts = head.attempts;
        self.0.idempotency_key.clone_from(&head.idempotency_key);
        self.0.head = Some(head);
        self
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.0.body = body;
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

    /// Adds the attempts of earlier requests of the same download or stream.
    pub(crate) fn after_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts += attempts;
        self
    }

    pub(crate) fn with_source(mut self, source: BoxError) -> Self {
        // Some sources quote the server at length.
        let mut chain =
            std::iter::successors(Some(&*source as &dyn StdError), |&error| error.source());
        let plain = chain.all(|error| {
            let text = error.to_string();
            one_line(&text) == text
        });
        self.0.source = Some(if plain { source } else { one_line(&source.to_string()).into() });
        self
    }

    /// Records whether an earlier attempt of the same call may have reached the server.
    pub(crate) fn after_unanswered(mut self, unanswered: bool) -> Self {
        self.0.earlier_unanswered = unanswered;
        self
    }

    /// Returns the head of a 304, or the error itself.
    pub(crate) fn into_not_modified(mut self) -> Result<ResponseHead, Self> {
        match self.0.head.take() {
            Some(head) if self.0.kind == Kind::NotModified => Ok(head),
            head => {
                self.0.head = head;
                Err(self)
            }
        }
    }

    /// Returns the `retryable` flag of the body.
    pub(crate) fn retryable_flag(&self) -> Option<bool> {
        self.0.api.as_ref()?.retryable
    }

    pub(crate) fn sent(mut self) -> Self {
        self.0.sent = true;
        self
    }
}

/// Accessors.
impl Error {
    /// Returns the phase in which the call failed.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Returns true if the server may have received the request, and may have acted on it.
    pub fn may_have_been_sent(&self) -> bool {
        self.0.sent
    }

    /// Returns the operation that was called; `None` if the failure preceded any call.
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// Returns the HTTP status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.head.as_ref().map(|head| head.status)
    }

    /// Returns the headers of the response, if there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.head.as_ref().map(|head| &head.headers)
    }

    /// Returns the API's stable error code: the value to branch on.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.api.as_ref().map(|api| &api.code)
    }

    /// Returns the API's explanation, for people; the wording may change.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref().map(|api| api.message.as_str())
    }

    /// Returns the parameter or field at fault, as the API names it.
    pub fn param(&self) -> Option<&str> {
        self.0.api.as_ref()?.param.as_deref()
    }

    /// Returns the URL of the API's page about this error.
    pub fn doc_url(&self) -> Option<&str> {
        self.0.api.as_ref()?.doc_url.as_deref()
    }

    /// Returns one entry for each invalid field, where the API lists them (400 and 422).
    pub fn issues(&self) -> &[Issue] {
        self.0.api.as_ref().map(|api| api.errors.as_slice()).unwrap_or_default()
    }

    /// Returns the request id, to quote in a support case.
    pub fn request_id(&self) -> Option<&str> {
        let envelope = self.0.api.as_ref().and_then(|api| api.request_id.as_deref());
        envelope.or_else(|| self.0.head.as_ref()?.request_id())
    }

    /// Returns how long the server asks to wait, from `Retry-After` (RFC 9110, section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::from_headers(self.headers()?, SystemTime::now())
    }

    /// Returns the state of the rate limit, if the response reports it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::from_headers(self.headers()?)
    }

    /// Returns the server's current version of the resource: after a rejected `If-Match`, the one
    /// to start over from; after "not modified", the one the caller has.
    pub fn etag(&self) -> Option<ETag> {
        self.0.head.as_ref()?.etag()
    }

    /// Returns permissions that are sufficient for the operation, if the API denied permission. Where
    /// other sets are sufficient as well, this is the smallest;
    /// [`Operation::permissions`] has all of them.
    pub fn missing_permissions(&self) -> &'static [&'static str] {
        self.permission_sets().first().copied().unwrap_or_default()
    }

    fn permission_sets(&self) -> &'static [&'static [&'static str]] {
        match self.0.operation {
            Some(operation) if self.is_permission_denied() => operation.permissions,
            _ => &[],
        }
    }

    /// Returns the path of the field that could not be decoded, such as `data[3].created_at`.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// Returns the cursor of the page that failed, to pass to the list's `cursor` to resume there;
    /// `None` on the first page.
    pub fn cursor(&self) -> Option<&str> {
        self.0.cursor.as_deref()
    }

    /// Returns the body of the response as it was received; empty without one. It may contain personal
    /// data that does not belong in a log, so `Debug` and `Display` omit it.
    ///
    /// A success that could not be decoded is kept whole; it is as large as the client's
    /// [`max_response_bytes`](crate::Builder::max_response_bytes) allows. Of a non-success response, at
    /// most 1 MiB is kept.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::management::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// if let Err(error) = client.list_email_logs().await {
    ///     if error.is_decode() {
    ///         std::fs::write("undecodable.json", error.body())?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns the [`body`](Self::body) as text, with each invalid sequence replaced.
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }

    /// Returns the number of attempts made; 0 if nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns true if an earlier attempt of this call may have reached the server without being
    /// answered. A 404 on a DELETE then does not prove that the resource never existed: the earlier
    /// attempt may have deleted it.
    pub fn earlier_attempt_unanswered(&self) -> bool {
        self.0.earlier_unanswered
    }

    /// Returns the `Idempotency-Key` that was sent. Repeating the call with the same key and input
    /// within 24 hours does not act twice.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }
}

/// Predicates.
impl Error {
    /// Returns true if the same call may succeed later, unchanged: the API's own flag where there
    /// is one, otherwise by status (429 and 5xx), otherwise true for lost connections and timeouts.
    /// It does not say that repeating is safe: see
    /// [`may_have_been_sent`](Self::may_have_been_sent).
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            Kind::Connect | Kind::Timeout | Kind::Connection => true,
            Kind::Api | Kind::UnexpectedStatus => {
                let by_status = |status| {
                    status == StatusCode::TOO_MANY_REQUESTS || StatusCode::is_server_error(&status)
                };
                self.retryable_flag().unwrap_or_else(|| self.status().is_some_and(by_status))
            }
            _ => false,
        }
    }

    /// Returns true if a timeout of the client elapsed.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Returns true if no connection could be established: nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// Returns true if the certificate of the server, or of a proxy that intercepts TLS, is not
    /// acceptable: it has expired, is for another host, or has an issuer that is not trusted, which
    /// [`Builder::root_certificates`](crate::Builder::root_certificates) changes. Nothing was sent,
    /// and such a call is not retried.
    pub fn is_certificate(&self) -> bool {
        self.0.kind == Kind::Certificate
    }

    /// Returns true for 304: the caller's version is current. Occurs only where `If-None-Match` was
    /// set as a plain header; `if_none_match` returns a [`Conditional`](crate::Conditional).
    pub fn is_not_modified(&self) -> bool {
        self.0.kind == Kind::NotModified
    }

    /// Returns true for 401: the credential is missing, wrong, expired or revoked.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// Returns true for 403 `insufficient_permissions`.
    pub fn is_permission_denied(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
            && self.code().is_none_or(|code| *code == ErrorCode::InsufficientPermissions)
    }

    /// Returns true for 404: the resource does not exist or belongs to another team.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Returns true if `if_match` did not match because the resource has changed. The API answers
    /// 409 `conflict`; 412 counts as well.
    pub fn is_precondition_failed(&self) -> bool {
        match self.status() {
            Some(StatusCode::PRECONDITION_FAILED) => true,
            Some(StatusCode::CONFLICT) => self.code() == Some(&ErrorCode::Conflict),
            _ => false,
        }
    }

    /// Returns true for 429.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Returns true if a success response could not be decoded.
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{} {}: ", operation.method, operation.path)?;
        }
        match (&inner.api, &inner.message) {
            (Some(api), _) => f.write_str(&one_line(&api.message))?,
            (None, Some(message)) => f.write_str(&one_line(message))?,
            (None, None) => f.write_str(inner.kind.phrase())?,
        }
        if inner.kind == Kind::UnexpectedStatus && self.is_not_found() {
            f.write_str("; the server may not support this operation yet")?;
        }
        if let Some(field) = &inner.field {
            write!(f, " at `{}`", one_line(field))?;
        }
        let mut notes = Vec::new();
        if let Some(status) = self.status() {
            notes.push(status.as_str().to_owned());
        }
        notes.extend(self.code().map(|code| one_line(code.as_str())));
        notes.extend(self.param().map(|param| format!("param {}", one_line(param))));
        let sufficient = self.permission_sets().iter().map(|set| set.join(", "));
        let sufficient: Vec<String> = sufficient.collect();
        if !sufficient.is_empty() {
            notes.push(format!("needs {}", sufficient.join(" or ")));
        }
        if inner.attempts > 1 {
            notes.push(format!("after {} attempts", inner.attempts));
        }
        notes.extend(self.request_id().map(|id| format!("request {}", one_line(id))));
        if !notes.is_empty() {
            write!(f, " ({})", notes.join(", "))?;
        }
        Ok(())
    }
}

/// Puts foreign text on one line of bounded length, without characters that control a terminal or
/// the direction of text.
pub(crate) fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let shown: String = text
        .chars()
        .filter(|c| !content_disposition::is_directional(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(8 * MAX_CHARS)
        .collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.0.source.as_ref().map(|source| one_line(&format!("{source:?}")));
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation.map(|operation| operation.id))
            .field("status", &self.status().map(|status| status.as_u16()))
            .field("code", &self.code().map(|code| one_line(code.as_str())))
            .field("api_message", &self.message().map(one_line))
            .field("message", &self.0.message.as_deref().map(one_line))
            .field("field", &self.0.field.as_deref().map(one_line))
            .field("request_id", &self.request_id().map(one_line))
            .field("attempts", &self.0.attempts)
            .field("source", &source.as_deref().map(Plain))
            .finish_non_exhaustive()
    }
}

/// Text that is a debug representation already.
struct Plain<'a>(&'a str);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
