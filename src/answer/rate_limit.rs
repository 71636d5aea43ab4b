//! What an answer says about the rate limit.

use reqwest::header::HeaderMap;

use crate::Timestamp;

/// Figures of the current rate-limit window, from the `X-RateLimit-*` headers of an answer.
///
/// The limit belongs to the credential: other programs that use it share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in a window.
    pub limit: Option<u64>,
    /// Requests left in this window.
    pub remaining: Option<u64>,
    /// When the window ends, by the server's clock.
    pub reset: Option<Timestamp>,
}

impl RateLimit {
    /// The figures in these headers; `None` if there are none.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let reset = number("x-ratelimit-reset").and_then(|seconds| i64::try_from(seconds).ok());
        let limits = Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
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
    fn figures_are_read_one_by_one() {
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
