//! Fetches a document from where the API publishes it.

use std::time::{Duration, SystemTime};

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};
use url::{Host, Url};

/// The limits of a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Timeout of one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Maximum size of the document. The real ones have half a megabyte.
    pub bytes: u64,
    /// Maximum number of redirects.
    pub redirects: usize,
    /// Maximum number of attempts.
    pub attempts: u32,
    /// Longest `Retry-After` that is honored.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            bytes: 16 * 1024 * 1024,
            redirects: 5,
            attempts: 4,
            wait: Duration::from_secs(60),
        }
    }
}

/// The result of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The document still has the given ETag.
    NotModified,
    /// A document.
    Document {
        /// Its text.
        text: String,
        /// Its ETag.
        etag: Option<String>,
    },
}

/// Fetches a document, unless it still has the given ETag. Retries what may succeed later; `wait` is
/// called before each further attempt.
///
/// # Errors
/// Fails with a sentence that names the URL.
pub fn fetch(
    url: &str,
    etag: Option<&str>,
    limits: &Limits,
    wait: &mut dyn FnMut(Duration),
) -> Result<Fetched, String> {
    let url = allowed(url)?;
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limits.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("sendmux-client-xtask/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut attempts = 1;
    loop {
        let result = attempt(&agent, &url, etag, limits);
        match decide(result, attempts, limits, SystemTime::now()) {
            Decision::Done(fetched) => return Ok(fetched),
            Decision::GiveUp(why) => return Err(format!("{url}: {why}")),
            Decision::Retry(delay) => wait(delay),
        }
        attempts += 1;
    }
}

/// Makes one attempt, including redirects.
fn attempt(agent: &Agent, start: &Url, etag: Option<&str>, limits: &Limits) -> AttemptResult {
    let mut url = start.clone();
    for _ in 0..=limits.redirects {
        let mut request = agent.get(url.as_str()).header(header::ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return AttemptResult::Connection(error.to_string()),
        };
        if !is_redirect(response.status()) {
            return read(&mut response, etag.is_some(), limits);
        }
        let Some(target) = text(&response, header::LOCATION) else {
            return AttemptResult::Permanent("the redirect has no `Location`".to_owned());
        };
        match redirected(&url, &target) {
            Ok(target) => url = target,
            Err(why) => return AttemptResult::Permanent(why),
        }
    }
    AttemptResult::Permanent(format!("more than {} redirects", limits.redirects))
}

fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

fn text(response: &Response<Body>, name: header::HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

fn read(response: &mut Response<Body>, conditional: bool, limits: &Limits) -> AttemptResult {
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED {
        return match conditional {
            true => AttemptResult::Success(Fetched::NotModified),
            false => AttemptResult::Permanent(
                "304 Not Modified, although the request was not conditional".to_owned(),
            ),
        };
    }
    if status != StatusCode::OK {
        return AttemptResult::Status {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
            retry_after: text(response, header::RETRY_AFTER),
        };
    }
    let etag = text(response, header::ETAG);
    let body = response.body_mut().with_config().limit(limits.bytes).read_to_vec();
    match body {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => AttemptResult::Success(Fetched::Document { text, etag }),
            Err(_) => AttemptResult::Permanent("the response is not UTF-8 text".to_owned()),
        },
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            AttemptResult::Permanent(format!("the response is larger than {} bytes", limits.bytes))
        }
        Err(error) => AttemptResult::Connection(format!("the response broke off: {error}")),
    }
}

