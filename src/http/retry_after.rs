//! The wait that a server asks for.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::defaults::MAX_WINDOW;
use crate::http::rate_limit::RateLimit;

/// Returns the wait of `Retry-After` or, for a 429 without one, the time to the end of the window.
pub(crate) fn asked(headers: &HeaderMap, status: StatusCode, now: SystemTime) -> Option<Duration> {
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    from_headers(headers, now).or_else(|| window_end(headers, now).filter(|_| limited))
}

/// Returns the wait of `Retry-After`; zero if its date has passed.
pub(crate) fn from_headers(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    parse(headers.get(RETRY_AFTER)?.to_str().ok()?, server_time(headers).unwrap_or(now))
}

/// Returns the time to the end of the rate-limit window, unless it has passed or is implausibly far.
fn window_end(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let end = SystemTime::from(RateLimit::from_headers(headers)?.reset?);
    let wait = end.duration_since(server_time(headers).unwrap_or(now)).ok()?;
    (!wait.is_zero() && wait <= MAX_WINDOW).then_some(wait)
}

/// Returns the server's time from `Date`. Other dates of a response are measured against it, since
/// the client's clock may be wrong.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    date(headers, &DATE)
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
}

/// Parses seconds, possibly fractional, or an HTTP-date (RFC 9110, sections 5.6.7 and 10.2.3).
fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        if seconds.is_nan() {
            return None;
        }
        // A number too large for a duration means "not soon", never "at once".
        return Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    }
    let moment = httpdate::parse_http_date(text).ok()?;
    Some(moment.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 784_111_777;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| -> (HeaderName, _) {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn seconds_fractions_and_dates_are_read() {
        let wait = |text| parse(text, at(NOW));
        assert_eq!(wait("30"), Some(Duration::from_secs(30)));
        assert_eq!(wait(" 1.5 "), Some(Duration::from_millis(1500)));
        assert_eq!(wait("-3"), Some(Duration::ZERO));
        assert_eq!(wait("1e300"), Some(Duration::MAX));
        assert_eq!(wait("inf"), Some(Duration::MAX));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("Sunday, 06-Nov-94 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("Sun Nov  6 08:49:47 1994"), Some(Duration::from_secs(10)));
        for nonsense in ["", "soon", "NaN", "1 second"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_date_is_measured_against_the_servers_clock() {
        let lines = headers(&[
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"),
        ]);
        for skew in [0, NOW, 2 * NOW] {
            assert_eq!(from_headers(&lines, at(skew)), Some(Duration::from_secs(10)));
        }
    }

    #[test]
    fn without_retry_after_a_429_waits_for_the_end_of_the_window() {
        let wait = |status: u16, reset: u64| {
            let lines = headers(&[("x-ratelimit-reset", &reset.to_string())]);
            asked(&lines, StatusCode::from_u16(status).unwrap(), at(NOW))
        };
        assert_eq!(wait(429, NOW + 30), Some(Duration::from_secs(30)));
        assert_eq!(wait(503, NOW + 30), None);
        for senseless in [0, NOW - 1, NOW, NOW + 3600] {
            assert_eq!(wait(429, senseless), None, "{senseless}");
        }
        let both = headers(&[("x-ratelimit-reset", "784111807"), ("retry-after", "2")]);
        let limited = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(asked(&both, limited, at(NOW)), Some(Duration::from_secs(2)));
    }
}
