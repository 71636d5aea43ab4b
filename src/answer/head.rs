//! What an answer carries besides its body.

use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderMap};

use crate::{ETag, RateLimit};

/// Status, headers and history of one call.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) idempotency_key: Option<Box<str>>,
}

impl fmt::Debug for Head {
    /// Without the headers: a gateway may set a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Head {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
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

/// Accessors of everything that has a [`Head`].
macro_rules! head_accessors {
    () => {
        /// HTTP status of the answer.
        pub fn status(&self) -> ::reqwest::StatusCode {
            self.head.status
        }

        /// Headers of the answer.
        pub fn headers(&self) -> &::reqwest::header::HeaderMap {
            &self.head.headers
        }

        /// Figures of the rate limit, if the answer has them.
        pub fn rate_limit(&self) -> Option<$crate::RateLimit> {
            self.head.rate_limit()
        }

        /// Version of the resource, if the answer names one.
        pub fn etag(&self) -> Option<$crate::ETag> {
            self.head.etag()
        }

        /// Attempts that the call took; 1 if the first one succeeded.
        pub fn attempts(&self) -> u32 {
            self.head.attempts
        }

        /// The `Idempotency-Key` that was sent, be it the caller's or a generated one.
        pub fn idempotency_key(&self) -> Option<&str> {
            self.head.idempotency_key.as_deref()
        }
    };
}
pub(crate) use head_accessors;
