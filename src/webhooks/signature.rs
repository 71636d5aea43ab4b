//! The two versions of a delivery's signature.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::error::{InvalidSecret, VerifyError};
use super::header::{self, DeliveryHeaders, decimal};
use crate::values::secret::Secret;
use crate::values::timestamp::Timestamp;

/// The version of a signature: what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// The body. It has no time, so a delivery can be replayed at any time.
    V1,
    /// The timestamp and the body.
    V2,
}

/// The signature claimed by the headers.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    pub(super) version: SignatureVersion,
    pub(super) tag: Tag,
    /// Present in version 2.
    pub(super) time: Option<SignedAt<'a>>,
}

/// The time at which a delivery was signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignedAt<'a> {
    /// The text that was signed.
    pub(super) text: &'a str,
    pub(super) moment: Timestamp,
}

impl<'a> Claim<'a> {
    /// Reads the claim to verify: version 2 if any of its headers is present.
    pub(super) fn read(
        headers: &'a DeliveryHeaders,
        require_v2: bool,
    ) -> Result<Self, VerifyError> {
        let v2 = !headers.signature_v2.is_absent() || !headers.timestamp.is_absent();
        if v2 || require_v2 { Self::v2(headers) } else { Self::v1(headers) }
    }

    fn v1(headers: &'a DeliveryHeaders) -> Result<Self, VerifyError> {
        let value = headers.signature.required(header::SIGNATURE)?;
        let tag = V1.tag(value)?;
        Ok(Self { version: SignatureVersion::V1, tag, time: None })
    }

    fn v2(headers: &'a DeliveryHeaders) -> Result<Self, VerifyError> {
        let value = headers.signature_v2.required(header::SIGNATURE_V2)?;
        let text = headers.timestamp.required(header::TIMESTAMP)?;
        let tag = V2.tag(value)?;
        let moment = moment(text).ok_or(VerifyError::MalformedHeader {
            header: header::TIMESTAMP,
            reason: "is not a time in Unix seconds",
        })?;
        Ok(Self { version: SignatureVersion::V2, tag, time: Some(SignedAt { text, moment }) })
    }
}

/// The format of a version's header.
pub(super) struct SignatureFormat {
    header: &'static str,
    label: &'static str,
    mismatch: &'static str,
}

pub(super) const V1: SignatureFormat = SignatureFormat {
    header: header::SIGNATURE,
    label: "sha256=",
    mismatch: "is not `sha256=` and 64 lowercase hexadecimal digits",
};

pub(super) const V2: SignatureFormat = SignatureFormat {
    header: header::SIGNATURE_V2,
    // The name of the scheme within version 2.
    label: "v1=",
    mismatch: "is not `v1=` and 64 lowercase hexadecimal digits",
};

impl SignatureFormat {
    /// Returns the header with this signature.
    pub(super) fn header(&self, tag: &Tag) -> (&'static str, String) {
        (self.header, format!("{}{tag}", self.label))
    }

    fn tag(&self, value: &str) -> Result<Tag, VerifyError> {
        value
            .strip_prefix(self.label)
            .and_then(Tag::from_hex)
            .ok_or(VerifyError::MalformedHeader { header: self.header, reason: self.mismatch })
    }
}

/// Returns the signed bytes: the body, preceded in version 2 by the timestamp and a dot.
pub(super) fn message<'a>(timestamp: Option<&'a str>, body: &'a [u8]) -> [&'a [u8]; 3] {
    match timestamp {
        Some(timestamp) => [timestamp.as_bytes(), b".", body],
        None => [b"", b"", body],
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::from_unix_seconds(i64::try_from(decimal(text)?).ok()?)
}

/// An HMAC-SHA256 key (RFC 2104): the text of a webhook secret, including its prefix.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    pub(super) fn new(secret: &Secret) -> Result<Self, InvalidSecret> {
        let text = secret.expose();
        if text.is_empty() {
            return Err(InvalidSecret("is empty"));
        }
        if text.trim() != text {
            return Err(InvalidSecret("starts or ends with whitespace"));
        }
        Hmac::new_from_slice(text.as_bytes())
            .map(Self)
            .map_err(|_| InvalidSecret("cannot be used as a key"))
    }

    pub(super) fn tag(&self, message: [&[u8]; 3]) -> Tag {
        Tag(self.mac(message).finalize().into_bytes().into())
    }

    /// Verifies a tag in constant time.
    pub(super) fn verify(&self, tag: &Tag, message: [&[u8]; 3]) -> bool {
        self.mac(message).verify_slice(&tag.0).is_ok()
    }

    fn mac(&self, message: [&[u8]; 3]) -> Hmac<Sha256> {
        message.into_iter().fold(self.0.clone(), Mac::chain_update)
    }
}

/// The message authentication code of a message.
#[derive(Debug)]
pub(super) struct Tag([u8; 32]);

impl Tag {
    /// Parses 64 lowercase hexadecimal digits, the only accepted spelling.
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

/// Signs a body as the API does and returns the headers of both versions, to test a receiver.
///
/// # Errors
/// If the secret is invalid: see [`Verifier::new`](super::Verifier::new).
///
/// # Examples
/// ```
/// use sendmux_client::Timestamp;
/// use sendmux_client::webhooks::{header, sign};
///
/// let signed_at: Timestamp = "2026-05-21T09:12:00Z".parse()?;
/// let headers = sign("whsec_example", signed_at, r#"{"id":"evt_1","type":"sendmux.test"}"#)?;
/// assert!(headers.contains(&(header::TIMESTAMP, "1779354720".to_owned())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign(
    secret: impl Into<Secret>,
    signed_at: Timestamp,
    body: impl AsRef<[u8]>,
) -> Result<[(&'static str, String); 3], InvalidSecret> {
    let key = Key::new(&secret.into())?;
    let body = body.as_ref();
    let timestamp = signed_at.unix_seconds().to_string();
    let v1 = V1.header(&key.tag(message(None, body)));
    let v2 = V2.header(&key.tag(message(Some(&timestamp), body)));
    Ok([v1, (header::TIMESTAMP, timestamp), v2])
}
