//! The account as a server on loopback.

mod builder;
mod faults;
mod service;
mod window;

use std::fmt;
use std::sync::Arc;

use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

pub use builder::Builder;

use service::{Request, Service};

use super::attachments::Wanted;

const KEY: &str = "smx_root_demo_account";
const MAILBOX_KEY: &str = "smx_mbx_demo_account";
const PATH: &str = "/api/v1";

/// A made-up account, served until this value is dropped.
///
/// It serves what a dashboard reads: the connection, sending accounts with their use and limits,
/// e-mail and inbox logs, metrics, billing, domains, mailboxes, webhooks and their deliveries.
/// Nothing of that can be changed. With its [mailbox key](Self::mailbox_key) it takes e-mails, single
/// and in batches, that go nowhere; those to `…@refused.example` it refuses. The mailbox has one
/// message, `msg_demo`, with two files, whose `download_url` needs no key, and others of which some
/// are still to come: each stream of its events brings two of them and closes, and the changes of
/// messages tell of all. Starting works inside a Tokio runtime of any kind and without one.
/// A process can have 25 accounts at a time; starting one more waits until another is dropped.
///
/// # Examples
/// ```
/// use sendmux_client::mock::DemoAccount;
///
/// let account = DemoAccount::start();
/// assert!(account.base_url().ends_with("/api/v1"));
/// assert!(account.key().starts_with("smx_root_"));
/// ```
pub struct DemoAccount {
    server: MockServer,
    service: Arc<Service>,
    base_url: String,
}

impl DemoAccount {
    /// The account of seed 1, as of now.
    ///
    /// # Panics
    /// If no port of the loopback interface can be had.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// An account with settings of its own.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn serve(service: Arc<Service>) -> Self {
        let server = MockServer::start();
        let served = Arc::clone(&service);
        server.mock(|when, then| {
            when.any_request();
            then.respond_with(move |request| respond(&served, request));
        });
        let base_url = server.url(PATH);
        Self { server, service, base_url }
    }

    /// Base URL to give to a client.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The account's key, a root key that is worth nothing elsewhere.
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// The key of the account's mailbox, which may send.
    pub fn mailbox_key(&self) -> &'static str {
        MAILBOX_KEY
    }

    /// How many e-mails it has taken; one that was sent again with its key counts once.
    pub fn emails_sent(&self) -> u64 {
        self.service.emails_sent()
    }
}

impl Drop for DemoAccount {
    fn drop(&mut self) {
        // The server goes back to a pool, where it would still answer as this account.
        self.server.reset();
    }
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoAccount")
            .field("address", self.server.address())
            .finish_non_exhaustive()
    }
}

fn respond(service: &Service, request: &HttpMockRequest) -> HttpMockResponse {
    let header = |name: &str| {
        let mut headers = request.headers_vec().iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let uri = request.uri();
    let reply = service.reply(&Request {
        method: request.method_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        authorization: header("authorization"),
        if_none_match: header("if-none-match"),
        idempotency_key: header("idempotency-key"),
        last_event_id: header("last-event-id"),
        wanted: Wanted { range: header("range"), if_range: header("if-range") },
        body: request.body_ref(),
    });
    let mut response = HttpMockResponse::builder().status(reply.status).body(reply.body).build();
    let headers = reply.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    response.headers = Some(headers.collect());
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn get(account: &DemoAccount, headers: &str) -> String {
        let mut stream = TcpStream::connect(account.server.address()).unwrap();
        let head = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        write!(stream, "{head}\r\nAuthorization: Bearer {KEY}\r\n{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn small() -> DemoAccount {
        DemoAccount::builder().emails_per_day(3).start()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn it_starts_within_a_runtime_and_serves_until_dropped() {
        let service = Arc::new(Builder::new().emails_per_day(3).service(|| 0));
        let served = Arc::downgrade(&service);
        let account = DemoAccount::serve(service);
        assert!(get(&account, "").starts_with("HTTP/1.1 200"));
        drop(account);
        assert!(served.upgrade().is_none(), "the server still holds the account");
    }

    #[test]
    fn it_starts_without_a_runtime() {
        assert!(get(&small(), "").starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn headers_go_both_ways() {
        let account = small();
        let answer = get(&account, "");
        let etag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = get(&account, &format!("If-None-Match: {etag}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        assert!(again.contains(&format!("etag: {etag}")));
        assert!(again.ends_with("\r\n\r\n"), "{again}");
    }

    #[test]
    fn formatting_shows_no_key() {
        assert!(!format!("{:?}", small()).contains("smx_"));
    }
}
