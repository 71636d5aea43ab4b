//! The client and how it is set up.

pub(crate) mod base_url;
pub(crate) mod core;
pub(crate) mod credential;
pub(crate) mod surface;
mod tls;

use std::env::{self, VarError};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Method, StatusCode};

use self::core::Core;
use self::credential::{Credential, CredentialWarning};
use self::surface::Surface;
use crate::call::Call;
use crate::call::raw::RawRequest;
use crate::call::request::Endpoint;
use crate::clock::{Clock, System};
use crate::defaults;
use crate::error::{Error, Kind};
use crate::transport::budget::Budget;
use crate::transport::pacer::Pacer;
use crate::transport::retry::RetryPolicy;

/// Environment variable with the credential.
pub(crate) const KEY_VARIABLE: &str = "SENDMUX_API_KEY";
/// Environment variable with the base URL.
pub(crate) const URL_VARIABLE: &str = "SENDMUX_BASE_URL";

/// A client of one surface of the API.
///
/// Cloning is cheap, and clones share connections. Each operation is a method that takes what is
/// required and returns a request; what is optional is set on the request, which is sent when it is
/// awaited.
pub struct Client<S: Surface> {
    pub(crate) core: Arc<Core>,
    surface: PhantomData<S>,
}

impl<S: Surface> Client<S> {
    /// A client with defaults fit for production.
    ///
    /// # Errors
    /// If the credential is empty or has characters that no token has, or if TLS cannot be set up.
    pub fn new(credential: impl Into<Credential>) -> Result<Self, Error> {
        Builder::new(credential.into()).build()
    }

    /// A client from the environment: the credential from `SENDMUX_API_KEY`, the base URL from
    /// `SENDMUX_BASE_URL` if that is set and not empty.
    ///
    /// # Errors
    /// If the key is missing, empty or not text, or as [`new`](Self::new) says.
    pub fn from_env() -> Result<Self, Error> {
        let key = variable(KEY_VARIABLE)?.ok_or_else(|| {
            let what = format!("{KEY_VARIABLE} is not set or empty; set it to an API key");
            Error::because(Kind::Configuration, what)
        })?;
        let builder = Builder::new(key.into());
        match variable(URL_VARIABLE)? {
            Some(url) => builder.base_url(url).build(),
            None => builder.build(),
        }
    }

    /// A client with settings of its own, which may include a `reqwest::Client`. For those that a
    /// program builds, this makes ring rustls' provider of the process if it has none yet.
    pub fn builder(credential: impl Into<Credential>) -> Builder<S> {
        tls::offer_provider();
        Builder::new(credential.into())
    }

    /// A hint that the credential's prefix belongs to another surface, if it does. Worth a line in
    /// the log; only the server knows for sure.
    pub fn credential_warning(&self) -> Option<CredentialWarning> {
        self.core.credential.warning(&S::ABOUT)
    }

    /// The base URL that calls go to, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.core.endpoint.baseurl
    }

    /// A call of an operation that is newer than this crate: its method, and its path below the
    /// base URL with `{name}` where a value goes, such as `/mailbox/drafts/{id}`.
    ///
    /// The path belongs to the program's text, and values go in by
    /// [`path`](RawRequest::path), so that none can lead to another operation.
    pub fn request(&self, method: Method, path: &'static str) -> RawRequest {
        RawRequest::new(self.call(), method, path)
    }

    pub(crate) fn call(&self) -> Call {
        Call::new(Arc::clone(&self.core))
    }
}

impl<S: Surface> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), surface: PhantomData }
    }
}

impl<S: Surface> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("surface", &S::ABOUT.module)
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// A variable's value, if it is set and not blank.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::because(Kind::Configuration, format!("{name} is not text (UTF-8)")))
        }
    }
}

/// Settings of a [`Client`].
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use sendmux_client::management::Client;
///
/// let client = Client::builder("smx_root_example")
///     .base_url("http://127.0.0.1:8080/api/v1")
///     .user_agent("nightly-report/2.1")
///     .attempt_timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), sendmux_client::Error>(())
/// ```
#[must_use = "settings do nothing until `build` is called"]
pub struct Builder<S: Surface> {
    credential: Credential,
    base_url: Option<String>,
    allow_plain_http: bool,
    user_agent: Option<String>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    call_timeout: Duration,
    idle_timeout: Duration,
    max_response_bytes: usize,
    retry: RetryPolicy,
    pacing: bool,
    pub(crate) mailbox_id: Option<String>,
    http: Option<reqwest::Client>,
    clock: Arc<dyn Clock>,
    surface: PhantomData<S>,
}

