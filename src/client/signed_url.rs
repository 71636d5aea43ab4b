//! Downloads from and uploads to signed URLs, without the client's credential.

use std::fmt;
use std::future::{IntoFuture, ready};
use std::marker::PhantomData;

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, EXPECT,
    HOST, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, RANGE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use reqwest::{Method, Request, Url};
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::client::base_url;
use crate::client::surface::Surface;
use crate::defaults::MAX_REDIRECTS;
use crate::download::range::ByteRange;
use crate::download::{self, Download};
use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::response::Response;
use crate::transport::call::{Call, Core, Pending, RequestBuilder, call_options};
use crate::transport::outbound_request::OutboundRequest;
use crate::upload::Upload;
use crate::values::secret::Secret;

/// The name of a download in spans and errors: the URL is a secret.
static FETCH: Operation = Operation {
    id: "fetchSignedUrl",
    method: "GET",
    path: "(signed URL)",
    permissions: &[],
    public: true,
    idempotency_key: false,
};

/// The name of an upload in spans and errors: the URL is a secret.
#[allow(dead_code, reason = "only some surfaces have signed uploads")]
static PUT: Operation = Operation { id: "putSignedUrl", method: "PUT", ..FETCH };

impl<S: Surface> Client<S> {
    /// Downloads the file behind a signed URL from the API, such as an attachment's `download_url`.
    /// The URL is absolute, or relative to the root of this client's server.
    ///
    /// Whoever has such a URL has access to the file, so the request carries no credential, not
    /// even to the client's own server, and neither spans nor errors contain the URL. At most five
    /// redirects are followed, and none from https to http.
    ///
    /// # Errors
    /// [`Kind::Request`] for any URL other than https, or http to loopback. See also [`Error`].
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// let message = client.get_message("msg_1").await?;
    /// for attachment in message.attachments.iter().flatten() {
    ///     if let Some(url) = &attachment.download_url {
    ///         let file = client.fetch_url(url.clone()).await?;
    ///         println!("{:?}: {} bytes", file.parts().file_name(), file.bytes().await?.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch_url(&self, url: impl Into<Secret>) -> FetchUrl {
        FetchUrl { call: self.call(), url: url.into(), range: None }
    }
}

/// The request of [`Client::fetch_url`]: set options, then `.await` it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct FetchUrl {
    call: Call,
    url: Secret,
    range: Option<ByteRange>,
}

impl FetchUrl {
    /// Limits the download to a range of the file.
    pub fn range(mut self, range: ByteRange) -> Self {
        self.range = Some(range);
        self
    }

    async fn fetch(self) -> Result<Download, Error> {
        let mut url = resolve(&self.call.core, self.url.expose())
            .map_err(|error| error.with_operation(&FETCH))?;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::new(Method::GET, url.clone());
            if let Some(Ok(range)) =
                self.range.map(|range| HeaderValue::try_from(range.to_string()))
            {
                request.headers_mut().insert(RANGE, range);
            }
            let error =
                match download::begin(self.call.clone(), &FETCH, Ok(request.into()), true).await {
                    Ok(download) => return Ok(download),
                    Err(error) => error,
                };
            match redirect(&self.call.core, &url, &error) {
                Some(next) => url = next,
                None => return Err(error),
            }
        }
        let message = format!("the signed URL redirects more than {MAX_REDIRECTS} times");
        Err(Error::because(Kind::UnexpectedStatus, message).with_operation(&FETCH).sent())
    }
}

call_options! {
    impl [] FetchUrl, |fetch| fetch.call.options;
    timeout: "The deadline covers the call up to the first byte of the body.";
    retry: "The policy also limits the consecutive attempts to resume an interrupted download.";
}

