//! The server of mocks.

use std::fmt;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sendmux_mock::loopback::Loopback;

use super::matcher::Mockable;
use super::received::ReceivedRequest;
use super::registry::{Mock, SharedRegistry};
use crate::client::surface::Surface;
use crate::client::{Builder, Client};
use crate::clock::Clock;

const BASE_PATH: &str = "/api/v1";

/// Time limits of the clients; a server on loopback does not reach them.
const TIME_LIMIT: Duration = Duration::from_secs(48 * 60 * 60);

/// A longer sleep is the rest of a time limit.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// An API on loopback that answers as a test tells it to, served until this value is dropped.
///
/// A mock is made from the expected request itself, so it has the types and the encoding of that
/// request. All that the request sets must match; what it leaves out may have any value. Of
/// several mocks that match, the most specific one answers, then the newest one. If none matches,
/// the reply is 501 `no_mock`, and its message has the request and all mocks.
///
/// It starts inside any Tokio runtime and without one, and any number of servers can run at a time.
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
///     .then(|reply| reply.error(503, "service_unavailable", "Come back later"))
///     .then(|reply| reply.page([&log]).rate_limit(600, 599, 1_800_000_000));
///
/// let page = client.list_email_logs().status(EmailStatus::Failed).limit(10).await?;
/// assert_eq!(page[0].status_reason.as_deref(), Some("550 no such user"));
/// failed.assert_calls(2);
/// # Ok(())
/// # }
/// ```
pub struct Server {
    _http: Loopback,
    registry: SharedRegistry,
    base_url: String,
}

impl Server {
    /// Starts a server without mocks.
    ///
    /// # Panics
    /// If no port on the loopback interface is available.
    pub fn start() -> Self {
        let registry = SharedRegistry::default();
        let shared = registry.clone();
        let http = Loopback::start(move |request| {
            shared.lock().respond(ReceivedRequest::new(request, BASE_PATH))
        });
        let http =
            http.unwrap_or_else(|error| panic!("the server cannot listen on loopback: {error}"));
        let base_url = format!("{}{BASE_PATH}", http.url());
        Self { _http: http, registry, base_url }
    }

    /// Returns the base URL for clients.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Creates a client of this server, of the surface that the context asks for.
    ///
    /// Its clock is simulated: waits between attempts end at once, and no time limit expires.
    ///
    /// # Panics
    /// If the client cannot be built.
    #[track_caller]
    pub fn client<S: Surface>(&self) -> Client<S> {
        let client = self.builder().build();
        client.unwrap_or_else(|error| panic!("the mock server's client cannot be built: {error}"))
    }

    /// Creates a builder of such a client, to change its settings.
    pub fn builder<S: Surface>(&self) -> Builder<S> {
        let prefix = S::INFO.prefixes.first().copied().unwrap_or_default();
        Client::<S>::builder(format!("{prefix}mock"))
            .base_url(self.base_url())
            .attempt_timeout(TIME_LIMIT)
            .call_timeout(TIME_LIMIT)
            .idle_timeout(TIME_LIMIT)
            .clock(InstantClock::new())
    }

    /// Mocks a request: all requests with the same path, and with the query parameters, headers and
    /// body that it sets.
    ///
    /// # Panics
    /// If the request could not be sent, for example because an id is empty.
    #[track_caller]
    pub fn when<R: Mockable>(&self, request: R) -> Mock<R> {
        self.registry.add(request.matcher())
    }

    /// Mocks all requests of an operation.
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
        self.registry.add(R::any_matcher())
    }

    /// Returns the requests that matched no mock, oldest first.
    pub fn unmatched(&self) -> Vec<ReceivedRequest> {
        self.registry.lock().unmatched.clone()
    }

    /// Asserts that every request matched a mock.
    ///
    /// # Panics
    /// If one did not. The message lists the unmatched requests and all mocks.
    #[track_caller]
    pub fn assert_matched(&self) {
        let (matched, report) = {
            let registry = self.registry.lock();
            (registry.unmatched.is_empty(), registry.report())
        };
        assert!(matched, "requests without a mock\n{report}");
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A clock on which waits end at once and advance the time.
struct InstantClock {
    start: SystemTime,
    waited: Mutex<Duration>,
}

impl InstantClock {
    fn new() -> Self {
        Self { start: SystemTime::now(), waited: Mutex::default() }
    }
}

impl Clock for InstantClock {
    fn elapsed(&self) -> Duration {
        *self.waited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall(&self) -> SystemTime {
        self.start + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration >= LONGEST_WAIT {
            return Box::pin(pending());
        }
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        *waited = waited.saturating_add(duration);
        Box::pin(ready(()))
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}
