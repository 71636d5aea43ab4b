//! The client and its builder.

pub(crate) mod base_url;
pub(crate) mod raw_request;
#[allow(dead_code, reason = "only some surfaces have signed uploads")]
pub(crate) mod signed_url;
pub(crate) mod surface;
pub(crate) mod tls;

use std::env::{self, VarError};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Method, StatusCode};

use self::raw_request::RawRequest;
use self::surface::Surface;
use crate::clock::{Clock, System};
use crate::defaults;
use crate::error::{Error, Kind};
use crate::observer::Observer;
use crate::transport::call::{AttemptHeaders, Call, Core, Endpoint};
use crate::transport::credential::{Credential, CredentialWarning};
use crate::transport::rate_limiter::RateLimiter;
use crate::transport::retry::RetryPolicy;
use crate::transport::retry_budget::RetryBudget;

/// The environment variable that holds the credential.
const KEY_VARIABLE: &str = "SENDMUX_API_KEY";
/// The environment variable that holds the base URL.
const URL_VARIABLE: &str = "SENDMUX_BASE_URL";

/// A client of one surface of the API.
///
/// Cloning is cheap, and clones share connections, rate limiter and retry budget. Each operation is
/// a method that takes the required arguments and returns a request; optional arguments are set on
/// the request, which is sent when it is awaited.
///
/// # Examples
/// ```no_run
/// # async fn run() -> Result<(), sendmux_client::Error> {
/// use sendmux_client::management::Client;
///
/// let client = Client::new("smx_root_example")?;
/// let domains = client.list_domains().limit(10).await?;
/// println!("{} domains", domains.len());
/// # Ok(())
/// # }
/// ```
pub struct Client<S: Surface> {
    pub(crate) core: Arc<Core>,
    surface: PhantomData<S>,
}

// As for `Call`.
impl<S: Surface> RefUnwindSafe for Client<S> {}
impl<S: Surface> UnwindSafe for Client<S> {}

impl<S: Surface> Client<S> {
    /// Creates a client with defaults suitable for production.
    ///
    /// # Errors
    /// If the credential is empty or contains characters not allowed in a token, or if TLS cannot be
    /// configured.
    pub fn new(credential: impl Into<Credential>) -> Result<Self, Error> {
        Builder::new(credential.into()).build()
    }

    /// Creates a client from the environment: the credential from `SENDMUX_API_KEY`, the base URL
    /// from `SENDMUX_BASE_URL` if it is set and not empty.
    ///
    /// # Errors
    /// If the key is missing, empty or not valid UTF-8, or as for [`new`](Self::new).
    pub fn from_env() -> Result<Self, Error> {
        let key = variable(KEY_VARIABLE)?.ok_or_else(|| {
            let message = format!("{KEY_VARIABLE} is not set or empty; set it to an API key");
            Error::because(Kind::Configuration, message)
        })?;
        let builder = Builder::new(key.into());
        match variable(URL_VARIABLE)? {
            Some(url) => builder.base_url(url).build(),
            None => builder.build(),
        }
    }

    /// Returns a builder for a client with custom settings.
    pub fn builder(credential: impl Into<Credential>) -> Builder<S> {
        Builder::new(credential.into())
    }

    /// Returns a warning, worth a line in the log, if the credential's prefix belongs to another
    /// surface. Only the server decides whether the credential is accepted.
    pub fn credential_warning(&self) -> Option<CredentialWarning> {
        self.core.credential.warning(S::INFO.module, S::INFO.prefixes)
    }

    /// Returns the base URL, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.core.endpoint.baseurl
    }

    /// Starts a request to an operation that this crate does not know: its method, and its path
    /// below the base URL with `{name}` in place of each value, such as `/mailbox/drafts/{id}`.
    ///
    /// The path is a literal of the program, and values are set with [`path`](RawRequest::path), so
    /// that no value can lead to another operation.
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
            .field("surface", &S::INFO.module)
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// Returns the value of an environment variable, if it is set and not blank.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::because(Kind::Configuration, format!("{name} is not valid UTF-8")))
        }
    }
}

