//! Requests to operations that this crate has no method for.

use std::fmt::{self, Display};

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::download::Download;
use crate::operation::{self, Operation};
use crate::paging::page::Page;
use crate::paging::pages::{Items, Pages};
use crate::response::Response;
use crate::transport::call::{Call, Pending, call_headers, call_options};
use crate::transport::outbound_request::{BuildError, BuildResult, OutboundRequest, expand_path};
use crate::transport::query::{QueryValue, with_query};
use crate::upload::Upload;

/// A request to an operation that this crate does not know, returned by
/// [`Client::request`](crate::Client::request).
///
/// It uses the same credential, retries, limits, envelope and errors as every other request; the
/// caller chooses the type of the response. Once it may have been sent, it is retried only if it is
/// a GET, PUT or DELETE, or has an [`idempotency_key`](Self::idempotency_key).
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
#[must_use = "a request does nothing until a method such as `send` is awaited"]
#[derive(Clone)]
pub struct RawRequest {
    call: Call,
    method: Method,
    template: &'static str,
    segments: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: RawBody,
    keyed: bool,
}

#[derive(Clone)]
enum RawBody {
    None,
    Json(Vec<u8>),
    Bytes(Upload),
    /// The value cannot be serialized as JSON.
    Invalid,
}

impl RawRequest {
    pub(crate) fn new(call: Call, method: Method, template: &'static str) -> Self {
        let (segments, query) = (Vec::new(), Vec::new());
        Self { call, method, template, segments, query, body: RawBody::None, keyed: false }
    }

    /// Sets the value of `{name}` in the path. It is encoded as a single path segment.
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.segments.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.body = serde_json::to_vec(body).map_or(RawBody::Invalid, RawBody::Json);
        self
    }

    /// Sets a body of bytes, with its media type.
    pub fn bytes(mut self, body: impl Into<Upload>) -> Self {
        self.body = RawBody::Bytes(body.into());
        self
    }

    /// Sets the `Idempotency-Key` and marks the request as safe to repeat. Use only with operations
    /// that take a key.
    pub fn idempotency_key(mut self, key: impl AsRef<str>) -> Self {
        self.keyed = true;
        self.header("Idempotency-Key", key.as_ref())
    }
}

call_options! {
    impl [] RawRequest, |request| request.call.options;
}
call_headers! {
    impl [] RawRequest, |request| request.call.options
}

/// Methods that send the request and decode the response.
impl RawRequest {
    /// Sends the request and decodes the `data` of the API's envelope, `{ok, data, meta}`.
    ///
    /// # Errors
    /// See [`Error`](crate::Error). [`Kind::Request`](crate::Kind::Request) if the path, a header or
    /// the body is invalid.
    pub fn send<T: DeserializeOwned + Send + 'static>(self) -> Pending<Response<T>> {
        self.finish(Call::enveloped)
    }

    /// Sends the request and decodes a JSON response without an envelope.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn bare<T: DeserializeOwned + Send + 'static>(self) -> Pending<Response<T>> {
        self.finish(Call::bare)
    }

    /// Sends the request and returns a text response.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn text(self) -> Pending<Response<String>> {
        self.finish(Call::text)
    }

    /// Sends the request and ignores the body of the response.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn empty(self) -> Pending<Response<()>> {
        self.finish(Call::empty)
    }

    /// Sends the request and returns the response as a stream of bytes.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn download(self) -> Pending<Download> {
        self.finish(Call::download)
    }

    /// Sends the request and decodes one page of a list.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn page<T: DeserializeOwned + Send + 'static>(self) -> Pending<Page<T>> {
        self.finish(Call::page)
    }

    /// Returns a stream of the pages of a list, from the query parameter `cursor` on if it is set.
    pub fn pages<T: DeserializeOwned + Send + 'static>(mut self) -> Pages<T> {
        let operation = self.operation();
        let cursors: Vec<_> = self.query.extract_if(.., |(name, _)| name == "cursor").collect();
        let start = cursors.into_iter().next_back().map(|(_, cursor)| cursor);
        Pages::new(self.call.clone(), operation, start, move |cursor| match cursor {
            None => self.request(),
            Some(cursor) => self.clone().query("cursor", cursor).request(),
        })
    }

    /// Returns a stream of the items of a list.
    pub fn stream<T: DeserializeOwned + Send + 'static>(self) -> Items<T> {
        self.pages().items()
    }

    fn finish<T>(
        self,
        read: impl FnOnce(Call, &'static Operation, BuildResult) -> Pending<T>,
    ) -> Pending<T> {
        let (operation, request) = (self.operation(), self.request());
        read(self.call, operation, request)
    }

    fn operation(&self) -> &'static Operation {
        operation::undocumented(&self.method, self.template, self.keyed)
    }

    fn request(&self) -> BuildResult {
        let endpoint = self.call.endpoint();
        let url = format!("{}{}", endpoint.baseurl, expand_path(self.template, &self.segments)?);
        let query: Vec<(&str, &dyn QueryValue)> =
            self.query.iter().map(|(name, value)| (name.as_str(), value as _)).collect();
        let request = endpoint.client.request(self.method.clone(), with_query(&url, &query)?);
        let request = request.header(ACCEPT, "application/json, */*;q=0.5");
        match &self.body {
            RawBody::None => Ok(request.build()?.into()),
            RawBody::Json(json) => Ok(request
                .header(CONTENT_TYPE, "application/json")
                .body(json.clone())
                .build()?
                .into()),
            RawBody::Bytes(upload) => {
                Ok(OutboundRequest::with_typed_upload(request.build()?, upload))
            }
            RawBody::Invalid => Err(BuildError::Input("the body cannot be serialized as JSON")),
        }
    }
}

impl fmt::Debug for RawRequest {
    /// Omits the values of the path and the query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &self.template)
            .finish_non_exhaustive()
    }
}
