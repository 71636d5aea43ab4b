//! The envelopes around JSON responses, and their decoding.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::response::meta::Meta;
use crate::values::decode::DecodeFailure;

/// `{ok, data, meta}`.
#[derive(Deserialize)]
pub(crate) struct Envelope<T> {
    #[serde(default = "yes")]
    pub(crate) ok: bool,
    pub(crate) data: T,
    #[serde(default)]
    pub(crate) meta: Meta,
}

/// `{ok, data: [], pagination, meta}`.
#[derive(Deserialize)]
pub(crate) struct ListEnvelope<T> {
    #[serde(default = "yes")]
    pub(crate) ok: bool,
    pub(crate) data: Vec<T>,
    pub(crate) pagination: Pagination,
    #[serde(default)]
    pub(crate) meta: Meta,
}

impl<T> ListEnvelope<T> {
    /// Converts each item.
    pub(crate) fn map<U>(self, convert: impl FnMut(T) -> U) -> ListEnvelope<U> {
        let Self { ok, data, pagination, meta } = self;
        ListEnvelope { ok, data: data.into_iter().map(convert).collect(), pagination, meta }
    }
}

#[derive(Deserialize)]
pub(crate) struct Pagination {
    pub(crate) has_more: bool,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

fn yes() -> bool {
    true
}

/// An envelope that says whether the call succeeded.
pub(crate) trait EnvelopeStatus {
    fn ok(&self) -> bool;
}

impl<T> EnvelopeStatus for Envelope<T> {
    fn ok(&self) -> bool {
        self.ok
    }
}

impl<T> EnvelopeStatus for ListEnvelope<T> {
    fn ok(&self) -> bool {
        self.ok
    }
}

/// Decodes the envelope of a success response; `ok: false` under a 2xx status is an API error.
pub(crate) fn decode<E: DeserializeOwned + EnvelopeStatus>(
    operation: &'static Operation,
    head: &ResponseHead,
    body: &Bytes,
) -> Result<E, Error> {
    match serde_json::from_slice::<E>(body) {
        Ok(envelope) if envelope.ok() => Ok(envelope),
        Err(_) if !reports_failure(body) => Err(decode_error::<E>(operation, head, body)),
        _ => Err(Error::from_response(operation, head.clone(), body.clone())),
    }
}

/// Decodes JSON without an envelope.
pub(crate) fn decode_bare<T: DeserializeOwned>(
    operation: &'static Operation,
    head: &ResponseHead,
    body: &Bytes,
) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| decode_error::<T>(operation, head, body))
}

/// Decodes plain text.
pub(crate) fn decode_text(
    operation: &'static Operation,
    head: &ResponseHead,
    body: &Bytes,
) -> Result<String, Error> {
    std::str::from_utf8(body).map(str::to_owned).map_err(|source| {
        Error::because(Kind::Decode, "the response is not valid UTF-8")
            .with_operation(operation)
            .with_head(head.clone())
            .with_body(body.clone())
            .with_source(Box::new(source))
            .sent()
    })
}

fn reports_failure(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Status {
        ok: bool,
    }
    serde_json::from_slice::<Status>(body).is_ok_and(|status| !status.ok)
}

fn decode_error<T: DeserializeOwned>(
    operation: &'static Operation,
    head: &ResponseHead,
    body: &Bytes,
) -> Error {
    let DecodeFailure { path, reason } = DecodeFailure::find::<T>(body);
    Error::new(Kind::Decode)
        .with_operation(operation)
        .with_head(head.clone())
        .with_body(body.clone())
        .with_field(path)
        .with_source(reason.into())
        .sent()
}
