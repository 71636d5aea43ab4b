//! The headers of a delivery.

use super::error::VerifyError;

/// Signature of the body: `sha256=` and 64 hexadecimal digits (version 1).
pub const SIGNATURE: &str = "x-sendmux-signature";

/// Signature of the timestamp and the body: `v1=` and 64 hexadecimal digits (version 2).
pub const SIGNATURE_V2: &str = "x-sendmux-signature-v2";

/// Time of the signature in Unix seconds; signed by version 2.
pub const TIMESTAMP: &str = "x-sendmux-timestamp";

/// Id of the event, the same for each attempt to deliver it. Not signed; the body repeats it.
pub const EVENT_ID: &str = "x-sendmux-event-id";

/// Type of the event. Not signed; the body repeats it.
pub const EVENT_TYPE: &str = "x-sendmux-event-type";

/// Number of the attempt to deliver the event, from 1. Not signed.
pub const DELIVERY_ATTEMPT: &str = "x-sendmux-delivery-attempt";

/// Longer than any value the API sends.
const MAX_LENGTH: usize = 256;

/// The value of one header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum HeaderField {
    #[default]
    Absent,
    Value(Box<str>),
    /// Present, but not usable.
    Malformed(&'static str),
}

impl HeaderField {
    fn add(&mut self, value: &[u8]) {
        *self = match self {
            Self::Absent => Self::read(value),
            _ => Self::Malformed("occurs more than once"),
        };
    }

    fn read(value: &[u8]) -> Self {
        if value.is_empty() {
            return Self::Malformed("is empty");
        }
        if value.len() > MAX_LENGTH {
            return Self::Malformed("is too long");
        }
        match std::str::from_utf8(value) {
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Self::Value(text.into())
            }
            _ => Self::Malformed("contains whitespace or a character that is not visible ASCII"),
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    /// Returns the value of an optional header.
    pub(super) fn optional(&self, header: &'static str) -> Result<Option<&str>, VerifyError> {
        match self {
            Self::Absent => Ok(None),
            Self::Value(text) => Ok(Some(text)),
            Self::Malformed(reason) => Err(VerifyError::MalformedHeader { header, reason }),
        }
    }

    /// Returns the value of a required header.
    pub(super) fn required(&self, header: &'static str) -> Result<&str, VerifyError> {
        self.optional(header)?.ok_or(VerifyError::MissingHeader { header })
    }
}

/// The headers that matter, out of all those of a request.
#[derive(Debug, Default)]
pub(super) struct DeliveryHeaders {
    pub(super) signature: HeaderField,
    pub(super) signature_v2: HeaderField,
    pub(super) timestamp: HeaderField,
    pub(super) event_id: HeaderField,
    pub(super) attempt: HeaderField,
}

impl DeliveryHeaders {
    pub(super) fn collect<N: AsRef<str>, V: AsRef<[u8]>>(
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut collected = Self::default();
        for (name, value) in headers {
            if let Some(field) = collected.field(name.as_ref()) {
                field.add(value.as_ref());
            }
        }
        collected
    }

    /// Header names are case-insensitive (RFC 9110, section 5.1).
    fn field(&mut self, name: &str) -> Option<&mut HeaderField> {
        let fields = [
            (SIGNATURE, &mut self.signature),
            (SIGNATURE_V2, &mut self.signature_v2),
            (TIMESTAMP, &mut self.timestamp),
            (EVENT_ID, &mut self.event_id),
            (DELIVERY_ATTEMPT, &mut self.attempt),
        ];
        fields.into_iter().find_map(|(own, field)| own.eq_ignore_ascii_case(name).then_some(field))
    }
}

/// Parses a number as the API writes it: digits only, without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    if digits && !padded { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(number));
        }
        for text in ["", "+1", "-1", " 1", "1 ", "01", "1e9", "1.0", "0x1", "1_0", "٣"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(decimal("18446744073709551616"), None);
    }
}
