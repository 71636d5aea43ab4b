//! One connection of a stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode};
use sse_core::{MessageEvent, SseDecoder, SseEvent};

use crate::answer::head::Head;
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::clock::{Clock, Deadline};
use crate::defaults::MAX_ERROR_BODY_BYTES;
use crate::error::{ApiError, Error, Kind};
use crate::transport::{self, body};

pub(super) const MEDIA_TYPE: &str = "text/event-stream";

pub(super) struct Connection {
    head: Head,
    response: Response,
    /// What has arrived and was not decoded yet.
    chunk: Bytes,
}

/// What comes next on a connection.
pub(super) enum Read {
    Message(MessageEvent),
    Retry(Duration),
    TooLarge,
    /// It is over, with the error if there was one.
    Over(Option<Error>),
}

impl Connection {
    /// A new connection; `None` if the server says that there is no more (204).
    pub(super) async fn open(
        call: &Call,
        operation: &'static Operation,
        request: Built,
    ) -> Result<Option<Self>, Error> {
        let (head, response) = transport::open(call, operation, request).await?;
        let Some(response) = response.filter(|_| head.status != StatusCode::NO_CONTENT) else {
            return Ok(None);
        };
        if is_event_stream(&head) {
            return Ok(Some(Self { head, response, chunk: Bytes::new() }));
        }
        let mut start = BytesMut::new();
        let mut silence = Deadline::after(&*call.core.clock, call.core.idle_timeout);
        let _ = silence.bound(body::prefix(response, MAX_ERROR_BODY_BYTES, &mut start)).await;
        Err(match ApiError::decode(&start) {
            Some(_) => Error::from_answer(operation, head, &start),
            None => Error::because(Kind::Decode, "the answer is no stream of events")
                .with_operation(operation)
                .with_head(head)
                .with_body(&start)
                .sent(),
        })
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// Reads on. Any byte is a sign of life, whatever it belongs to.
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
            match Deadline::after(clock, silence).bound(self.response.chunk()).await {
                Some(Ok(Some(chunk))) => self.chunk = chunk,
                Some(Ok(None)) => return Read::Over(None),
                Some(Err(error)) => return Read::Over(Some(body::cut_off(error))),
                None => {
                    let silent = Error::because(Kind::Timeout, "the event stream fell silent");
                    return Read::Over(Some(silent.sent()));
                }
            }
        }
    }
}

/// What the bytes so far amount to; `None` if it takes more of them.
pub(super) fn decode(decoder: &mut SseDecoder, chunk: &mut Bytes) -> Option<Read> {
    Some(match decoder.next(chunk)? {
        Ok(SseEvent::Message(message)) => Read::Message(message),
        Ok(SseEvent::Retry(millis)) => Read::Retry(Duration::from_millis(u64::from(millis))),
        Err(_) => Read::TooLarge,
    })
}

/// Whether the answer calls itself one, or nothing at all.
fn is_event_stream(head: &Head) -> bool {
    head.text("content-type").is_none_or(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(MEDIA_TYPE)
    })
}