/// Parses a URL that may be fetched: https, or http on this machine.
fn allowed(address: &str) -> Result<Url, String> {
    let url = Url::parse(address).map_err(|error| format!("{address}: invalid URL: {error}"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local(&url) => Ok(url),
        "http" => Err(format!("{url}: plain http can be tampered with; use https")),
        other => Err(format!("{url}: scheme `{other}` is not supported; use https")),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Resolves a redirect. It must stay on the server: a document from elsewhere is not the one that was
/// requested.
fn redirected(from: &Url, target: &str) -> Result<Url, String> {
    let url = from
        .join(target)
        .map_err(|error| format!("redirect to the invalid URL `{target}`: {error}"))?;
    let upgraded = from.scheme() == "http" && url.scheme() == "https" && from.host() == url.host();
    if url.origin() != from.origin() && !upgraded {
        return Err(format!("redirect to another host, {url}; to trust it, pass it as --from"));
    }
    Ok(url)
}

/// The result of one attempt.
#[derive(Debug)]
enum AttemptResult {
    Success(Fetched),
    /// A response with another status.
    Status {
        status: u16,
        reason: &'static str,
        retry_after: Option<String>,
    },
    /// The connection failed or broke off.
    Connection(String),
    /// A failure that another attempt would meet again.
    Permanent(String),
}

/// What follows from an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Done(Fetched),
    Retry(Duration),
    GiveUp(String),
}

/// The delay before the second attempt; it doubles from there.
const FIRST_DELAY: Duration = Duration::from_secs(1);

fn decide(result: AttemptResult, attempts: u32, limits: &Limits, now: SystemTime) -> Decision {
    let (why, retry_after) = match result {
        AttemptResult::Success(fetched) => return Decision::Done(fetched),
        AttemptResult::Permanent(why) => return Decision::GiveUp(why),
        AttemptResult::Connection(why) => (why, None),
        AttemptResult::Status { status, reason, retry_after } => {
            let why = format!("{status} {reason}").trim_end().to_owned();
            if status < 500 && status != 429 {
                return Decision::GiveUp(why);
            }
            (why, retry_after.and_then(|text| parse_retry_after(&text, now)))
        }
    };
    if attempts >= limits.attempts {
        return Decision::GiveUp(format!("{why} (tried {attempts} times)"));
    }
    let delay = retry_after.unwrap_or_else(|| FIRST_DELAY * 2_u32.saturating_pow(attempts - 1));
    if delay > limits.wait {
        return Decision::GiveUp(format!("{why}; try again in {} seconds", delay.as_secs()));
    }
    Decision::Retry(delay)
}

/// Parses `Retry-After`, which is a number of seconds or a date.
fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_urls_are_fetched() {
        assert!(allowed("https://app.sendmux.ai/x").is_ok());
        assert!(allowed("http://127.0.0.1:8080/x").is_ok());
        assert!(allowed("http://localhost/x").is_ok());
        assert!(allowed("http://app.sendmux.ai/x").is_err());
        assert!(allowed("ftp://app.sendmux.ai/x").is_err());
        assert!(allowed("https://").is_err());
    }

    #[test]
    fn redirects_stay_on_the_server() {
        let from = Url::parse("https://app.sendmux.ai/a/b").unwrap();
        assert_eq!(redirected(&from, "c").unwrap().path(), "/a/c");
        assert_eq!(redirected(&from, "/c").unwrap().path(), "/c");
        for target in ["https://other.example/a", "http://app.sendmux.ai/a", "//other.example/a"] {
            assert!(redirected(&from, target).is_err(), "{target}");
        }
    }

    fn status(status: u16, retry_after: Option<&str>) -> AttemptResult {
        AttemptResult::Status { status, reason: "", retry_after: retry_after.map(str::to_owned) }
    }

    fn decide(result: AttemptResult, attempts: u32) -> Decision {
        super::decide(result, attempts, &Limits::default(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn delays_double_unless_the_server_sets_them() {
        let wait = |seconds| Decision::Retry(Duration::from_secs(seconds));
        assert_eq!(decide(status(500, None), 1), wait(1));
        assert_eq!(decide(status(503, None), 3), wait(4));
        assert_eq!(decide(AttemptResult::Connection("cut".into()), 2), wait(2));
        assert_eq!(decide(status(429, Some("7")), 1), wait(7));
        assert_eq!(decide(status(429, Some("0")), 1), wait(0));
        assert_eq!(decide(status(503, Some("Thu, 01 Jan 1970 00:00:09 GMT")), 1), wait(9));
        assert_eq!(decide(status(503, Some("soon")), 1), wait(1));
    }

    #[test]
    fn hopeless_attempts_are_not_retried() {
        let gives_up = |result, attempts| matches!(decide(result, attempts), Decision::GiveUp(_));
        assert!(gives_up(status(404, None), 1));
        assert!(gives_up(AttemptResult::Permanent("html".into()), 1));
        assert!(gives_up(status(500, None), 4));
        assert!(gives_up(status(429, Some("3600")), 1));
    }
}
