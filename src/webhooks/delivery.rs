//! Verified deliveries.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::VerifyError;
use super::signature::SignatureVersion;
use super::types::{Event, EventType};
use crate::values::decode::DecodeFailure;
use crate::values::timestamp::Timestamp;

/// A verified event, and how it was delivered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The event. Its `id` is the same each time it is delivered: handle each id once.
    pub event: Event,
    /// Number of the attempt to deliver the event, from 1, for logs: the header is not signed. `None`
    /// if it is missing or malformed.
    pub attempt: Option<u32>,
    /// Version of the verified signature.
    pub signature: SignatureVersion,
    /// Time at which this attempt was signed; `None` with [`SignatureVersion::V1`].
    pub signed_at: Option<Timestamp>,
}

/// Decodes the body of a delivery: a JSON object that has at least `id` and `type`. An event of an
/// unknown type may have different `data`, which is dropped if it does not match.
pub(super) fn event(body: &[u8]) -> Result<Event, VerifyError> {
    // serde also decodes an array as a struct, field by field.
    if body.trim_ascii_start().first() == Some(&b'[') {
        let (path, reason) = (".".into(), "expected an object".into());
        return Err(VerifyError::Body { path, reason });
    }
    serde_json::from_slice(body).or_else(|_| {
        without_data(body).ok_or_else(|| {
            let DecodeFailure { path, reason } = DecodeFailure::find::<Event>(body);
            VerifyError::Body { path: path.into(), reason: reason.into() }
        })
    })
}

fn without_data(body: &[u8]) -> Option<Event> {
    #[derive(Deserialize)]
    struct Name {
        #[serde(rename = "id")]
        _id: String,
        r#type: EventType,
    }

    let name: Name = serde_json::from_slice(body).ok()?;
    if !matches!(name.r#type, EventType::Unknown(_)) {
        return None;
    }
    let mut fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    fields.remove("data")?;
    serde_json::from_value(Value::Object(fields)).ok()
}
