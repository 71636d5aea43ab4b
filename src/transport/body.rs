//! Reading response bodies into memory, up to a limit.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use crate::defaults::MAX_TRUSTED_LENGTH;
use crate::error::{Error, Kind};

/// Reads the whole body; fails if it is cut off or larger than `limit`.
pub(crate) async fn whole(mut response: Response, limit: usize) -> Result<Bytes, Error> {
    let announced =
        response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    // Most responses are one chunk, which needs no copy.
    let Some(first) = response.chunk().await.map_err(cut_off)? else {
        return Ok(Bytes::new());
    };
    let Some(second) = response.chunk().await.map_err(cut_off)? else {
        return if first.len() > limit { Err(too_large(limit)) } else { Ok(first) };
    };
    let sum = first.len() + second.len();
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(MAX_TRUSTED_LENGTH).max(sum));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while body.len() <= limit {
        let Some(chunk) = response.chunk().await.map_err(cut_off)? else {
            return Ok(body.freeze());
        };
        body.extend_from_slice(&chunk);
    }
    Err(too_large(limit))
}

/// Appends what arrives to `body`, up to `limit`, and ignores errors.
pub(crate) async fn prefix(mut response: Response, limit: usize, body: &mut BytesMut) {
    while body.len() < limit {
        let Ok(Some(chunk)) = response.chunk().await else { return };
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
    }
}

/// Builds the error of a body that was cut off.
pub(crate) fn cut_off(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Connection };
    Error::new(kind).with_source(Box::new(error.without_url())).sent()
}

/// Builds the error of a body larger than `limit`.
pub(crate) fn too_large(limit: usize) -> Error {
    Error::because(Kind::TooLarge, format!("the response is larger than {limit} bytes")).sent()
}
