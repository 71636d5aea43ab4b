//! The text of attachments, which takes some reads to extract.

use serde_json::{Value, json};

use super::store::Store;
use super::uploads::MAX_BYTES;
use crate::error::ApiError;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const MAX_TEXT: usize = 1_048_576;
const DEFAULT_TEXT: usize = 262_144;

/// An extraction that was asked for.
pub(super) struct Extraction {
    id: String,
    message: String,
    file: String,
    /// How many reads still find it unfinished.
    reads: u32,
    started: bool,
    expires_at: i64,
}

/// Starts an extraction, or returns the one that there is.
pub(super) fn start(
    store: &mut Store,
    message: &str,
    file: &str,
    request: &Request<'_>,
) -> HandlerResult {
    store.file(message, file)?;
    expire(store);
    if find(store, message, file).is_none() {
        let id = store.new_id("text");
        store.extractions.push(Extraction {
            id,
            message: message.to_owned(),
            file: file.to_owned(),
            reads: store.background.reads,
            started: false,
            expires_at: store.now.saturating_add(DAY),
        });
    }
    answer(store, message, file, request)
}

/// Reads an extraction.
pub(super) fn read(
    store: &mut Store,
    message: &str,
    file: &str,
    request: &Request<'_>,
) -> HandlerResult {
    expire(store);
    let index = find(store, message, file).ok_or(ApiError::NotFound)?;
    let extraction = &mut store.extractions[index];
    let waiting = extraction.reads > 0;
    extraction.started = true;
    let content = answer(store, message, file, request)?;
    if waiting {
        store.extractions[index].reads -= 1;
    }
    Ok(content)
}

fn expire(store: &mut Store) {
    let now = store.now;
    store.extractions.retain(|extraction| now < extraction.expires_at);
}

fn find(store: &Store, message: &str, file: &str) -> Option<usize> {
    let mut extractions = store.extractions.iter();
    extractions.position(|extraction| extraction.message == message && extraction.file == file)
}

fn answer(store: &Store, message: &str, file: &str, request: &Request<'_>) -> HandlerResult {
    let max = request.query().number("max_bytes", 1..=MAX_TEXT)?.unwrap_or(DEFAULT_TEXT);
    let index = find(store, message, file).ok_or(ApiError::NotFound)?;
    let extraction = &store.extractions[index];
    let mut data = json!({
        "id": extraction.id, "format": "markdown", "outcome": null, "text": null,
        "truncated": false, "expires_at": time::format(extraction.expires_at),
        "status": if extraction.started { "running" } else { "pending" },
    });
    if extraction.reads > 0 {
        return Ok(Content::Accepted(data));
    }
    let file = store.file(message, file)?;
    let (outcome, text) = extract(&file.media_type, &file.bytes);
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let end = end.unwrap_or_default();
    data["status"] = "complete".into();
    data["outcome"] = outcome.into();
    data["text"] = Value::from(&text[..end]);
    data["truncated"] = (end < text.len()).into();
    Ok(Content::Resource(data))
}

/// Returns the outcome and the text of a file.
fn extract<'a>(media_type: &str, bytes: &'a [u8]) -> (&'static str, &'a str) {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if bytes.len() > MAX_BYTES {
        return ("resource_limit", "");
    }
    match essence.split_once('/') {
        Some(("text", _)) | Some(("application", "json" | "xml")) => {
            std::str::from_utf8(bytes).map_or(("malformed", ""), |text| ("ready", text))
        }
        Some(("image", _)) => ("ocr_required", ""),
        Some(("application", "zip")) => ("encrypted", ""),
        _ => ("unsupported", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_extracted() {
        assert_eq!(extract("text/csv; charset=utf-8", b"a,b"), ("ready", "a,b"));
        assert_eq!(extract("text/plain", b"\xff"), ("malformed", ""));
        assert_eq!(extract("image/png", b"x"), ("ocr_required", ""));
        assert_eq!(extract("application/pdf", b"x"), ("unsupported", ""));
        assert_eq!(extract("text/plain", &vec![b'a'; MAX_BYTES + 1]), ("resource_limit", ""));
    }
}
