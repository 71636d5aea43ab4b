//! Gets a document from where the API publishes it.

mod address;
mod attempt;

use std::time::Duration;

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};
use url::Url;

use attempt::{Next, Seen};

/// Limits of a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Of a document; the real ones have half a megabyte.
    pub bytes: u64,
    /// How often a fetch follows a redirect.
    pub redirects: usize,
    /// How often a fetch is tried.
    pub attempts: u32,
    /// The longest wait that a server can ask for.
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

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The document that the ETag stands for is still the one.
    NotModified,
    /// A document.
    Document {
        /// Its text.
        text: String,
        /// The ETag it came with.
        etag: Option<String>,
    },
}

/// Fetches a document.
///
/// # Errors
/// A sentence that says what went wrong and with which address.
pub fn fetch(
    address: &str,
    etag: Option<&str>,
    limits: &Limits,
    wait: &mut dyn FnMut(Duration),
) -> Result<Fetched, String> {
    let url = address::checked(address)?;
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limits.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("sendmux-client-xtask/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut tries = 1;
    loop {
        let seen = once(&agent, &url, etag, limits);
        match attempt::next(seen, tries, limits, std::time::SystemTime::now()) {
            Next::Done(fetched) => return Ok(fetched),
            Next::GiveUp(why) => return Err(format!("{url}: {why}")),
            Next::Wait(time) => wait(time),
        }
        tries += 1;
    }
}

/// One attempt, redirects included.
fn once(agent: &Agent, start: &Url, etag: Option<&str>, limits: &Limits) -> Seen {
    let mut url = start.clone();
    for _ in 0..=limits.redirects {
        let mut request = agent.get(url.as_str()).header(header::ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return Seen::Lost(error.to_string()),
        };
        if !is_redirect(response.status()) {
            return read(&mut response, etag.is_some(), limits);
        }
        let Some(target) = text(&response, header::LOCATION) else {
            return Seen::Refused("a redirect that does not say where to".to_owned());
        };
        match address::redirected(&url, &target) {
            Ok(target) => url = target,
            Err(why) => return Seen::Refused(why),
        }
    }
    Seen::Refused(format!("more than {} redirects", limits.redirects))
}

fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

fn text(response: &Response<Body>, name: header::HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

fn read(response: &mut Response<Body>, asked: bool, limits: &Limits) -> Seen {
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED {
        return match asked {
            true => Seen::Answer(Fetched::NotModified),
            false => Seen::Refused("304 Not Modified, though nothing was known before".to_owned()),
        };
    }
    if status != StatusCode::OK {
        return Seen::Status {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
            retry_after: text(response, header::RETRY_AFTER),
        };
    }
    let etag = text(response, header::ETAG);
    let body = response.body_mut().with_config().limit(limits.bytes).read_to_vec();
    match body {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Seen::Answer(Fetched::Document { text, etag }),
            Err(_) => Seen::Refused("the answer is not UTF-8 text".to_owned()),
        },
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            Seen::Refused(format!("the answer is larger than {} bytes", limits.bytes))
        }
        Err(error) => Seen::Lost(format!("the answer broke off: {error}")),
    }
}
