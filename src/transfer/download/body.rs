//! The body of one answer, with an eye on silence.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Response;

use crate::clock::{Clock, Deadline};
use crate::error::{Error, Kind};
use crate::transport::body;

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

pub(crate) struct Body {
    chunks: Chunks,
    /// Runs while bytes are waited for.
    silence: Option<Deadline>,
}

impl Body {
    pub(crate) fn new(response: Response) -> Self {
        Self { chunks: Box::pin(response.bytes_stream()), silence: None }
    }

    /// The next bytes; the longest silence is `idle`.
    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
        clock: &dyn Clock,
        idle: Duration,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if let Poll::Ready(next) = self.chunks.as_mut().poll_next(context) {
            self.silence = None;
            return Poll::Ready(next.map(|chunk| chunk.map_err(body::cut_off)));
        }
        let silence = self.silence.get_or_insert_with(|| Deadline::after(clock, idle));
        silence.poll_missed(context).map(|()| {
            self.silence = None;
            Some(Err(Error::because(Kind::Timeout, "the download fell silent").sent()))
        })
    }
}
