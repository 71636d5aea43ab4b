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

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    const OPERATION: Operation = Operation {
        id: "list",
        method: "GET",
        path: "/things",
        permissions: &[],
        public: false,
        idempotency_key: false,
    };

    fn head() -> ResponseHead {
        let headers = HeaderMap::new();
        ResponseHead { status: StatusCode::OK, headers, attempts: 1, idempotency_key: None }
    }

    fn one(body: &'static str) -> Result<i32, Error> {
        let body = Bytes::from_static(body.as_bytes());
        decode::<Envelope<i32>>(&OPERATION, &head(), &body).map(|envelope| envelope.data)
    }

    fn list(body: &'static str) -> Result<ListEnvelope<i32>, Error> {
        decode(&OPERATION, &head(), &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn an_envelope_is_a_success_unless_it_says_otherwise() {
        assert_eq!(one(r#"{"ok":true,"data":7}"#).unwrap(), 7);
        assert_eq!(one(r#"{"data":7}"#).unwrap(), 7);
        for failure in [
            r#"{"ok":false,"data":7}"#,
            r#"{"ok":false,"error":{"code":"not_found","message":"No."}}"#,
        ] {
            assert!(!one(failure).unwrap_err().is_decode(), "{failure}");
        }
        let error = one(r#"{"ok":true,"data":"x"}"#).unwrap_err();
        assert!(error.is_decode() && error.may_have_been_sent());
        assert_eq!(
            (error.field(), error.body()),
            (Some("data"), &br#"{"ok":true,"data":"x"}"#[..])
        );
        assert!(one("<html>").unwrap_err().is_decode());
    }

    #[test]
    fn a_list_has_pagination() {
        let page = r#"{"data":[1,2],"pagination":{"has_more":true,"next_cursor":"c"}}"#;
        let page = list(page).unwrap().map(|number| number + 1);
        assert_eq!((page.data, page.pagination.has_more), (vec![2, 3], true));
        assert_eq!(page.pagination.next_cursor.as_deref(), Some("c"));
        assert!(list(r#"{"data":[1]}"#).err().unwrap().is_decode());
        let failed = r#"{"ok":false,"data":[],"pagination":{"has_more":false}}"#;
        assert!(!list(failed).err().unwrap().is_decode());
    }

    #[test]
    fn what_has_no_envelope_is_read_as_it_is() {
        let bytes = Bytes::from_static;
        assert_eq!(decode_bare::<i32>(&OPERATION, &head(), &bytes(b"7")).unwrap(), 7);
        assert!(decode_bare::<i32>(&OPERATION, &head(), &bytes(b"x")).unwrap_err().is_decode());
        assert_eq!(decode_text(&OPERATION, &head(), &bytes(b"text")).unwrap(), "text");
        let error = decode_text(&OPERATION, &head(), &bytes(b"\xff")).unwrap_err();
        assert!(error.is_decode() && error.may_have_been_sent());
    }
}
