//! The key that a webhook's secret is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::error::InvalidSecret;
use crate::Secret;

/// HMAC-SHA256 (RFC 2104) with one secret: its text, prefix included, is the key.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    pub(super) fn new(secret: &Secret) -> Result<Self, InvalidSecret> {
        let text = secret.expose();
        if text.is_empty() {
            return Err(InvalidSecret("is empty"));
        }
        if text.trim() != text {
            return Err(InvalidSecret("begins or ends with a blank or a line break"));
        }
        Hmac::new_from_slice(text.as_bytes())
            .map(Self)
            .map_err(|_| InvalidSecret("cannot be used as a key"))
    }

    pub(super) fn tag(&self, message: [&[u8]; 3]) -> Tag {
        Tag(self.over(message).finalize().into_bytes().into())
    }

    /// Takes as long whatever the tags have in common.
    pub(super) fn made(&self, tag: &Tag, message: [&[u8]; 3]) -> bool {
        self.over(message).verify_slice(&tag.0).is_ok()
    }

    fn over(&self, message: [&[u8]; 3]) -> Hmac<Sha256> {
        message.into_iter().fold(self.0.clone(), Mac::chain_update)
    }
}

/// What a message and a key come to.
#[derive(Debug)]
pub(super) struct Tag([u8; 32]);

impl Tag {
    /// Reads 64 lower-case figures; one tag has one spelling.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = base16ct::lower::decode(text, &mut bytes).ok()?.len();
        (length == bytes.len()).then_some(Self(bytes))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base16ct::lower::encode_string(&self.0))
    }
}
