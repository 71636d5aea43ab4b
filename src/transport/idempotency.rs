//! Idempotency keys: one for each call of an operation that takes one.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Kind};
use crate::operation::Operation;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The server silently ignores longer keys, and empty ones.
const MAX_LENGTH: usize = 255;

/// Generates a key of 128 bits from the operating system. It is asked for each key, since any state
/// of the process is copied by a fork or a snapshot, and two requests with one key are one request.
pub(crate) fn generate_key() -> Result<String, Error> {
    let mut bits = [0; 16];
    getrandom::getrandom(&mut bits).map_err(|source| {
        let message = "the operating system has no random bits for an idempotency key; set one with \
                       `idempotency_key`";
        Error::because(Kind::Request, message).with_source(Box::new(source))
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}

/// Checks the caller's key, or generates one if the operation takes a key; returns the key that the
/// server will honor. Other operations ignore the header, so there it protects nothing.
pub(super) fn ensure_key(
    operation: &'static Operation,
    headers: &mut HeaderMap,
) -> Result<Option<Box<str>>, Error> {
    if !operation.idempotency_key {
        return Ok(None);
    }
    let invalid = || {
        Error::because(Kind::Request, "an idempotency key has 1 to 255 visible ASCII characters")
    };
    let key: Box<str> = match headers.get(&HEADER) {
        Some(given) => given.to_str().map_err(|_| invalid())?.trim().into(),
        None => generate_key()?.into(),
    };
    if !(1..=MAX_LENGTH).contains(&key.len()) {
        return Err(invalid());
    }
    headers.insert(HEADER, HeaderValue::try_from(&*key).map_err(|_| invalid())?);
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES_KEY: Operation = Operation {
        id: "create",
        method: "POST",
        path: "/things",
        permissions: &[],
        public: false,
        idempotency_key: true,
    };
    const TAKES_NONE: Operation = Operation { idempotency_key: false, ..TAKES_KEY };

    fn given(key: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER, key.parse().unwrap())])
    }

    #[test]
    fn a_key_is_generated_once_and_sent() {
        let mut headers = HeaderMap::new();
        let key = ensure_key(&TAKES_KEY, &mut headers).unwrap().unwrap();
        assert_eq!(headers[HEADER], *key);
        assert_eq!(ensure_key(&TAKES_KEY, &mut headers).unwrap(), Some(key.clone()));
        assert_ne!(ensure_key(&TAKES_KEY, &mut HeaderMap::new()).unwrap(), Some(key));
    }

    #[test]
    fn keys_differ() {
        let keys: std::collections::HashSet<_> = (0..3).map(|_| generate_key().unwrap()).collect();
        assert_eq!(keys.len(), 3);
        assert!(
            keys.iter().all(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }

    #[test]
    fn the_callers_key_is_checked() {
        let mut headers = given(" order-17 ");
        assert_eq!(ensure_key(&TAKES_KEY, &mut headers).unwrap().as_deref(), Some("order-17"));
        assert_eq!(headers[HEADER], "order-17");
        assert!(ensure_key(&TAKES_KEY, &mut given(&"k".repeat(255))).is_ok());
        for bad in [String::new(), " ".into(), "k".repeat(256), "ключ".into()] {
            let error = ensure_key(&TAKES_KEY, &mut given(&bad)).unwrap_err();
            assert_eq!(error.kind(), Kind::Request, "{bad}");
        }
    }

    #[test]
    fn a_key_that_the_server_ignores_protects_nothing() {
        assert_eq!(ensure_key(&TAKES_NONE, &mut given("order-17")).unwrap(), None);
        let mut headers = HeaderMap::new();
        assert_eq!(ensure_key(&TAKES_NONE, &mut headers).unwrap(), None);
        assert!(headers.is_empty());
    }
}
