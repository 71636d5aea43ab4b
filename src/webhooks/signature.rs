//! How deliveries are signed.

use super::error::VerifyError;
use super::field::Fields;
use super::header;
use super::key::Tag;
use super::number::decimal;
use crate::Timestamp;

/// What a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// The body. It says nothing of when, so a delivery can be repeated at any time.
    V1,
    /// The time and the body.
    V2,
}

/// A signature as it stands in the headers.
#[derive(Debug)]
pub(super) enum Claim<'a> {
    V1 { tag: Tag },
    V2 { tag: Tag, timestamp: &'a str, signed_at: Timestamp },
}

const V1_LABEL: &str = "sha256=";

/// The name of the scheme within version 2.
const V2_LABEL: &str = "v1=";

impl<'a> Claim<'a> {
    /// The claim to check: version 2 as soon as one of its headers is there.
    pub(super) fn read(fields: &'a Fields, require_v2: bool) -> Result<Self, VerifyError> {
        let v2 = !fields.signature_v2.is_absent() || !fields.timestamp.is_absent();
        if !v2 && !require_v2 {
            let signature = fields.signature.required(header::SIGNATURE)?;
            let tag = tag(header::SIGNATURE, V1_LABEL, signature)?;
            return Ok(Self::V1 { tag });
        }
        let signature = fields.signature_v2.required(header::SIGNATURE_V2)?;
        let timestamp = fields.timestamp.required(header::TIMESTAMP)?;
        let tag = tag(header::SIGNATURE_V2, V2_LABEL, signature)?;
        let signed_at = moment(timestamp).ok_or(VerifyError::MalformedHeader {
            header: header::TIMESTAMP,
            what: "is no moment in Unix seconds",
        })?;
        Ok(Self::V2 { tag, timestamp, signed_at })
    }

    pub(super) fn tag(&self) -> &Tag {
        match self {
            Self::V1 { tag } | Self::V2 { tag, .. } => tag,
        }
    }

    /// The signed bytes.
    pub(super) fn message<'b>(&self, body: &'b [u8]) -> Vec<&'b [u8]>
    where
        'a: 'b,
    {
        match *self {
            Self::V1 { .. } => v1_message(body).to_vec(),
            Self::V2 { timestamp, .. } => v2_message(timestamp, body).to_vec(),
        }
    }

    pub(super) fn version(&self) -> SignatureVersion {
        match self {
            Self::V1 { .. } => SignatureVersion::V1,
            Self::V2 { .. } => SignatureVersion::V2,
        }
    }

    pub(super) fn signed_at(&self) -> Option<Timestamp> {
        match *self {
            Self::V1 { .. } => None,
            Self::V2 { signed_at, .. } => Some(signed_at),
        }
    }
}

pub(super) fn v1_message(body: &[u8]) -> [&[u8]; 1] {
    [body]
}

pub(super) fn v2_message<'a>(timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 3] {
    [timestamp.as_bytes(), b".", body]
}

pub(super) fn v1_value(tag: &Tag) -> String {
    format!("{V1_LABEL}{tag}")
}

pub(super) fn v2_value(tag: &Tag) -> String {
    format!("{V2_LABEL}{tag}")
}

fn tag(header: &'static str, label: &str, value: &str) -> Result<Tag, VerifyError> {
    let malformed = VerifyError::MalformedHeader {
        header,
        what: "is not a label and 64 lower-case hexadecimal figures",
    };
    value.strip_prefix(label).and_then(Tag::from_hex).ok_or(malformed)
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::from_unix_seconds(i64::try_from(decimal(text)?).ok()?)
}
