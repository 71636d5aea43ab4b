//! The place where JSON fails to decode.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The first place where JSON does not match a type, and why.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "only event streams have it in a public bound")]
pub struct DecodeFailure {
    /// Path of the field, such as `data[3].created_at`; a dot for the document as a whole.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl DecodeFailure {
    /// Decodes `json` a second time, tracking the path, to locate the failure.
    pub(crate) fn find<T: DeserializeOwned>(json: &[u8]) -> Self {
        let mut reader = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => {
                let path = error.path().to_string();
                // serde_path_to_error ends a path in `?` where it lost track.
                let path = match path.trim_end_matches(".?") {
                    "?" => ".",
                    known => known,
                };
                Self { path: path.to_owned(), reason: without_value(&error.into_inner()) }
            }
            Ok(_) => Self {
                path: ".".to_owned(),
                reason: "trailing characters after the JSON value".to_owned(),
            },
        }
    }
}

/// Returns serde's message without the value it quotes, which may be a secret in an unexpected
/// place.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        _ if error.classify() != Category::Data => text,
        Some((_, expected)) => format!("expected {expected}"),
        None if text.starts_with("missing field `") || text.starts_with("duplicate field `") => {
            text
        }
        None => format!("unexpected value at line {} column {}", error.line(), error.column()),
    }
}
