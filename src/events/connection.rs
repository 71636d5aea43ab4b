//! One connection of an event stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use sse_core::{MessageEvent, SseDecoder, SseEvent};

use crate::clock::{Clock, Deadline};
use crate::defaults::MAX_ERROR_READ_BYTES;
use crate::error::{ApiError, Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::transport;
use crate::transport::body::StreamingBody;
use crate::transport::call::Call;
use crate::transport::outbound_request::BuildResult;

pub(super) const MEDIA_TYPE: &str = "text/event-stream";

pub(super) struct Connection {
    head: ResponseHead,
    body: StreamingBody,
    /// Bytes that have arrived but are not decoded yet.
    chunk: Bytes,
}

/// The next thing read from a connection.
pub(crate) enum Read {
    Message(MessageEvent),
    Retry(Duration),
    TooLarge,
    /// The connection has ended, with the error if there was one.
    Ended(Option<Error>),
}

impl Connection {
    /// Opens a connection; returns the attempts that it took, and `None` if the server reports the end
    /// of the stream (204).
    pub(super) async fn open(
        call: &Call,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Result<(u32, Option<Self>), Error> {
        let (head, body) = transport::send_streaming(call, operation, request).await?;
        let Some(mut body) = body.filter(|_| head.status != StatusCode::NO_CONTENT) else {
            return Ok((head.attempts, None));
        };
        if is_event_stream(&head) {
            return Ok((head.attempts, Some(Self { head, body, chunk: Bytes::new() })));
        }
        let mut start = BytesMut::new();
        let mut silence = Deadline::after(&*call.core.clock, call.core.idle_timeout);
        let prefix = async {
            while start.len() < MAX_ERROR_READ_BYTES
                && let Some(Ok(chunk)) = body.chunk().await
            {
                start.extend_from_slice(&chunk);
            }
        };
        let _ = silence.bound(prefix).await;
        Err(match ApiError::decode(&start) {
            Some(_) => Error::from_response(operation, head, start.freeze()),
            None => Error::because(Kind::Decode, "the response is not an event stream")
                .with_operation(operation)
                .with_head(head)
                .with_body(start.freeze())
                .sent(),
        })
    }

    pub(super) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Reads until the next event. Any byte counts as a sign of life.
    pub(super) async fn read(
        &mut self,
        decoder: &mut SseDecoder,
        clock: &dyn Clock,
        silence: Duration,
    ) -> Read {
        loop {
            if let Some(read) = decode(decoder, &mut self.chunk) {
                return read;
            }
            match Deadline::after(clock, silence).bound(self.body.chunk()).await {
                Some(Some(Ok(chunk))) => self.chunk = chunk,
                Some(Some(Err(error))) => return Read::Ended(Some(error)),
                Some(None) => return Read::Ended(None),
                None => {
                    let silent = "the event stream was silent for too long";
                    return Read::Ended(Some(self.body.timed_out(silent)));
                }
            }
        }
    }
}

/// Decodes the next item from the bytes so far; `None` if more are needed.
pub(crate) fn decode(decoder: &mut SseDecoder, chunk: &mut Bytes) -> Option<Read> {
    Some(match decoder.next(chunk)? {
        Ok(SseEvent::Message(message)) => Read::Message(message),
        Ok(SseEvent::Retry(millis)) => Read::Retry(Duration::from_millis(u64::from(millis))),
        Err(_) => Read::TooLarge,
    })
}

/// Returns true if the response declares an event stream, or no media type at all.
fn is_event_stream(head: &ResponseHead) -> bool {
    head.text("content-type").is_none_or(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(MEDIA_TYPE)
    })
}

/// The cases of WHATWG HTML, section 9.2.6.
#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use bytes::Bytes;
    use proptest::prelude::*;
    use sse_core::SseDecoder;

    use super::{Read, decode};

    const LIMIT: usize = 64;

    /// Decodes bytes in chunks that end at these positions.
    fn read(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
        let mut decoder = SseDecoder::with_limit(NonZeroUsize::new(LIMIT).unwrap());
        let mut found = Vec::new();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            let mut chunk = Bytes::copy_from_slice(&bytes[pair[0]..pair[1]]);
            while let Some(read) = decode(&mut decoder, &mut chunk) {
                found.push(match read {
                    Read::Message(message) => {
                        let id = message.last_event_id.as_deref().unwrap_or("-").to_owned();
                        format!("{} {id} {:?}", message.event, message.data)
                    }
                    Read::Retry(time) => format!("retry {}", time.as_millis()),
                    Read::TooLarge => "too large".to_owned(),
                    Read::Ended(_) => "ended".to_owned(),
                });
            }
            assert!(chunk.is_empty());
        }
        found.push(format!("then {}", decoder.last_event_id().map_or("-", |id| id)));
        found
    }

    const CASES: &[(&[u8], &[&str])] = &[
        (b"\xef\xbb\xbfdata: a\n\n", &["message - \"a\"", "then -"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", &["then -"]),
        (b"data: a\rdata:b\r\rdata: c\r\n\r\n", &["message - \"a\\nb\"", "message - \"c\"", "then -"]),
        (b"data\n\ndata\ndata\n\ndata:\n", &["message - \"\"", "message - \"\\n\"", "then -"]),
        (b"data:  a\n\ndata:b\n\n", &["message - \" a\"", "message - \"b\"", "then -"]),
        (b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", &["message 1 \"a\"", "message 1 \"b\"", "message - \"c\"", "then -"]),
        (b"id: 1\n\nid: 2\x003\ndata: a\n\nid: 4\n", &["message 1 \"a\"", "then 1"]),
        (b"retry: 12x\nretry: +5\nretry:\nretry: 1.5\nretry: 70\n\n", &["retry 70", "then -"]),
        (b": c\n\n:\n\n\n\n data: x\nDATA: y\ndatax: z\n\n", &["then -"]),
        (b"event: e\n\nevent: f\ndata: x\n\ndata: y\n\n", &["f - \"x\"", "message - \"y\"", "then -"]),
        (b"data: \xff\xc3\xa9\n\n", &["message - \"\u{fffd}\u{e9}\"", "then -"]),
        (b"data: a", &["then -"]),
        (b"data: a\n", &["then -"]),
        (
            b"data: 0123456789012345678901234567890123456789012345678901234567890123456789\ndata: a\n\ndata: b\n\n",
            &["too large", "message - \"b\"", "then -"],
        ),
    ];

    #[test]
    fn the_cases_of_the_standard_are_decoded_however_they_are_split() {
        for (bytes, expected) in CASES {
            assert_eq!(read(bytes, &[]), *expected, "{}", bytes.escape_ascii());
            let everywhere: Vec<usize> = (0..bytes.len()).collect();
            assert_eq!(read(bytes, &everywhere), *expected, "{}", bytes.escape_ascii());
            for cut in everywhere {
                assert_eq!(read(bytes, &[cut]), *expected, "{} {cut}", bytes.escape_ascii());
            }
        }
    }

    /// Meaningful fields mixed with arbitrary bytes.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let words = prop_oneof![
            Just(b"data: ".to_vec()),
            Just(b"id:".to_vec()),
            Just(b"event: ".to_vec()),
            Just(b"retry: 5".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n\n".to_vec()),
            Just(b"\xef\xbb\xbf".to_vec()),
            Just("\u{1f600}".as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..40),
        ];
        proptest::collection::vec(words, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decoding_does_not_depend_on_how_bytes_are_split(
            bytes in hostile(),
            cuts in proptest::collection::vec(any::<usize>(), 0..20),
        ) {
            prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]));
        }
    }
}
