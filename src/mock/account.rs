//! The account as a server on loopback.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

use super::answer::{Answer, ErrorShape};
use super::routes;
use super::world::World;

const KEY: &str = "smx_root_demo_account";
const PATH: &str = "/api/v1";
const REQUESTS_PER_WINDOW: u64 = 600;
const WINDOW_SECONDS: i64 = 60;

/// A made-up account, served until this value is dropped.
pub struct DemoAccount {
    server: MockServer,
    base_url: String,
}

impl DemoAccount {
    /// The account of seed 1, as of now.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// An account with settings of its own.
    pub fn builder() -> Builder {
        Builder {
            seed: 1,
            now: None,
            emails_per_day: 40,
            refused: BTreeSet::new(),
            shape: ErrorShape::Current,
            failures: Vec::new(),
        }
    }

    /// Base URL to give to a client.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The account's key, a root key that is worth nothing elsewhere.
    pub fn key(&self) -> &'static str {
        KEY
    }
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoAccount")
            .field("address", self.server.address())
            .finish_non_exhaustive()
    }
}

/// Settings of a [`DemoAccount`].
#[derive(Debug, Clone)]
#[must_use = "settings do nothing until `start` is called"]
pub struct Builder {
    seed: u64,
    now: Option<i64>,
    emails_per_day: u32,
    refused: BTreeSet<String>,
    shape: ErrorShape,
    failures: Vec<u16>,
}

impl Builder {
    /// What the world is generated from. Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The present moment in the account's world, in seconds since 1970. Default: the system's
    /// clock at the start.
    pub fn now(mut self, unix_seconds: i64) -> Self {
        self.now = Some(unix_seconds);
        self
    }

    /// About how many e-mails a working day has, over 60 days. Default: 40.
    pub fn emails_per_day(mut self, count: u32) -> Self {
        self.emails_per_day = count;
        self
    }

    /// Takes a permission such as `billing.read` from the key.
    pub fn without_permission(mut self, permission: impl Into<String>) -> Self {
        self.refused.insert(permission.into());
        self
    }

    /// Writes errors in the API's older shape, without `retryable`.
    pub fn legacy_errors(mut self) -> Self {
        self.shape = ErrorShape::Legacy;
        self
    }

    /// Answers the next requests with this status, once for each call of this method, in order.
    pub fn fail_next(mut self, status: u16) -> Self {
        self.failures.push(status);
        self
    }

    /// Generates the account and serves it.
    pub fn start(self) -> DemoAccount {
        let now = self.now.unwrap_or_else(wall_clock);
        let service = Service {
            world: World::generate(self.seed, now, self.emails_per_day),
            now,
            refused: self.refused,
            shape: self.shape,
            state: Mutex::new(State {
                requests: 0,
                failures: self.failures.into_iter().rev().collect(),
            }),
        };
        let server = MockServer::start();
        server.mock(|when, then| {
            when.any_request();
            then.respond_with(move |request| service.respond(request));
        });
        let base_url = server.url(PATH);
        DemoAccount { server, base_url }
    }
}

fn wall_clock() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

struct Service {
    world: World,
    now: i64,
    refused: BTreeSet<String>,
    shape: ErrorShape,
    state: Mutex<State>,
}

struct State {
    requests: u64,
    /// Statuses to fail with, the next one last.
    failures: Vec<u16>,
}

impl Service {
    fn respond(&self, request: &HttpMockRequest) -> HttpMockResponse {
        let (number, failure) = match self.state.lock() {
            Ok(mut state) => {
                state.requests += 1;
                (state.requests, state.failures.pop())
            }
            // Only a panic while counting could poison the lock; then every request is the first.
            Err(_) => (1, None),
        };
        let answer = match failure {
            Some(status) => Answer::failure(status),
            None => self.answer(request),
        };
        let sent_etag = header(request, "if-none-match");
        let mut response = answer.render(number, self.shape, sent_etag.as_deref());
        let used = (number - 1) % REQUESTS_PER_WINDOW + 1;
        let headers = response.headers.get_or_insert_default();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("x-ratelimit-limit", REQUESTS_PER_WINDOW.to_string());
        add("x-ratelimit-remaining", (REQUESTS_PER_WINDOW - used).to_string());
        add("x-ratelimit-reset", (wall_clock() + WINDOW_SECONDS).to_string());
        add("cache-control", "no-store".to_owned());
        response
    }

    fn answer(&self, request: &HttpMockRequest) -> Answer {
        if header(request, "authorization").as_deref() != Some(&format!("Bearer {KEY}")) {
            return Answer::unauthorized();
        }
        let uri = request.uri();
        let path = uri.path().strip_prefix(PATH).unwrap_or_default().to_owned();
        let query = uri.query().unwrap_or_default();
        routes::answer(&self.world, self.now, &self.refused, request.method_str(), &path, query)
    }
}

fn header(request: &HttpMockRequest, name: &str) -> Option<String> {
    let mut headers = request.headers_vec().iter();
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}
