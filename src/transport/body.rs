//! Reading response bodies: into memory, up to a limit, or as they arrive.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use reqwest::Response;

use crate::defaults::MAX_TRUSTED_LENGTH;
use crate::error::{Error, Kind};
use crate::observer::CallOutcome;
use crate::transport::watch::{BodyWatch, CallWatch};

/// Reads the whole body; fails if it is cut off or larger than `limit`.
pub(super) async fn whole(
    mut response: Response,
    limit: usize,
    watch: &mut CallWatch<'_>,
) -> Result<Bytes, Error> {
    let announced =
        response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    // Most responses are one chunk, which needs no copy.
    let Some(first) = response.chunk().await.map_err(cut_off)? else {
        return Ok(Bytes::new());
    };
    watch.received(first.len());
    let Some(second) = response.chunk().await.map_err(cut_off)? else {
        return if first.len() > limit { Err(too_large(limit)) } else { Ok(first) };
    };
    watch.received(second.len());
    let sum = first.len() + second.len();
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(MAX_TRUSTED_LENGTH).max(sum));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while body.len() <= limit {
        let Some(chunk) = response.chunk().await.map_err(cut_off)? else {
            return Ok(body.freeze());
        };
        watch.received(chunk.len());
        body.extend_from_slice(&chunk);
    }
    Err(too_large(limit))
}

/// Appends what arrives to `body`, up to `limit`, and ignores errors.
pub(super) async fn prefix(
    mut response: Response,
    limit: usize,
    body: &mut BytesMut,
    watch: &mut CallWatch<'_>,
) {
    while body.len() < limit {
        let Ok(Some(chunk)) = response.chunk().await else { return };
        watch.received(chunk.len());
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
    }
}

/// A body that is read as it arrives.
pub(crate) struct StreamingBody {
    body: reqwest::Body,
    watch: BodyWatch,
}

impl StreamingBody {
    pub(super) fn new(response: Response, watch: BodyWatch) -> Self {
        Self { body: response.into(), watch }
    }

    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            return Poll::Ready(match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(chunk))) => {
                    self.watch.received(chunk.len());
                    Some(Ok(chunk))
                }
                // Trailers.
                Some(Ok(Err(_))) => continue,
                Some(Err(error)) => {
                    let error = cut_off(error);
                    self.watch.ended(CallOutcome::Failure(error.kind()));
                    Some(Err(error))
                }
                None => {
                    self.watch.ended(CallOutcome::Success);
                    None
                }
            });
        }
    }

    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|context| self.poll_chunk(context)).await
    }

    /// Builds the error of a body that has been silent for too long.
    pub(crate) fn timed_out(&mut self, message: &str) -> Error {
        self.watch.ended(CallOutcome::Failure(Kind::Timeout));
        Error::because(Kind::Timeout, message).sent()
    }
}

/// Builds the error of a body that was cut off.
fn cut_off(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Connection };
    Error::new(kind).with_source(Box::new(error.without_url())).sent()
}

/// Builds the error of a body larger than `limit`.
pub(crate) fn too_large(limit: usize) -> Error {
    Error::because(Kind::TooLarge, format!("the response is larger than {limit} bytes")).sent()
}
