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
pub(super) struct Claim<'a> {
    pub(super) version: SignatureVersion,
    pub(super) tag: Tag,
    /// With version 2.
    pub(super) time: Option<Time<'a>>,
}

/// When a delivery was signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time<'a> {
    /// As it was signed.
    pub(super) text: &'a str,
    pub(super) moment: Timestamp,
}

impl<'a> Claim<'a> {
    /// The claim to check: version 2 as soon as one of its headers is there.
    pub(super) fn read(fields: &'a Fields, require_v2: bool) -> Result<Self, VerifyError> {
        let v2 = !fields.signature_v2.is_absent() || !fields.timestamp.is_absent();
        if v2 || require_v2 { Self::v2(fields) } else { Self::v1(fields) }
    }

    fn v1(fields: &'a Fields) -> Result<Self, VerifyError> {
        let value = fields.signature.required(header::SIGNATURE)?;
        let tag = V1.tag(value)?;
        Ok(Self { version: SignatureVersion::V1, tag, time: None })
    }

    fn v2(fields: &'a Fields) -> Result<Self, VerifyError> {
        let value = fields.signature_v2.required(header::SIGNATURE_V2)?;
        let text = fields.timestamp.required(header::TIMESTAMP)?;
        let tag = V2.tag(value)?;
        let moment = moment(text).ok_or(VerifyError::MalformedHeader {
            header: header::TIMESTAMP,
            what: "is no moment in Unix seconds",
        })?;
        Ok(Self { version: SignatureVersion::V2, tag, time: Some(Time { text, moment }) })
    }
}

/// How a version writes its signature.
pub(super) struct Spelling {
    header: &'static str,
    label: &'static str,
    otherwise: &'static str,
}

pub(super) const V1: Spelling = Spelling {
    header: header::SIGNATURE,
    label: "sha256=",
    otherwise: "is not `sha256=` and 64 lower-case hexadecimal figures",
};

pub(super) const V2: Spelling = Spelling {
    header: header::SIGNATURE_V2,
    // The name of the scheme within version 2.
    label: "v1=",
    otherwise: "is not `v1=` and 64 lower-case hexadecimal figures",
};

impl Spelling {
    /// The header with this signature.
    pub(super) fn header(&self, tag: &Tag) -> (&'static str, String) {
        (self.header, format!("{}{tag}", self.label))
    }

    fn tag(&self, value: &str) -> Result<Tag, VerifyError> {
        value
            .strip_prefix(self.label)
            .and_then(Tag::from_hex)
            .ok_or(VerifyError::MalformedHeader { header: self.header, what: self.otherwise })
    }
}

/// The signed bytes: with version 2 the timestamp and a dot before the body.
pub(super) fn message<'a>(timestamp: Option<&'a str>, body: &'a [u8]) -> [&'a [u8]; 3] {
    match timestamp {
        Some(timestamp) => [timestamp.as_bytes(), b".", body],
        None => [b"", b"", body],
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::from_unix_seconds(i64::try_from(decimal(text)?).ok()?)
}
