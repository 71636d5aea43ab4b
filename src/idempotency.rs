//! Idempotency keys: one for each call of an operation that takes one.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::random;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The server ignores longer keys, and empty ones, without a word.
const MAX_LENGTH: usize = 255;

/// Checks the caller's key, or makes one if the operation takes one; returns what is sent.
pub(crate) fn settle(
    operation: &'static Operation,
    headers: &mut HeaderMap,
) -> Result<Option<Box<str>>, Error> {
    if let Some(given) = headers.get(&HEADER) {
        let key =
            given.to_str().ok().map(str::trim).filter(|key| (1..=MAX_LENGTH).contains(&key.len()));
        let refused = "an idempotency key has 1 to 255 visible ASCII characters";
        return match key {
            Some(key) => Ok(Some(key.into())),
            None => Err(Error::because(Kind::Request, refused)),
        };
    }
    if !operation.idempotency_key {
        return Ok(None);
    }
    let key = random::key();
    let value = HeaderValue::try_from(key.as_str()).map_err(|error| {
        Error::because(Kind::Request, "no idempotency key could be made")
            .with_source(Box::new(error))
    })?;
    headers.insert(HEADER, value);
    Ok(Some(key.into_boxed_str()))
}