impl<S: Surface> Builder<S> {
    fn new(credential: Credential) -> Self {
        Self {
            credential,
            base_url: None,
            allow_plain_http: false,
            user_agent: None,
            connect_timeout: defaults::CONNECT_TIMEOUT,
            attempt_timeout: defaults::ATTEMPT_TIMEOUT,
            call_timeout: defaults::CALL_TIMEOUT,
            idle_timeout: defaults::IDLE_TIMEOUT,
            max_response_bytes: defaults::MAX_RESPONSE_BYTES,
            retry: RetryPolicy::default(),
            pacing: true,
            mailbox_id: None,
            http: None,
            clock: Arc::new(System),
            surface: PhantomData,
        }
    }

    /// Where the API is, with or without a trailing slash. Default: the server that the surface's
    /// document names.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows plain http to hosts other than loopback, which shows the credential to everyone on
    /// the way. Default: false.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// `User-Agent` of every request. Default: `sendmux-client/` and the version.
    pub fn user_agent(mut self, agent: impl Into<String>) -> Self {
        self.user_agent = Some(agent.into());
        self
    }

    /// Longest time to wait for a connection. Default: 10 s. Without effect on an own
    /// [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time for one attempt, from sending to the last byte of the answer. Default: 30 s.
    /// Downloads and event streams are bounded by [`idle_timeout`](Self::idle_timeout) instead.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Longest time for a call with all its attempts and waits. Default: 120 s.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Longest silence on a download or an event stream, before the answer or within it. Default:
    /// 60 s.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Largest answer that is read into memory, in bytes. Default: 128 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// When a failed attempt is repeated. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Whether requests are held back so that the rate limit is not reached. Default: true.
    ///
    /// Clones share the pacing. It goes by the figures that the server sends with its answers, so
    /// other programs with the same key are allowed for, and without figures nothing is held back.
    /// Nor is it while more than half of a window's allowance is left; what is left then is spread
    /// over the rest of the window.
    pub fn pacing(mut self, pacing: bool) -> Self {
        self.pacing = pacing;
        self
    }

    /// An HTTP client with settings of its own: proxies, certificates, pools. It brings its own
    /// redirect policy; the default client follows redirects (307 and 308) only within one origin.
    /// One that follows redirects to other origins takes headers other than the credential along,
    /// such as an upload token.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Takes time and randomness from elsewhere: for tests, which then need not wait. Default: the
    /// system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// If the credential or the base URL is unusable, or if TLS cannot be set up.
    pub fn build(self) -> Result<Client<S>, Error> {
        self.credential.check()?;
        let url = self.base_url.as_deref().unwrap_or(S::ABOUT.server);
        let baseurl = base_url::parse(url, self.allow_plain_http)?;
        let http = match self.http {
            Some(client) => client,
            None => {
                // Only loopback may be plain then. A proxy would be shown the credential that was
                // meant to stay on this machine.
                let direct = baseurl.starts_with("http://") && !self.allow_plain_http;
                http_client(self.connect_timeout, direct)?
            }
        };
        let agent = self
            .user_agent
            .unwrap_or_else(|| concat!("sendmux-client/", env!("CARGO_PKG_VERSION")).to_owned());
        let user_agent = agent.parse().map_err(|_| {
            Error::because(Kind::Configuration, "the user agent cannot stand in a header")
        })?;
        Ok(Client {
            core: Arc::new(Core {
                endpoint: Endpoint { baseurl, client: http },
                plain_http: self.allow_plain_http,
                credential: self.credential,
                user_agent,
                attempt_timeout: self.attempt_timeout,
                call_timeout: self.call_timeout,
                idle_timeout: self.idle_timeout,
                max_response_bytes: self.max_response_bytes,
                retry: self.retry,
                budget: Budget::new(),
                pacer: self.pacing.then(Pacer::new),
                clock: self.clock,
                mailbox_id: self.mailbox_id,
            }),
            surface: PhantomData,
        })
    }
}

impl<S: Surface> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("surface", &S::ABOUT.module).finish_non_exhaustive()
    }
}

fn http_client(connect: Duration, direct: bool) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect)
        .referer(false)
        .redirect(Policy::custom(within_origin));
    if direct {
        builder = builder.no_proxy();
    }
    tls::configure(builder)?.build().map_err(|error| {
        Error::because(Kind::Configuration, "the HTTP client could not be set up")
            .with_source(Box::new(error.without_url()))
    })
}

/// Another origin gets neither the credential nor the request: the redirect itself is the answer.
/// So it is where following would turn a write into a GET, whose success would mean nothing (RFC
/// 9110, section 15.4).
fn within_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same =
        attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    let unchanged =
        matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    if same && unchanged && attempt.previous().len() <= defaults::MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}