/// Returns the target of a redirect (RFC 9110, section 15.4) that may be followed: only the URL
/// grants access, so another origin learns nothing the server does not want it to.
fn redirect(core: &Core, from: &Url, error: &Error) -> Option<Url> {
    if !matches!(error.status()?.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = from.join(error.headers()?.get(LOCATION)?.to_str().ok()?).ok()?;
    let downgraded = from.scheme() == "https" && next.scheme() != "https";
    (!downgraded && check(core, &next).is_ok()).then_some(next)
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

/// Where and how to upload a file, as the API answers before a signed upload.
#[allow(dead_code, reason = "only some surfaces have signed uploads")]
pub(crate) trait SignedUploadTarget {
    /// The response to the upload.
    type Uploaded: DeserializeOwned + Send + 'static;

    fn url(&self) -> &Secret;

    fn method(&self) -> &str;

    fn max_size_bytes(&self) -> i64;

    /// The headers to send, and no others.
    fn headers(&self) -> Vec<(&str, &str)>;
}

/// An upload in two steps: a request `R` for a signed URL, then a PUT of the bytes to it, which
/// returns `U`.
///
/// Returned by `upload_signed` of the surfaces: set options, then `.await` it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct UploadSigned<R, U> {
    pub(crate) create: R,
    put: Call,
    upload: Upload,
    uploaded: PhantomData<fn() -> U>,
}

impl<R, U> UploadSigned<R, U> {
    #[allow(dead_code, reason = "only some surfaces have signed uploads")]
    pub(crate) fn new(create: R, put: Call, upload: Upload) -> Self {
        Self { create, put, upload, uploaded: PhantomData }
    }
}

call_options! {
    impl [R, U] UploadSigned<R, U>, |upload| upload.put.options;
    timeout: "The deadline applies to each of the two steps.";
    retry: "The policy applies to each of the two steps.";
}

impl<R, T, U> IntoFuture for UploadSigned<R, U>
where
    R: IntoFuture<Output = Result<Response<T>, Error>> + RequestBuilder + Send + 'static,
    R::IntoFuture: Send,
    T: SignedUploadTarget<Uploaded = U> + Send + Sync + 'static,
    U: DeserializeOwned + Send + 'static,
{
    type Output = Result<Response<U>, Error>;
    type IntoFuture = Pending<Response<U>>;

    fn into_future(mut self) -> Self::IntoFuture {
        let options = &mut self.create.call_mut().options;
        options.timeout = self.put.options.timeout.or(options.timeout);
        options.retry = self.put.options.retry.or(options.retry);
        Box::pin(async move {
            let target = self.create.await?;
            put(self.put, &*target, self.upload).await
        })
    }
}

impl<R, U> fmt::Debug for UploadSigned<R, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadSigned").field("upload", &self.upload).finish_non_exhaustive()
    }
}

/// Uploads a file to a signed URL.
#[allow(dead_code, reason = "only some surfaces have signed uploads")]
pub(crate) fn put<T: SignedUploadTarget>(
    call: Call,
    target: &T,
    upload: Upload,
) -> Pending<Response<T::Uploaded>> {
    match put_request(&call.core, target, upload) {
        Ok(request) => call.enveloped(&PUT, Ok(request)),
        Err(error) => Box::pin(ready(Err(error.with_operation(&PUT)))),
    }
}

/// Headers that the API must not request: they would carry a credential or break the framing of
/// the request.
const FORBIDDEN: [HeaderName; 13] = [
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_ENCODING,
    COOKIE,
    EXPECT,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Builds the PUT, with exactly the headers of the target and no credential.
fn put_request(
    core: &Core,
    target: &impl SignedUploadTarget,
    upload: Upload,
) -> Result<OutboundRequest, Error> {
    let invalid = |message: String| Error::because(Kind::Request, message);
    let len = upload.len();
    if !target.method().eq_ignore_ascii_case("PUT") {
        return Err(invalid("the signed upload requires a method other than PUT".to_owned()));
    }
    let max = target.max_size_bytes();
    if u64::try_from(max).is_ok_and(|max| max > 0 && len > max) {
        return Err(invalid(format!("the upload has {len} bytes; at most {max} are allowed")));
    }
    let mut request = Request::new(Method::PUT, resolve(core, target.url().expose())?);
    for (name, value) in target.headers() {
        let shown = name.escape_debug();
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value))
        else {
            return Err(invalid(format!(
                "the signed upload requires the invalid header `{shown}`"
            )));
        };
        if FORBIDDEN.contains(&name) || name.as_str().starts_with("proxy-") {
            return Err(invalid(format!("the signed upload requires the header `{name}`")));
        }
        if name == CONTENT_LENGTH {
            if value.to_str().ok().and_then(|text| text.trim().parse().ok()) != Some(len) {
                return Err(invalid(format!(
                    "the upload has {len} bytes, not the announced length"
                )));
            }
            continue;
        }
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(OutboundRequest::with_upload(request, upload))
}

/// Resolves a signed URL: absolute, or relative to the client's origin (the API's guide shows both
/// forms). The URL is a secret, so no error repeats it.
fn resolve(core: &Core, text: &str) -> Result<Url, Error> {
    let invalid =
        |message: &str| Error::because(Kind::Request, format!("the signed URL {message}"));
    let base = Url::parse(&core.endpoint.baseurl).map_err(|_| invalid("has no origin"))?;
    let rooted = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
    let url = if rooted { base.join(text) } else { Url::parse(text) };
    let url = url.map_err(|_| invalid("is not absolute"))?;
    check(core, &url).map_err(invalid)?;
    Ok(url)
}

/// Returns why a URL must not be requested, if so.
fn check(core: &Core, url: &Url) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user name or password");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if core.allow_plain_http || base_url::is_loopback(url) => Ok(()),
        "http" => Err("is plain http, which exposes the file in transit"),
        _ => Err("is neither https nor http"),
    }
}
