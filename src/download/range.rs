//! Byte ranges.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use crate::error::{Error, Kind};

/// A range of bytes to request (RFC 9110, section 14.1.2).
///
/// # Examples
/// ```
/// use sendmux_client::ByteRange;
///
/// assert_eq!(ByteRange::new(1024..)?.to_string(), "bytes=1024-");
/// assert_eq!(ByteRange::new(..1024)?.to_string(), "bytes=0-1023");
/// assert_eq!(ByteRange::last(1024).to_string(), "bytes=-1024");
/// # Ok::<(), sendmux_client::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRange(Repr);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Repr {
    From(u64),
    Between(u64, u64),
    Last(u64),
}

impl ByteRange {
    /// Creates a range from offsets that start at 0.
    ///
    /// # Errors
    /// If the range is empty, which HTTP cannot express.
    pub fn new(range: impl RangeBounds<u64>) -> Result<Self, Error> {
        let empty = || Error::because(Kind::Request, "the byte range is empty");
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.checked_add(1).ok_or_else(empty)?,
            Bound::Unbounded => 0,
        };
        let last = match range.end_bound() {
            Bound::Included(last) => *last,
            Bound::Excluded(end) => end.checked_sub(1).ok_or_else(empty)?,
            Bound::Unbounded => return Ok(Self(Repr::From(first))),
        };
        if last < first { Err(empty()) } else { Ok(Self(Repr::Between(first, last))) }
    }

    /// Creates a range of the last `count` bytes.
    pub fn last(count: u64) -> Self {
        Self(Repr::Last(count))
    }
}

impl fmt::Display for ByteRange {
    /// Writes the value of the `Range` header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::From(first) => write!(f, "bytes={first}-"),
            Repr::Between(first, last) => write!(f, "bytes={first}-{last}"),
            Repr::Last(count) => write!(f, "bytes=-{count}"),
        }
    }
}

impl From<ByteRange> for String {
    fn from(range: ByteRange) -> Self {
        range.to_string()
    }
}

/// The `Content-Range` of a response (RFC 9110, section 14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// First offset and the one after the last; `None` if the requested range does not exist.
    pub(crate) part: Option<(u64, u64)>,
    pub(crate) complete: Option<u64>,
}

impl ContentRange {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (part, complete) = range.trim().split_once('/')?;
        let complete = if complete == "*" { None } else { Some(number(complete)?) };
        if part == "*" {
            return complete.map(|_| Self { part: None, complete });
        }
        let (first, last) = part.split_once('-')?;
        let (first, end) = (number(first)?, number(last)?.checked_add(1)?);
        let fits = first < end && complete.is_none_or(|complete| end <= complete);
        fits.then_some(Self { part: Some((first, end)), complete })
    }
}

/// Parses a number of digits only, without sign or whitespace.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_range_is_rejected() {
        assert!(ByteRange::new(5..5).is_err());
        assert!(ByteRange::new(..0).is_err());
        assert!(ByteRange::new((Bound::Excluded(u64::MAX), Bound::Unbounded)).is_err());
        assert_eq!(ByteRange::new(5..=5).unwrap().to_string(), "bytes=5-5");
        assert_eq!(ByteRange::new(..).unwrap().to_string(), "bytes=0-");
        assert_eq!(String::from(ByteRange::last(3)), "bytes=-3");
    }

    #[test]
    fn content_range_is_read_strictly() {
        let range = |part, complete| Some(ContentRange { part, complete });
        for (text, expected) in [
            ("bytes 0-4/10", range(Some((0, 5)), Some(10))),
            ("BYTES 5-9/*", range(Some((5, 10)), None)),
            ("bytes */10", range(None, Some(10))),
            ("bytes */*", None),
            ("bytes 5-4/10", None),
            ("bytes 5-10/10", None),
            ("bytes -4/10", None),
            ("bytes +1-4/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes=0-4/10", None),
            ("items 0-4/10", None),
            ("bytes 0-4", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }
}
