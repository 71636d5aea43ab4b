//! The account as a server on loopback, and its builder.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::dataset::{Dataset, Scenario, Scenarios};
use crate::error::ErrorFormat;
use crate::loopback::{Body, Bytes, Loopback};
use crate::mailbox::{Background, DraftProblem};
use crate::management::PERMISSIONS;
use crate::request::{BASE_PATH, Request};
use crate::service::{Config, Failures, MAILBOX_KEY, ROOT_KEY, Service};

const REQUESTS_PER_MINUTE: u32 = 600;

/// Times for which all dates of the data are within the years that the API can write.
const TIMES: RangeInclusive<i64> = 0..=253_370_764_800;

/// A demo account, served on loopback until this value is dropped.
///
/// With its [root key](Self::key) it serves the management API: connection, sending accounts with
/// their usage and limits, logs of sent and received emails, metrics, billing, domains, mailboxes
/// with their costs, webhooks and their deliveries. All of these are read-only. Send policies can be
/// replaced, and apply to the messages that the mailbox sends.
///
/// With its [mailbox key](Self::mailbox_key) it accepts emails and batches, which go nowhere
/// but to the account's own mailbox; recipients at `refused.example` are rejected. The same key opens one mailbox, in which a mail
/// program can be rehearsed: messages, threads and folders can be read and changed, drafts saved,
/// scheduled and sent. What is sent is in the folder `sent`; a message to the mailbox itself
/// arrives, and recipients at `replies.example` reply at once, in the same thread. Each event stream delivers two new messages and then ends, and the message `msg_demo`
/// has two attachments, whose `download_url` needs no key.
///
/// It starts inside any Tokio runtime and without one.
///
/// # Examples
/// ```
/// use sendmux_mock::DemoAccount;
///
/// let account = DemoAccount::start();
/// assert!(account.base_url().ends_with("/api/v1"));
/// assert!(account.key().starts_with("smx_root_"));
/// ```
pub struct DemoAccount {
    server: Loopback,
    service: Arc<Service>,
    base_url: String,
}

impl DemoAccount {
    /// Starts an account with the default settings.
    ///
    /// # Panics
    /// If no port on the loopback interface is available.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Creates a builder to configure an account.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn serve(service: Arc<Service>) -> Self {
        let served = Arc::clone(&service);
        let server = Loopback::start(move |request| Some(respond(&served, &request)))
            .unwrap_or_else(|error| panic!("the demo account cannot listen on loopback: {error}"));
        let base_url = format!("{}{BASE_PATH}", server.url());
        Self { server, service, base_url }
    }

    /// Returns the base URL for clients.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the root key of the account. It is valid here only.
    pub fn key(&self) -> &'static str {
        ROOT_KEY
    }

    /// Returns the key of the account's mailbox, which may also send.
    pub fn mailbox_key(&self) -> &'static str {
        MAILBOX_KEY
    }

    /// Returns the number of emails accepted so far. Repeats with the same idempotency key count
    /// once.
    pub fn emails_sent(&self) -> u64 {
        self.service.emails_sent()
    }
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoAccount")
            .field("address", &self.server.address())
            .finish_non_exhaustive()
    }
}

fn respond(service: &Service, request: &http::Request<Bytes>) -> http::Response<Body> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let uri = request.uri();
    let response = service.call(&Request {
        method: request.method().as_str(),
        path: uri.path().strip_prefix(BASE_PATH).unwrap_or_default(),
        query: uri.query().unwrap_or_default(),
        authorization: header("authorization"),
        content_type: header("content-type"),
        host: header("host"),
        idempotency_key: header("idempotency-key"),
        if_match: header("if-match"),
        if_none_match: header("if-none-match"),
        if_range: header("if-range"),
        last_event_id: header("last-event-id"),
        range: header("range"),
        upload_token: header("x-sendmux-upload-token"),
        body: request.body(),
    });
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    let body: Vec<u8> = response.body;
    builder.body(body.into()).unwrap_or_default()
}