type ConfigureHttp = dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send;

/// A builder of a [`Client`].
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
#[must_use = "a builder does nothing until `build` is called"]
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
    configure_http: Option<Box<ConfigureHttp>>,
    root_certificates: Vec<Vec<u8>>,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    attempt_headers: Option<Box<AttemptHeaders>>,
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
            configure_http: None,
            root_certificates: Vec::new(),
            clock: Arc::new(System),
            observer: None,
            attempt_headers: None,
            surface: PhantomData,
        }
    }

    /// Sets the base URL of the API, with or without a trailing slash. Default: the server named in
    /// the surface's document.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows plain http to hosts other than loopback, which exposes the credential in transit.
    /// Default: false.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Sets the `User-Agent` of every request. Default: `sendmux-client/` and the version.
    pub fn user_agent(mut self, agent: impl Into<String>) -> Self {
        self.user_agent = Some(agent.into());
        self
    }

    /// Sets the timeout for establishing a connection. Default: 10 s. Ignored if a custom
    /// [`http_client`](Self::http_client) is set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of one attempt, from sending the request to the last byte of the response.
    /// Default: 30 s. Downloads and event streams are limited by
    /// [`idle_timeout`](Self::idle_timeout) instead.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the overall deadline of a call, including retries and backoff. Default: 120 s.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Sets the longest silence tolerated on a download or an event stream, before or during the
    /// response. Default: 60 s.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets the size limit, in bytes, of a response that is read into memory. Default: 128 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets the retry policy. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Enables or disables pacing: delaying requests so that the rate limit is not exceeded.
    /// Default: true.
    ///
    /// Clones share the rate limiter. It uses the limits that the server reports with its responses,
    /// which account for other programs with the same key; without them nothing is delayed. Requests
    /// are not delayed either while more than half of a window's limit remains; the rest is spread
    /// over the remaining window.
    pub fn pacing(mut self, pacing: bool) -> Self {
        self.pacing = pacing;
        self
    }

    /// Configures the default HTTP client: proxies, a client certificate, the connection pool. The
    /// function gets a builder that has this crate's TLS and redirect policy already.
    ///
    /// Proxies from the environment, such as `HTTPS_PROXY`, need no configuration. Ignored if a custom
    /// [`http_client`](Self::http_client) is set.
    ///
    /// # Examples
    /// ```no_run
    /// use sendmux_client::management::Client;
    ///
    /// let proxy = sendmux_client::reqwest::Proxy::https("http://proxy.example:3128")?;
    /// let builder = Client::builder("smx_root_example");
    /// let client = builder.configure_http(|http| http.proxy(proxy).pool_max_idle_per_host(4)).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure_http = Some(match self.configure_http {
            None => Box::new(configure),
            Some(before) => Box::new(|http| configure(before(http))),
        });
        self
    }

    /// Sets a custom HTTP client, with its own TLS, proxies and connection pool.
    ///
    /// To change only a part of the default one, use [`configure_http`](Self::configure_http). With the
    /// feature `rustls`, reqwest has no crypto provider of its own, and building a `reqwest::Client`
    /// panics unless the program has installed one for rustls or enables one of reqwest's TLS features.
    ///
    /// Its redirect policy applies; the default client follows redirects (307 and 308) only within
    /// one origin. A client that follows redirects to other origins sends them headers other than
    /// the credential, such as an upload token.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Adds root certificates in PEM, such as that of a company's proxy, to those that the platform
    /// trusts. Ignored if a custom [`http_client`](Self::http_client) is set.
    ///
    /// On Linux, the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the platform's
    /// certificates by those of a file or of directories; these are added to them. On a machine without
    /// any root certificate, a client with an https base URL cannot be built, and the error says where
    /// they were looked for; one with an http base URL works, and trusts no certificate.
    ///
    /// # Examples
    /// ```no_run
    /// use sendmux_client::management::Client;
    ///
    /// let pem = std::fs::read("/etc/ssl/company.pem")?;
    /// let client = Client::builder("smx_root_example").root_certificates(pem).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets the source of time and randomness, so that tests need not wait. Default: the system
    /// clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets an [`Observer`], which is told of each attempt, wait and call of the client and its
    /// clones. Default: none, which costs nothing.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Adds headers to each attempt, such as a trace context (`traceparent`). The function is called
    /// just before an attempt is sent, on the task that makes the call and, with the feature `tracing`,
    /// within the call's span.
    ///
    /// It gets an empty map. A header that the request has already stays as it is; one that the client
    /// sets itself, such as `Authorization` or `Host`, fails the call before the attempt is sent.
    /// Requests without the credential, such as those to signed URLs, get none of these headers.
    ///
    /// # Examples
    /// ```
    /// use sendmux_client::management::Client;
    /// use sendmux_client::reqwest::header::HeaderValue;
    ///
    /// fn deployment() -> HeaderValue {
    ///     HeaderValue::from_static("blue")
    /// }
    ///
    /// let client = Client::builder("smx_root_example")
    ///     .attempt_headers(|headers| {
    ///         headers.insert("x-deployment", deployment());
    ///     })
    ///     .build()?;
    /// # Ok::<(), sendmux_client::Error>(())
    /// ```
    pub fn attempt_headers(mut self, add: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> Self {
        self.attempt_headers = Some(Box::new(add));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// If the credential, the base URL or a root certificate is invalid, or if TLS cannot be
    /// configured.
    pub fn build(self) -> Result<Client<S>, Error> {
        self.credential.check()?;
        let url = self.base_url.as_deref().unwrap_or(S::INFO.server);
        let baseurl = base_url::parse(url, self.allow_plain_http)?;
        let http = match self.http {
            Some(client) => client,
            None => {
                // This is loopback. A proxy would see a credential that is meant to stay on this
                // machine.
                let direct = baseurl.starts_with("http://") && !self.allow_plain_http;
                let http = default_http(self.connect_timeout, direct);
                let plain = baseurl.starts_with("http://");
                let http = tls::configure(http, &self.root_certificates, plain)?;
                let http = match self.configure_http {
                    Some(configure) => configure(http),
                    None => http,
                };
                http.build().map_err(|error| {
                    Error::because(Kind::Configuration, "the HTTP client could not be built")
                        .with_source(Box::new(error.without_url()))
                })?
            }
        };
        let agent = self
            .user_agent
            .unwrap_or_else(|| concat!("sendmux-client/", env!("CARGO_PKG_VERSION")).to_owned());
        let user_agent = agent.parse().map_err(|_| {
            Error::because(Kind::Configuration, "the user agent is not a valid header value")
        })?;
        Ok(Client {
            core: Arc::new(Core {
                endpoint: Endpoint { baseurl, client: http },
                allow_plain_http: self.allow_plain_http,
                credential: self.credential,
                user_agent,
                attempt_timeout: self.attempt_timeout,
                call_timeout: self.call_timeout,
                idle_timeout: self.idle_timeout,
                max_response_bytes: self.max_response_bytes,
                retry: self.retry,
                retry_budget: RetryBudget::new(),
                rate_limiter: self.pacing.then(RateLimiter::new),
                clock: self.clock,
                observer: self.observer,
                attempt_headers: self.attempt_headers,
                mailbox_id: self.mailbox_id,
            }),
            surface: PhantomData,
        })
    }
}

impl<S: Surface> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("surface", &S::INFO.module).finish_non_exhaustive()
    }
}

fn default_http(connect: Duration, direct: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(connect)
        .referer(false)
        // Another crate may have compiled them in. A body is limited as it arrives.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        // Each attempt is counted, paid and spaced by the transport.
        .retry(reqwest::retry::never())
        .redirect(Policy::custom(same_origin));
    if direct { builder.no_proxy() } else { builder }
}

/// Follows a redirect within one origin that preserves the method. Any other redirect is returned as
/// the response: another origin must not see the credential, and a write turned into a GET would
/// succeed without meaning (RFC 9110, section 15.4).
fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
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
