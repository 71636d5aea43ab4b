//! Moments in time.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::SystemTime;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, read from RFC 3339 text.
///
/// The API writes whole seconds in some places and milliseconds in others; a timestamp goes out
/// with as many digits as it came in with. A date alone is read as its first moment. Two
/// timestamps are equal if they are the same moment.
///
/// # Examples
/// ```
/// use sendmux_client::Timestamp;
///
/// let sent: Timestamp = "2026-05-21T11:12:00+02:00".parse()?;
/// assert_eq!(sent.to_string(), "2026-05-21T09:12:00Z");
/// assert_eq!(sent.unix_seconds(), 1_779_354_720);
/// # Ok::<(), sendmux_client::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Timestamp {
    moment: jiff::Timestamp,
    form: Form,
}

/// How a timestamp was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Date,
    /// With this many digits below the second.
    Time(u8),
}

const DATE_LENGTH: usize = "2026-03-01".len();

impl Timestamp {
    /// The present moment, to the second, by the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// A moment given in seconds since 1970-01-01T00:00:00Z; `None` outside the years -9999 to
    /// 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let moment = jiff::Timestamp::from_second(seconds).ok()?;
        Some(Self { moment, form: Form::Time(0) })
    }

    /// Seconds since 1970-01-01T00:00:00Z, rounded towards it.
    pub fn unix_seconds(self) -> i64 {
        self.moment.as_second()
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, rounded towards it.
    pub fn unix_millis(self) -> i64 {
        self.moment.as_millisecond()
    }
}

/// Text that is no timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTimestampError(());

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a timestamp such as 2026-05-21T09:12:00Z (RFC 3339)")
    }
}

impl std::error::Error for ParseTimestampError {}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Ok(Self { moment, form: Form::Time(digits(text)) });
        }
        // A time without an offset is no moment, though jiff would take its date.
        if text.len() != DATE_LENGTH {
            return Err(ParseTimestampError(()));
        }
        let date: Date = text.parse().map_err(|_| ParseTimestampError(()))?;
        let start = date.to_zoned(TimeZone::UTC).map_err(|_| ParseTimestampError(()))?;
        Ok(Self { moment: start.timestamp(), form: Form::Date })
    }
}

/// Digits below the second, at most nine.
fn digits(text: &str) -> u8 {
    let Some((_, fraction)) = text.split_once('.') else { return 0 };
    let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
    u8::try_from(count.min(9)).unwrap_or(9)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Date => write!(f, "{}", self.moment.to_zoned(TimeZone::UTC).date()),
            Form::Time(digits) => write!(f, "{:.*}", usize::from(digits), self.moment),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}

impl Eq for Timestamp {}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.moment.hash(state);
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.moment.cmp(&other.moment)
    }
}

impl From<SystemTime> for Timestamp {
    /// To the second; moments that RFC 3339 cannot write become the nearest one it can.
    fn from(time: SystemTime) -> Self {
        let moment = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX);
        let whole = jiff::Timestamp::from_second(moment.as_second()).unwrap_or(moment);
        Self { moment: whole, form: Form::Time(0) }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.moment.into()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp in RFC 3339")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        for text in [
            "2026-03-01T00:00:00Z",
            "2026-03-01T00:00:00.000Z",
            "2026-03-01T23:59:59.123456Z",
            "2026-03-01",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn offsets_are_the_same_moment() {
        let utc: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!("2026-03-01T12:00:00+02:00".parse(), Ok(utc));
        assert_eq!("2026-03-01T10:00:00.000Z".parse(), Ok(utc));
        assert!("2026-03-01T10:00:01Z".parse::<Timestamp>().unwrap() > utc);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1679313700", "2026-03-01T00:00:00"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
