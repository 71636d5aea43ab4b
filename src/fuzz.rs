//! Entry points of the targets in `fuzz/` that reach private parsers; compiled by `cargo fuzz` only.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use sse_core::SseDecoder;

use crate::download::range::ContentRange;
use crate::error::Error;
use crate::events::connection::{Read, decode};
use crate::events::event::{StreamEvent, is_heartbeat};
use crate::http::response_head::ResponseHead;
use crate::http::{content_disposition, retry_after as header};
use crate::mailbox::OPERATIONS;
use crate::mailbox::types::RealtimeEvent;
use crate::response::envelope::{self, ListEnvelope};
use crate::values::number;

/// Returns the file name of a `Content-Disposition` header.
pub fn file_name(content_disposition: &[u8]) -> Option<String> {
    content_disposition::file_name(content_disposition)
}

/// Returns the wait that the headers of a response ask for.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    header::from_headers(headers, now)
}

/// Reads a response as a list; returns the number of items, or how the error is displayed and
/// debugged.
pub fn list(status: [u8; 2], headers: HeaderMap, body: &[u8]) -> Result<usize, [String; 2]> {
    let Ok(status) = StatusCode::from_u16(u16::from_be_bytes(status)) else { return Ok(0) };
    let head = ResponseHead { status, headers, attempts: 1, idempotency_key: None };
    let _ = (head.content_coding(), head.etag(), head.rate_limit());
    let operation = &OPERATIONS[0];
    let result = match status.is_success() {
        true => envelope::decode(operation, &head, &Bytes::copy_from_slice(body)),
        false => Err(Error::from_response(operation, head, Bytes::copy_from_slice(body))),
    };
    match result {
        Ok(ListEnvelope::<RealtimeEvent> { data, .. }) => Ok(data.len()),
        Err(error) => {
            let error = error.naming_web_pages();
            let _ = (error.is_retryable(), error.retry_after(), error.missing_permissions());
            Err([error.to_string(), format!("{error:?}")])
        }
    }
}

/// Reads JSON as a whole number.
pub fn whole_number(json: &str) -> Result<i64, serde_json::Error> {
    number::whole(&mut serde_json::Deserializer::from_str(json))
}

/// Reads JSON as a number.
pub fn fraction(json: &str) -> Result<f64, serde_json::Error> {
    number::fraction(&mut serde_json::Deserializer::from_str(json))
}

/// Returns the first offset of a `Content-Range` and the one after the last.
pub fn content_range(header: &str) -> Option<(u64, u64)> {
    ContentRange::parse(header)?.part
}

/// Describes the items of an event stream that arrives in these chunks.
pub fn events<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    max_event: NonZeroUsize,
) -> Vec<String> {
    let mut decoder = SseDecoder::with_limit(max_event);
    let mut found = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::copy_from_slice(chunk);
        while let Some(read) = decode(&mut decoder, &mut chunk) {
            found.push(match read {
                Read::Message(message) => {
                    let heartbeat =
                        is_heartbeat::<RealtimeEvent>(&message.event, false, &message.data);
                    let event =
                        RealtimeEvent::read(&message.data).map_err(|failure| failure.reason);
                    format!("{message:?} {heartbeat} {event:?}")
                }
                Read::Retry(time) => format!("{time:?}"),
                Read::TooLarge => "too large".to_owned(),
                Read::Ended(_) => "ended".to_owned(),
            });
        }
    }
    found
}