/// Configures and starts a [`DemoAccount`].
///
/// # Examples
/// ```
/// use sendmux_mock::{DemoAccount, Scenario};
///
/// let account = DemoAccount::builder()
///     .seed(7)
///     .now(1_779_354_720)
///     .scenario(Scenario::LowBalance)
///     .without_permission("logs.read")
///     .fail_next(503)
///     .start();
/// # drop(account);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    seed: u64,
    now: Option<i64>,
    emails_per_day: u32,
    requests_per_minute: u32,
    revoked: BTreeSet<String>,
    error_format: ErrorFormat,
    failures: Failures,
    scenarios: Scenarios,
    background: Background,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            seed: 1,
            now: None,
            emails_per_day: 40,
            requests_per_minute: REQUESTS_PER_MINUTE,
            revoked: BTreeSet::new(),
            error_format: ErrorFormat::Current,
            failures: Failures::default(),
            scenarios: Scenarios::default(),
            background: Background::default(),
        }
    }

    /// Sets the seed from which the account's data is generated. Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the account's present time, which then stands still. Default: the time of the start.
    ///
    /// The time is in seconds since 1970, at most in the year 9998.
    pub fn now(mut self, unix_seconds: i64) -> Self {
        self.now = Some(unix_seconds);
        self
    }

    /// Sets how many emails are sent on a working day, on average. Default: 40.
    ///
    /// The data covers two months.
    pub fn emails_per_day(mut self, count: u32) -> Self {
        self.emails_per_day = count;
        self
    }

    /// Sets the rate limit, beyond which requests fail with 429. Default: 600 a minute.
    ///
    /// Minutes are those of the system's clock, even if [`now`](Self::now) is set.
    pub fn requests_per_minute(mut self, count: u32) -> Self {
        self.requests_per_minute = count;
        self
    }

    /// Revokes a permission of the root key, such as `billing.read`.
    pub fn without_permission(mut self, permission: impl Into<String>) -> Self {
        self.revoked.insert(permission.into());
        self
    }

    /// Writes errors in the API's older format, without `retryable` and `errors`.
    pub fn legacy_errors(mut self) -> Self {
        self.error_format = ErrorFormat::Legacy;
        self
    }

    /// Fails the next request with this status. Each call of this method adds one failure.
    pub fn fail_next(mut self, status: u16) -> Self {
        self.failures.next.push_back(status);
        self
    }

    /// Fails this share of all requests, from 0 to 1, with this status.
    ///
    /// The seed and the number of a request decide whether it fails.
    pub fn fail_share(mut self, share: f64, status: u16) -> Self {
        self.failures.share = Some((share, status));
        self
    }

    /// Fails all requests to a path below the base URL, such as `/billing/balance`, with this
    /// status.
    pub fn fail_path(mut self, path: impl Into<String>, status: u16) -> Self {
        self.failures.paths.insert(path.into(), status);
        self
    }

    /// Sets how many reads still find work in the background unfinished: a draft being saved or
    /// sent, or the text of an attachment being extracted. Default: 1.
    pub fn reads_until_done(mut self, count: u32) -> Self {
        self.background.reads = count;
        self
    }

    /// Gives the next draft a problem. Each call of this method gives one to another draft.
    pub fn draft_problem(mut self, problem: DraftProblem) -> Self {
        self.background.problems.push_back(problem);
        self
    }

    /// Gives the account a problem for monitoring to notice. Scenarios can be combined.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenarios.insert(scenario);
        self
    }

    /// Generates the data and starts the account.
    ///
    /// # Panics
    /// If no port on the loopback interface is available.
    pub fn start(self) -> DemoAccount {
        DemoAccount::serve(Arc::new(self.service(system_clock)))
    }

    pub(crate) fn service(self, clock: fn() -> i64) -> Service {
        let now = self.now.unwrap_or_else(system_clock).clamp(*TIMES.start(), *TIMES.end());
        let permissions = PERMISSIONS.into_iter().filter(|name| !self.revoked.contains(*name));
        Service::new(Config {
            dataset: Dataset::with(self.seed, now, self.emails_per_day, &self.scenarios),
            permissions: permissions.collect(),
            error_format: self.error_format,
            failures: Failures { seed: self.seed, ..self.failures },
            requests_per_minute: self.requests_per_minute,
            background: self.background,
            clock,
            frozen: self.now.is_some(),
        })
    }
}

fn system_clock() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn get(account: &DemoAccount, headers: &str) -> String {
        let mut stream = TcpStream::connect(account.server.address()).unwrap();
        let head = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        write!(stream, "{head}\r\nAuthorization: Bearer {ROOT_KEY}\r\n{headers}\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    fn small() -> DemoAccount {
        DemoAccount::builder().emails_per_day(3).start()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_account_starts_within_a_runtime_and_serves_until_dropped() {
        let service = Arc::new(Builder::new().emails_per_day(3).service(|| 0));
        let served = Arc::downgrade(&service);
        let account = DemoAccount::serve(service);
        assert!(get(&account, "").starts_with("HTTP/1.1 200"));
        drop(account);
        assert!(served.upgrade().is_none(), "the server still holds the account");
    }

    #[test]
    fn an_account_starts_without_a_runtime() {
        assert!(get(&small(), "").starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn headers_are_read_and_sent() {
        let account = small();
        let response = get(&account, "");
        let etag = response.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = get(&account, &format!("If-None-Match: {etag}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        assert!(again.contains(&format!("etag: {etag}")));
        assert!(again.ends_with("\r\n\r\n"), "{again}");
    }

    #[test]
    fn debug_output_contains_no_key() {
        assert!(!format!("{:?}", small()).contains("smx_"));
    }
}
