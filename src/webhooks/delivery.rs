//! A delivery that was checked.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::VerifyError;
use super::signature::SignatureVersion;
use super::types::{Event, EventType};
use crate::Timestamp;
use crate::values::misfit::Misfit;

/// An event that came from the API, and how it came.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The event. Its `id` is the same each time it is delivered: handle each once.
    pub event: Event,
    /// Which attempt to deliver the event this is, from 1. The header is not signed: good for logs.
    /// `None` if it is missing or no such number.
    pub attempt: Option<u32>,
    /// The signature that was checked.
    pub signature: SignatureVersion,
    /// When this attempt was signed; `None` with [`SignatureVersion::V1`].
    pub signed_at: Option<Timestamp>,
}

/// Reads the body of a delivery: a JSON object that has at least `id` and `type`. An event of a
/// type that this version does not know may have other `data`, which is left out if it does not
/// fit.
pub(super) fn event(body: &[u8]) -> Result<Event, VerifyError> {
    // serde reads a list as an object, too, its fields in order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(VerifyError::Body { field: ".".into(), what: "expected an object".into() });
    }
    serde_json::from_slice(body).or_else(|_| {
        without_data(body).ok_or_else(|| {
            let Misfit { field, what } = Misfit::find::<Event>(body);
            VerifyError::Body { field: field.into(), what: what.into() }
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
