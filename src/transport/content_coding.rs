//! Content codings (RFC 9110, section 8.4): gzip for what is read as a whole, with the feature `gzip`;
//! none for streams, whose limits and ranges count the bytes on the wire.

use std::io;

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue};

use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::transport::attempt::Mode;
use crate::transport::body;

/// Returns the `Accept-Encoding` of a request.
pub(super) fn accepted(mode: Mode) -> HeaderValue {
    HeaderValue::from_static(match mode {
        Mode::Buffered if cfg!(feature = "gzip") => "gzip",
        _ => "identity",
    })
}

/// Returns whether the body has to be decoded with gzip. If so, the head describes the decoded body
/// from then on.
pub(super) fn take_gzip(mode: Mode, head: &mut ResponseHead) -> bool {
    let asked = cfg!(feature = "gzip") && mode == Mode::Buffered;
    let is_gzip = asked && matches!(head.content_coding().as_deref(), Some("gzip" | "x-gzip"));
    if is_gzip {
        head.headers.remove(CONTENT_ENCODING);
        head.headers.remove(CONTENT_LENGTH);
    }
    is_gzip
}

/// Decodes a whole body; fails if it is cut off or larger than `limit`.
pub(super) fn decoded(encoded: &[u8], limit: usize) -> Result<Bytes, Error> {
    let (decoded, result) = decode(encoded, limit.saturating_add(1));
    let problem = match result {
        _ if decoded.len() > limit => return Err(body::too_large(limit)),
        Ok(()) => return Ok(decoded.into()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => "ends early",
        Err(_) => "is damaged",
    };
    let message = format!("the gzip-encoded response {problem}");
    Err(Error::because(Kind::Decode, message).sent())
}

/// Decodes a body as far as possible, up to `limit`.
pub(super) fn decoded_prefix(encoded: &[u8], limit: usize) -> Bytes {
    decode(encoded, limit).0.into()
}

#[cfg(feature = "gzip")]
fn decode(encoded: &[u8], limit: usize) -> (Vec<u8>, io::Result<()>) {
    use std::io::Read;

    let mut decoded = Vec::new();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut reader = flate2::bufread::MultiGzDecoder::new(encoded).take(limit);
    // An empty body has no header to read.
    let result = if encoded.is_empty() { Ok(0) } else { reader.read_to_end(&mut decoded) };
    (decoded, result.map(|_| ()))
}

/// Nothing is encoded where nothing but `identity` was asked for.
#[cfg(not(feature = "gzip"))]
fn decode(encoded: &[u8], _limit: usize) -> (Vec<u8>, io::Result<()>) {
    (encoded.to_vec(), Ok(()))
}
