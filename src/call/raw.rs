//! Calls of operations that this crate has no method for.

use std::fmt::{self, Display};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::operation::{self, Operation};
use crate::call::request::{BuildError, Built, fill};
use crate::call::{Call, Pending};
use crate::list::items::Items;
use crate::list::page::Page;
use crate::list::pages::Pages;
use crate::transport::retry::RetryPolicy;
use crate::{Download, Response, Upload};

/// A call of an operation that is newer than this crate, made by
/// [`Client::request`](crate::Client::request).
///
/// It has the same credential, retries, limits, envelope and errors as every other call; what the
/// answer holds is for the caller to say. Like them, it is repeated once it may have been sent only
/// if it is a GET, PUT or DELETE or has an [`idempotency_key`](Self::idempotency_key).
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// use sendmux_client::Method;
///
/// #[derive(serde::Deserialize)]
/// struct Usage {
///     used_bytes: u64,
/// }
///
/// let usage = client.request(Method::GET, "/mailboxes/{public_id}/usage").path("public_id", "mbx_1");
/// println!("{} bytes", usage.send::<Usage>().await?.used_bytes);
/// # Ok(())
/// # }
/// ```
#[must_use = "a request is sent when what a finishing method returns is awaited"]
#[derive(Clone)]
pub struct RawRequest {
    call: Call,
    method: Method,
    template: &'static str,
    segments: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Body,
    keyed: bool,
}

#[derive(Clone)]
enum Body {
    None,
    Json(Vec<u8>),
    Bytes(Upload),
    /// What was given is no JSON.
    Refused,
}

impl RawRequest {
    pub(crate) fn new(call: Call, method: Method, template: &'static str) -> Self {
        let (segments, query) = (Vec::new(), Vec::new());
        Self { call, method, template, segments, query, body: Body::None, keyed: false }
    }

    /// Fills `{name}` in the path. The value stays one part of the path whatever is in it.
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.segments.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sends this as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.body = serde_json::to_vec(body).map_or(Body::Refused, Body::Json);
        self
    }

    /// Sends these bytes, with their media type.
    pub fn bytes(mut self, body: impl Into<Upload>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// Sends an `Idempotency-Key`, and takes the API's word for it that the call may then be
    /// repeated: only for operations that take one.
    pub fn idempotency_key(mut self, key: impl AsRef<str>) -> Self {
        self.keyed = true;
        self.header("Idempotency-Key", key)
    }

    /// Longest time for this call with all its attempts and waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.options.timeout = Some(timeout);
        self
    }

    /// When a failed attempt of this call is repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.options.retry = Some(policy);
        self
    }

    /// Sends another header along. One that HTTP forbids, or that the client itself answers for
    /// (such as `Authorization` or `Host`), fails the call before it is sent.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.call.options.header(name.as_ref(), value.as_ref());
        self
    }
}

/// How the answer is read.
impl RawRequest {
    /// Sends it; the answer is JSON in the API's envelope, `{ok, data, meta}`.
    ///
    /// # Errors
    /// As [`Error`](crate::Error) describes; [`Kind::Request`](crate::Kind::Request) if the path, a header or the body is unusable.
    pub fn send<T: DeserializeOwned + Send + 'static>(self) -> Pending<Response<T>> {
        self.finish(Call::enveloped)
    }

    /// Sends it; the answer is JSON without an envelope.
    ///
    /// # Errors
    /// As [`send`](Self::send) says.
    pub fn bare<T: DeserializeOwned + Send + 'static>(self) -> Pending<Response<T>> {
        self.finish(Call::bare)
    }

    /// Sends it; the answer is text.
    ///
    /// # Errors
    /// As [`send`](Self::send) says.
    pub fn text(self) -> Pending<Response<String>> {
        self.finish(Call::text)
    }

    /// Sends it; the answer's body, if there is one, is not read.
    ///
    /// # Errors
    /// As [`send`](Self::send) says.
    pub fn empty(self) -> Pending<Response<()>> {
        self.finish(Call::empty)
    }

    /// Sends it; the answer is bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send) says.
    pub fn download(self) -> Pending<Download> {
        self.finish(Call::download)
    }

    /// Sends it; the answer is one page of a list.
    ///
    /// # Errors
    /// As [`send`](Self::send) says.
    pub fn page<T: DeserializeOwned + Send + 'static>(self) -> Pending<Page<T>> {
        self.finish(Call::page)
    }

    /// All pages of a list, from the query parameter `cursor` on if it is set.
    pub fn pages<T: DeserializeOwned + Send + 'static>(mut self) -> Pages<T> {
        let operation = self.operation();
        let cursors: Vec<_> = self.query.extract_if(.., |(name, _)| name == "cursor").collect();
        let start = cursors.into_iter().next_back().map(|(_, cursor)| cursor);
        Pages::new(self.call.clone(), operation, start, move |cursor| match cursor {
            None => self.request(),
            Some(cursor) => self.clone().query("cursor", cursor).request(),
        })
    }

    /// All items of a list, page after page.
    pub fn stream<T: DeserializeOwned + Send + 'static>(self) -> Items<T> {
        self.pages().items()
    }

    fn finish<T>(
        self,
        read: impl FnOnce(Call, &'static Operation, Built) -> Pending<T>,
    ) -> Pending<T> {
        let (operation, request) = (self.operation(), self.request());
        read(self.call, operation, request)
    }

    fn operation(&self) -> &'static Operation {
        operation::undocumented(&self.method, self.template, self.keyed)
    }

    fn request(&self) -> Built {
        let endpoint = self.call.endpoint();
        let url = format!("{}{}", endpoint.baseurl, fill(self.template, &self.segments)?);
        let request = endpoint.client.request(self.method.clone(), url);
        let request = request.query(&self.query).header(ACCEPT, "application/json, */*;q=0.5");
        match &self.body {
            Body::None => Ok(request.build()?.into()),
            Body::Json(json) => Ok(request
                .header(CONTENT_TYPE, "application/json")
                .body(json.clone())
                .build()?
                .into()),
            Body::Bytes(upload) => Ok(upload.describe(request.build()?)),
            Body::Refused => Err(BuildError::Input("the body cannot be written as JSON")),
        }
    }
}

impl fmt::Debug for RawRequest {
    /// Without what fills the path and the query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &self.template)
            .finish_non_exhaustive()
    }
}
