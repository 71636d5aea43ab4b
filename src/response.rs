//! The response of a call.

pub(crate) mod envelope;
pub(crate) mod meta;
pub(crate) mod parts;

use std::ops::Deref;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use self::envelope::Envelope;
use self::meta::Meta;
use self::parts::ResponseParts;
use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::transport;
use crate::transport::call::Call;
use crate::transport::outbound_request::BuildResult;

/// The data of a response, together with status, headers and metadata of the call.
///
/// Dereferences to the data; everything else is in [`parts`](Self::parts).
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let balance = client.get_balance().await?;
/// println!("{} ({})", balance.balance, balance.parts().status());
/// let data = balance.into_data();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Response<T> {
    data: T,
    parts: ResponseParts,
}

impl<T> Response<T> {
    fn new(data: T, head: ResponseHead, meta: Meta) -> Self {
        Self::from_parts(data, ResponseParts::new(head, meta))
    }

    pub(crate) fn from_parts(data: T, parts: ResponseParts) -> Self {
        Self { data, parts }
    }

    /// Builds the error of a write that should have depended on the version of this response.
    pub(crate) fn missing_etag(&self, write: &'static Operation) -> Error {
        let message = "the resource was read without an `ETag`, so the write was not sent";
        let error = Error::because(Kind::MissingETag, message).with_operation(write);
        error.with_head(self.parts.head().clone())
    }

    /// Returns status, headers and metadata.
    pub fn parts(&self) -> &ResponseParts {
        &self.parts
    }

    /// Returns the data, discarding the rest.
    pub fn into_data(self) -> T {
        self.data
    }

    /// Returns the data, and status, headers and metadata.
    pub fn into_parts(self) -> (T, ResponseParts) {
        (self.data, self.parts)
    }

    /// Converts the data and keeps the rest.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Response<U> {
        Response { data: convert(self.data), parts: self.parts }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.data
    }
}

/// Serializes the data.
impl<T: Serialize> Serialize for Response<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.data.serialize(serializer)
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
    Ok(Response::new(envelope.data, head, envelope.meta))
}

/// Sends a request whose response is decoded by `read` and has no envelope.
pub(crate) async fn fetch_bare<T>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
    read: impl FnOnce(&ResponseHead, &Bytes) -> Result<T, Error>,
) -> Result<Response<T>, Error> {
    let (head, data) = transport::send_buffered(call, operation, request, read).await?;
    Ok(Response::new(data, head, Meta::default()))
}
