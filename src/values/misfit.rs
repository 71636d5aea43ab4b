//! Where JSON does not fit a type.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The first place that does not fit, and why.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// Path of the field, such as `data[3].created_at`; a dot if it is the whole.
    pub(crate) field: String,
    pub(crate) what: String,
}

impl Misfit {
    /// Reads JSON once more, slowly, to learn which field failed.
    pub(crate) fn find<T: DeserializeOwned>(json: &[u8]) -> Self {
        let mut reader = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => {
                let path = error.path().to_string();
                // The end of a path that nobody could tell any more.
                let field = match path.trim_end_matches(".?") {
                    "?" => ".",
                    known => known,
                };
                Self { field: field.to_owned(), what: without_value(&error.into_inner()) }
            }
            Ok(_) => Self {
                field: ".".to_owned(),
                what: "trailing characters after the JSON value".to_owned(),
            },
        }
    }
}

/// What serde says, but for the value that it met: that may be a secret in another place than it
/// used to be.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        _ if error.classify() != Category::Data => text,
        Some((_, expected)) => format!("expected {expected}"),
        None if text.starts_with("missing field `") || text.starts_with("duplicate field `") => {
            text
        }
        None => format!("a misfit at line {} column {}", error.line(), error.column()),
    }
}
