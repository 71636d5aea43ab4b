//! A server of mocks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use httpmock::{HttpMockResponse, MockServer};

use super::answer::Answer;
use super::clock::{LIMIT, Quick};
use super::expected::Expected;
use super::handle::{Mock, Mockable};
use super::received::Received;
use super::reply::Reply;
use crate::client::surface::Surface;
use crate::{Builder, Client};

const PATH: &str = "/api/v1";

/// An API on loopback that answers what a test tells it to, served until this value is dropped.
///
/// A mock is made from the very request that is expected, so it has the request's types and its
/// encoding: what the request sets must come, and what it leaves open may. Of several mocks that
/// fit, the one that asks for most answers, and of equals the newest. What no mock fits is answered
/// with 501 `no_mock`, whose message says what was asked and which mocks there are.
///
/// Starting works inside a Tokio runtime of any kind and without one. A process can have 25 servers
/// at a time, together with [demo accounts](super::super::DemoAccount); starting one more waits until
/// another is dropped. Answers come whole: an event stream ends after its last event.
///
/// # Examples
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sendmux_client::Error> {
/// use sendmux_client::management::{Client, types::{EmailLog, EmailStatus}};
/// use sendmux_client::mock::{Sample, Server};
///
/// let server = Server::start();
/// let client: Client = server.client();
/// let mut log = EmailLog::sample();
/// log.status_reason = Some("550 no such user".to_owned());
/// let failed = server
///     .when(client.list_email_logs().status(EmailStatus::Failed))
///     .then(|answer| answer.error(503, "service_unavailable", "Come back later"))
///     .then(|answer| answer.page([&log]).rate_limit(600, 599, 1_800_000_000));
///
/// let page = client.list_email_logs().status(EmailStatus::Failed).limit(10).await?;
/// assert_eq!(page[0].status_reason.as_deref(), Some("550 no such user"));
/// failed.assert_calls(2);
/// # Ok(())
/// # }
/// ```
pub struct Server {
    http: MockServer,
    board: Arc<Mutex<Board>>,
    base_url: String,
}

/// The mocks, and what came in.
#[derive(Default)]
pub(super) struct Board {
    pub(super) entries: Vec<Entry>,
    requests: usize,
    unmatched: Vec<Received>,
}

type Test = Box<dyn Fn(&Received) -> bool + Send + Sync>;

pub(super) struct Entry {
    pub(super) expected: Expected,
    pub(super) tests: Vec<Test>,
    pub(super) replies: Vec<Reply>,
    pub(super) received: Vec<Received>,
    /// What is answered if there are no replies.
    sample: Reply,
}

impl Server {
    /// Serves, with no mock yet.
    ///
    /// # Panics
    /// If no port of the loopback interface can be had.
    pub fn start() -> Self {
        let http = MockServer::start();
        let board = Arc::new(Mutex::new(Board::default()));
        let served = Arc::clone(&board);
        http.mock(|when, then| {
            when.any_request();
            then.respond_with(move |request| {
                let received = Received::new(request, PATH);
                served.lock().unwrap_or_else(PoisonError::into_inner).answer(received)
            });
        });
        let base_url = http.url(PATH);
        Self { http, board, base_url }
    }

    /// Base URL to give to a client.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A client of this server, of the surface that the context asks for.
    ///
    /// Its clock is one that no test waits for: waits between attempts are over at once, and no
    /// time limit runs out.
    ///
    /// # Panics
    /// If the client cannot be built.
    #[track_caller]
    pub fn client<S: Surface>(&self) -> Client<S> {
        let client = self.builder().build();
        client.unwrap_or_else(|error| panic!("no client of the mock server: {error}"))
    }

    /// The same, with settings still to be made.
    pub fn builder<S: Surface>(&self) -> Builder<S> {
        let prefix = S::ABOUT.prefixes.first().copied().unwrap_or_default();
        Client::<S>::builder(format!("{prefix}mock"))
            .base_url(self.base_url())
            .attempt_timeout(LIMIT)
            .call_timeout(LIMIT)
            .idle_timeout(LIMIT)
            .clock(Quick::new())
    }

    /// A mock of this request: of all that set the same path, query, headers and JSON body. Query
    /// parameters and headers that the request leaves out may come or not.
    ///
    /// # Panics
    /// If the request could not be sent, such as one with an empty id.
    #[track_caller]
    pub fn when<R: Mockable>(&self, request: R) -> Mock<R> {
        self.add(request.expected())
    }

    /// A mock of all requests of an operation.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::management::{self, types::WebhookCreate};
    /// use sendmux_client::mock::Server;
    ///
    /// let server = Server::start();
    /// let created = server.when_any::<management::CreateWebhook>();
    /// let client: management::Client = server.client();
    /// let none: [&str; 0] = [];
    /// client.create_webhook(WebhookCreate::new("https://example.com", none)).await?;
    /// let sent: WebhookCreate = created.received()[0].json();
    /// assert_eq!(sent.url, "https://example.com");
    /// # Ok(())
    /// # }
    /// ```
    pub fn when_any<R: Mockable>(&self) -> Mock<R> {
        self.add(R::any())
    }

    fn add<R: Mockable>(&self, expected: Expected) -> Mock<R> {
        let Answer { reply: sample, .. } = Answer::<R::Form>::sample();
        let (tests, replies, received) = Default::default();
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        board.entries.push(Entry { expected, tests, replies, received, sample });
        Mock::new(Arc::clone(&self.board), board.entries.len() - 1)
    }

    /// The requests that no mock fitted, oldest first.
    pub fn unmatched(&self) -> Vec<Received> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).unmatched.clone()
    }

    /// # Panics
    /// If a request came that no mock fitted. The message says what was asked and which mocks there
    /// are.
    #[track_caller]
    pub fn assert_matched(&self) {
        let (none, report) = {
            let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
            (board.unmatched.is_empty(), board.report())
        };
        assert!(none, "a request without a mock\n{report}");
    }
}

impl Board {
    fn answer(&mut self, received: Received) -> HttpMockResponse {
        self.requests += 1;
        let number = self.requests;
        let fits = |entry: &&mut Entry| {
            entry.expected.meets(&received) && entry.tests.iter().all(|test| test(&received))
        };
        let found = self
            .entries
            .iter_mut()
            .filter(fits)
            .max_by_key(|entry| entry.expected.demands() + entry.tests.len());
        if let Some(entry) = found {
            let last = entry.replies.len().saturating_sub(1);
            let reply = entry.replies.get(entry.received.len().min(last)).unwrap_or(&entry.sample);
            let response = reply.write(number);
            entry.received.push(received);
            return response;
        }
        let message = format!("no mock for {received}; {}", self.mocks());
        self.unmatched.push(received);
        let mut reply = Reply::error(501, "no_mock", &message);
        if let super::reply::Body::Error(error) = &mut reply.body {
            error["retryable"] = false.into();
        }
        reply.write(number)
    }

    fn mocks(&self) -> String {
        if self.entries.is_empty() {
            return "there are no mocks".to_owned();
        }
        let mocks = self.entries.iter().map(|entry| {
            let id = entry.expected.operation().id;
            format!("{} ({id}, {} calls)", entry.expected, entry.received.len())
        });
        format!("mocks: {}", mocks.collect::<Vec<_>>().join("; "))
    }

    /// What came and what was there for it.
    pub(super) fn report(&self) -> String {
        let asked: Vec<String> = self.unmatched.iter().map(ToString::to_string).collect();
        let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join("; ") };
        format!("asked without a mock: {asked}\n{}", self.mocks())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server goes back to a pool, where it would still answer as this one.
        self.http.reset();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
