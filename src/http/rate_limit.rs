//! The rate limit as a response reports it.

use reqwest::header::{HeaderMap, HeaderName};
use serde::Serialize;

use crate::values::timestamp::Timestamp;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The current rate-limit window, from the `X-RateLimit-*` headers of a response.
///
/// The limit applies to the credential and is shared by all programs that use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed per window.
    pub limit: Option<u64>,
    /// Requests left in this window.
    pub remaining: Option<u64>,
    /// End of the window, on the server's clock.
    pub reset: Option<Timestamp>,
}

impl RateLimit {
    /// Reads the rate limit from response headers; `None` if they do not report it.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number =
            |name: HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let reset = number(RESET).and_then(|seconds| i64::try_from(seconds).ok());
        let limits = Self {
            limit: number(LIMIT),
            remaining: number(REMAINING),
            reset: reset.and_then(Timestamp::from_unix_seconds),
        };
        let empty = limits.limit.is_none() && limits.remaining.is_none() && limits.reset.is_none();
        (!empty).then_some(limits)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
        values
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn headers_are_read_independently() {
        let limit = RateLimit::from_headers(&headers(&[
            ("x-ratelimit-limit", "600"),
            ("x-ratelimit-remaining", "soon"),
            ("x-ratelimit-reset", "1679313700"),
        ]))
        .unwrap();
        assert_eq!((limit.limit, limit.remaining), (Some(600), None));
        assert_eq!(limit.reset.unwrap().to_string(), "2023-03-20T12:01:40Z");
        assert_eq!(RateLimit::from_headers(&headers(&[("x-ratelimit-limit", "-1")])), None);
        assert_eq!(
            RateLimit::from_headers(&headers(&[("x-ratelimit-reset", "99999999999999999")])),
            None
        );
    }
}
