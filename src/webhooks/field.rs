//! What a request says under each name.

use super::error::VerifyError;
use super::header;

/// Longer than any value that the API sends.
const LONGEST: usize = 256;

/// The value of one header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Field {
    #[default]
    Absent,
    Value(Box<str>),
    /// There, but not to be read.
    Malformed(&'static str),
}

impl Field {
    fn add(&mut self, value: &[u8]) {
        *self = match self {
            Self::Absent => Self::read(value),
            _ => Self::Malformed("stands there more than once"),
        };
    }

    fn read(value: &[u8]) -> Self {
        if value.is_empty() {
            return Self::Malformed("is empty");
        }
        if value.len() > LONGEST {
            return Self::Malformed("is too long");
        }
        match std::str::from_utf8(value) {
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Self::Value(text.into())
            }
            _ => Self::Malformed("has a blank or a character that is not visible ASCII"),
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    /// The value of a header that may be left out.
    pub(super) fn optional(&self, header: &'static str) -> Result<Option<&str>, VerifyError> {
        match self {
            Self::Absent => Ok(None),
            Self::Value(text) => Ok(Some(text)),
            Self::Malformed(what) => Err(VerifyError::MalformedHeader { header, what }),
        }
    }

    /// The value of a header that must be there.
    pub(super) fn required(&self, header: &'static str) -> Result<&str, VerifyError> {
        self.optional(header)?.ok_or(VerifyError::MissingHeader { header })
    }
}

/// The headers that matter, out of all that a request has.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) signature: Field,
    pub(super) signature_v2: Field,
    pub(super) timestamp: Field,
    pub(super) event_id: Field,
    pub(super) attempt: Field,
}

impl Fields {
    pub(super) fn collect<N: AsRef<str>, V: AsRef<[u8]>>(
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if let Some(field) = fields.named(name.as_ref()) {
                field.add(value.as_ref());
            }
        }
        fields
    }

    /// Header names have no case (RFC 9110, section 5.1).
    fn named(&mut self, name: &str) -> Option<&mut Field> {
        let known = [
            (header::SIGNATURE, &mut self.signature),
            (header::SIGNATURE_V2, &mut self.signature_v2),
            (header::TIMESTAMP, &mut self.timestamp),
            (header::EVENT_ID, &mut self.event_id),
            (header::DELIVERY_ATTEMPT, &mut self.attempt),
        ];
        known.into_iter().find_map(|(own, field)| own.eq_ignore_ascii_case(name).then_some(field))
    }
}
