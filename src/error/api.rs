//! The error envelope, in both of its shapes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ErrorCode;

/// What the API says of a failure.
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) doc_url: Option<String>,
    /// Missing in the older shape.
    pub(crate) retryable: Option<bool>,
    pub(crate) errors: Vec<Issue>,
    pub(crate) request_id: Option<String>,
}

/// One faulty field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// Dotted path of the field, with array indexes as numbers: `rules.0.type`.
    #[serde(default, alias = "path", deserialize_with = "if_legible")]
    pub field: String,
    /// The validator's own code, for programs.
    #[serde(default, deserialize_with = "if_legible")]
    pub code: String,
    /// Explanation, for people.
    #[serde(default, deserialize_with = "if_legible")]
    pub message: String,
}

#[derive(Deserialize)]
struct Envelope {
    error: Body,
    #[serde(default, deserialize_with = "if_legible")]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Body {
    code: ErrorCode,
    #[serde(default, deserialize_with = "if_legible")]
    message: Option<String>,
    #[serde(default, deserialize_with = "if_legible")]
    param: Option<String>,
    #[serde(default, deserialize_with = "if_legible")]
    doc_url: Option<String>,
    #[serde(default, deserialize_with = "if_legible")]
    retryable: Option<bool>,
    #[serde(default, deserialize_with = "if_legible")]
    errors: Vec<Value>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    request_id: Option<String>,
}

/// Leaves out a detail that has another form than it should, lest it cost the code.
fn if_legible<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

impl ApiError {
    /// The envelope in a body, if there is one.
    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        let error = envelope.error;
        Some(Self {
            message: error.message.unwrap_or_else(|| error.code.to_string()),
            code: error.code,
            param: error.param,
            doc_url: error.doc_url,
            retryable: error.retryable,
            errors: error
                .errors
                .into_iter()
                .filter_map(|issue| Issue::deserialize(issue).ok())
                .collect(),
            request_id: envelope.meta.and_then(|meta| meta.request_id),
        })
    }
}
