//! Entry points of the targets in `fuzz/` that reach private parsers; compiled by `cargo fuzz` only.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use sse_core::SseDecoder;

use crate::events::connection::{Read, decode};
use crate::events::event::{StreamEvent, is_heartbeat};
use crate::http::{content_disposition, retry_after as header};
use crate::mailbox::types::RealtimeEvent;

/// Returns the file name of a `Content-Disposition` header.
pub fn file_name(content_disposition: &[u8]) -> Option<String> {
    content_disposition::file_name(content_disposition)
}

/// Returns the wait that the headers of a response ask for.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    header::from_headers(headers, now)
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
