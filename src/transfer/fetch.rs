//! Files behind a signed URL.

use std::fmt;
use std::time::Duration;

use reqwest::header::{HeaderValue, LOCATION, RANGE};
use reqwest::{Method, Request, Url};

use super::address;
use super::download::{self, Download};
use crate::call::operation::Operation;
use crate::call::{Call, Pending};
use crate::client::core::Core;
use crate::defaults::MAX_REDIRECTS;
use crate::error::{Error, Kind};
use crate::transport::retry::RetryPolicy;
use crate::{ByteRange, Client, Secret, Surface};

/// What spans and errors call it: the URL is a secret.
static FETCH: Operation = Operation {
    id: "fetchSignedUrl",
    method: "GET",
    path: "(signed URL)",
    permissions: &[],
    public: true,
    idempotency_key: false,
};

impl<S: Surface> Client<S> {
    /// The file behind a URL that the API handed out, such as an attachment's `download_url`: one
    /// that is absolute, or one from the root of this client's server.
    ///
    /// Whoever has such a URL has the file, so nothing else is sent along: the client's credential
    /// goes to no server with it, not even its own. Nothing shows the URL either, be it a span or an
    /// error. Redirects are followed, five at most, and never from https to http.
    ///
    /// # Errors
    /// [`Kind::Request`] for any URL but https, or http to loopback. Otherwise as [`Error`]
    /// describes.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// let message = client.get_message("msg_1").await?;
    /// for attachment in message.attachments.iter().flatten() {
    ///     if let Some(url) = &attachment.download_url {
    ///         let file = client.fetch_url(url.clone()).await?;
    ///         println!("{:?}: {} bytes", file.file_name(), file.bytes().await?.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch_url(&self, url: impl Into<Secret>) -> FetchUrl {
        FetchUrl { call: self.call(), url: url.into(), range: None }
    }
}

/// Request of [`Client::fetch_url`]: set what is optional, then `.await`
/// it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct FetchUrl {
    call: Call,
    url: Secret,
    range: Option<ByteRange>,
}

impl FetchUrl {
    /// Only this part of the file.
    pub fn range(mut self, range: ByteRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Longest time for this call with all its attempts and waits, up to the first byte.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.options.timeout = Some(timeout);
        self
    }

    /// When a failed attempt of this call is repeated, and how often in a row a download that broke
    /// off goes on without a byte coming.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.options.retry = Some(policy);
        self
    }

    async fn fetch(self) -> Result<Download, Error> {
        let mut url = address::resolve(&self.call.core, self.url.expose())
            .map_err(|error| error.with_operation(&FETCH))?;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::new(Method::GET, url.clone());
            if let Some(Ok(range)) =
                self.range.map(|range| HeaderValue::try_from(range.to_string()))
            {
                request.headers_mut().insert(RANGE, range);
            }
            let error = match download::begin(self.call.clone(), &FETCH, Ok(request.into())).await {
                Ok(download) => return Ok(download),
                Err(error) => error,
            };
            match redirected(&self.call.core, &url, &error) {
                Some(next) => url = next,
                None => return Err(error),
            }
        }
        let what = format!("the signed URL leads on more than {MAX_REDIRECTS} times");
        Err(Error::because(Kind::UnexpectedStatus, what).with_operation(&FETCH).sent())
    }
}

/// Where an answer leads on to (RFC 9110, section 15.4), if that may be followed: nothing but the
/// URL gives access, so another origin learns no more than the server wants it to.
fn redirected(core: &Core, from: &Url, error: &Error) -> Option<Url> {
    if !matches!(error.status()?.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = from.join(error.headers()?.get(LOCATION)?.to_str().ok()?).ok()?;
    let downgraded = from.scheme() == "https" && next.scheme() != "https";
    (!downgraded && address::check(core, &next).is_ok()).then_some(next)
}

impl IntoFuture for FetchUrl {
    type Output = Result<Download, Error>;
    type IntoFuture = Pending<Download>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.fetch())
    }
}

impl fmt::Debug for FetchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchUrl").field("range", &self.range).finish_non_exhaustive()
    }
}
