//! The head of a response: status, headers, and what it took to get them.

use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, ETAG, HeaderMap};

use crate::http::etag::ETag;
use crate::http::rate_limit::RateLimit;

/// Status and headers of a response, and the history of the call that produced it.
#[derive(Clone, PartialEq)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) idempotency_key: Option<Box<str>>,
}

impl fmt::Debug for ResponseHead {
    /// Omits the headers: a gateway may set a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl ResponseHead {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the codings of the content, such as `gzip` (RFC 9110, section 8.4); `None` if its bytes
    /// are as they are.
    pub(crate) fn content_coding(&self) -> Option<String> {
        let lines = self.headers.get_all(CONTENT_ENCODING).iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let codings = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
        let codings: Vec<String> = codings
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
            .map(str::to_ascii_lowercase)
            .collect();
        (!codings.is_empty()).then(|| codings.join(", "))
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.text("x-request-id")
    }

    pub(crate) fn etag(&self) -> Option<ETag> {
        self.text(ETAG.as_str()).map(ETag::new)
    }

    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::from_headers(&self.headers)
    }
}
