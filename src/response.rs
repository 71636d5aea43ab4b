//! The response of a call.

pub(crate) mod envelope;
pub(crate) mod meta;

use std::ops::Deref;

use bytes::Bytes;
use reqwest::header::CONTENT_DISPOSITION;
use serde::de::DeserializeOwned;

use self::envelope::Envelope;
use self::meta::Meta;
use crate::error::{Error, Kind};
use crate::http::content_disposition;
use crate::http::response_head::{ResponseHead, head_accessors};
use crate::operation::Operation;
use crate::transport;
use crate::transport::call::Call;
use crate::transport::outbound_request::BuildResult;

/// The data of a response, together with status, headers and metadata of the call.
///
/// Dereferences to the data.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let balance = client.get_balance().await?;
/// println!("{} (request {})", balance.balance, balance.request_id());
/// let data = balance.into_data();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Response<T> {
    data: T,
    meta: Meta,
    head: ResponseHead,
}

impl<T> Response<T> {
    head_accessors!();

    pub(crate) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Builds the error of a write that should have depended on the version of this response.
    pub(crate) fn missing_etag(&self, write: &'static Operation) -> Error {
        let message = "the resource was read without an `ETag`, so the write was not sent";
        let error = Error::because(Kind::MissingETag, message).with_operation(write);
        error.with_head(self.head.clone())
    }

    /// Returns the data, discarding the rest.
    pub fn into_data(self) -> T {
        self.data
    }

    /// Returns the `meta` object of the envelope; empty if the response has no envelope.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the request id, to quote in a support case; empty only if the server sent none.
    pub fn request_id(&self) -> &str {
        self.meta.request_id().or_else(|| self.head.request_id()).unwrap_or_default()
    }

    /// Returns the file name suggested in `Content-Disposition` (RFC 6266), as for the zone file of
    /// a domain: without directories or control characters, and never `..`.
    pub fn file_name(&self) -> Option<String> {
        content_disposition::file_name(self.head.headers.get(CONTENT_DISPOSITION)?.as_bytes())
    }

    /// Returns the `Location` header: the address of the created resource.
    pub fn location(&self) -> Option<&str> {
        self.head.text("location")
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

/// Sends a request whose response has an envelope.
pub(crate) async fn fetch<T: DeserializeOwned>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
) -> Result<Response<T>, Error> {
    let decode = |head: &_, body: &_| envelope::decode::<Envelope<T>>(operation, head, body);
    let (head, envelope) = transport::send_buffered(call, operation, request, decode).await?;
    Ok(Response { data: envelope.data, meta: envelope.meta, head })
}

/// Sends a request whose response is decoded by `read` and has no envelope.
pub(crate) async fn fetch_bare<T>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
    read: impl FnOnce(&ResponseHead, &Bytes) -> Result<T, Error>,
) -> Result<Response<T>, Error> {
    let (head, data) = transport::send_buffered(call, operation, request, read).await?;
    Ok(Response { data, meta: Meta::default(), head })
}
