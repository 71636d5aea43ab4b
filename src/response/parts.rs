//! What is known about a response besides its data.

use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, LOCATION};

use crate::http::content_disposition;
use crate::http::etag::ETag;
use crate::http::rate_limit::RateLimit;
use crate::http::response_head::ResponseHead;
use crate::response::meta::Meta;

/// Status, headers and metadata of a response, and the history of the call that produced it.
///
/// Returned by `parts()` on [`Response`](crate::Response), [`Page`](crate::Page),
/// [`Download`](crate::Download) and [`NotModified`](crate::NotModified), so that a fact of the call
/// is never mistaken for one of the data: `log.status` is the status of an email, and
/// `log.parts().status()` the status of the response.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let balance = client.get_balance().await?;
/// let parts = balance.parts();
/// println!("{} after {} attempts", parts.request_id().unwrap_or("no id"), parts.attempts());
/// if let Some(limit) = parts.rate_limit() {
///     println!("{limit:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct ResponseParts {
    head: ResponseHead,
    meta: Meta,
}

impl ResponseParts {
    pub(crate) fn new(head: ResponseHead, meta: Meta) -> Self {
        Self { head, meta }
    }

    pub(crate) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Counts the attempts of requests that continued the response.
    pub(crate) fn add_attempts(&mut self, attempts: u32) {
        self.head.attempts += attempts;
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the headers, discarding the rest.
    pub fn into_headers(self) -> HeaderMap {
        self.head.headers
    }

    /// Returns the request id, to quote in a support case, if the server sent one.
    pub fn request_id(&self) -> Option<&str> {
        self.meta.request_id().or_else(|| self.head.request_id())
    }

    /// Returns the number of attempts the call took; 1 if the first one succeeded.
    pub fn attempts(&self) -> u32 {
        self.head.attempts
    }

    /// Returns the `Idempotency-Key` that was sent, whether set by the caller or generated.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.head.idempotency_key.as_deref()
    }

    /// Returns the entity tag of the resource, if the response has one (RFC 9110, section 8.8.3).
    pub fn etag(&self) -> Option<ETag> {
        self.head.etag()
    }

    /// Returns the state of the rate limit, if the response reports it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.head.rate_limit()
    }

    /// Returns the `meta` object of the envelope, which may contain synchronization tokens; empty if
    /// the response has no envelope.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the `meta` object, discarding the rest.
    pub fn into_meta(self) -> Meta {
        self.meta
    }

    /// Returns the `Location` header: the address of the created resource.
    pub fn location(&self) -> Option<&str> {
        self.head.text(LOCATION.as_str())
    }

    /// Returns the media type.
    pub fn content_type(&self) -> Option<&str> {
        self.head.text(CONTENT_TYPE.as_str())
    }

    /// Returns the file name suggested in `Content-Disposition` (RFC 6266), as for an attachment or
    /// the zone file of a domain: without directories or control characters, and never `..`. It is
    /// still chosen by the server: check before overwriting a file of that name.
    pub fn file_name(&self) -> Option<String> {
        content_disposition::file_name(self.head.headers.get(CONTENT_DISPOSITION)?.as_bytes())
    }
}

impl fmt::Debug for ResponseParts {
    /// Omits the headers: a gateway may set a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseParts")
            .field("status", &self.status().as_u16())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts())
            .field("meta", &self.meta)
            .finish_non_exhaustive()
    }
}
