//! The envelopes around JSON answers, and how an answer is decoded.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::answer::head::Head;
use crate::answer::meta::Meta;
use crate::call::operation::Operation;
use crate::error::{Error, Kind};
use crate::values::misfit::Misfit;

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
pub(crate) trait Outcome {
    fn ok(&self) -> bool;
}

impl<T> Outcome for Envelope<T> {
    fn ok(&self) -> bool {
        self.ok
    }
}

impl<T> Outcome for ListEnvelope<T> {
    fn ok(&self) -> bool {
        self.ok
    }
}

/// Decodes an enveloped success; `ok: false` under a 2xx status is an API error.
pub(crate) fn open<E: DeserializeOwned + Outcome>(
    operation: &'static Operation,
    head: &Head,
    body: &Bytes,
) -> Result<E, Error> {
    match serde_json::from_slice::<E>(body) {
        Ok(envelope) if envelope.ok() => Ok(envelope),
        _ if says_failure(body) => Err(Error::from_answer(operation, head.clone(), body)),
        Ok(_) => Err(Error::from_answer(operation, head.clone(), body)),
        Err(_) => Err(decode_error::<E>(operation, head, body)),
    }
}

/// Decodes JSON that has no envelope.
pub(crate) fn bare<T: DeserializeOwned>(
    operation: &'static Operation,
    head: &Head,
    body: &Bytes,
) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| decode_error::<T>(operation, head, body))
}

/// Decodes plain text.
pub(crate) fn text(
    operation: &'static Operation,
    head: &Head,
    body: &Bytes,
) -> Result<String, Error> {
    std::str::from_utf8(body).map(str::to_owned).map_err(|source| {
        Error::because(Kind::Decode, "the answer is not UTF-8 text")
            .with_operation(operation)
            .with_head(head.clone())
            .with_source(Box::new(source))
            .sent()
    })
}

fn says_failure(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Says {
        ok: bool,
    }
    serde_json::from_slice::<Says>(body).is_ok_and(|says| !says.ok)
}

/// Reads the body once more, slowly, to learn which field failed.
fn decode_error<T: DeserializeOwned>(
    operation: &'static Operation,
    head: &Head,
    body: &Bytes,
) -> Error {
    let Misfit { field, what } = Misfit::find::<T>(body);
    Error::new(Kind::Decode)
        .with_operation(operation)
        .with_head(head.clone())
        .with_body(body)
        .with_field(field)
        .with_source(what.into())
        .sent()
}
