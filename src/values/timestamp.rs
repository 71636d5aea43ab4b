//! Timestamps.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, parsed from RFC 3339.
///
/// The API uses whole seconds in some places and milliseconds in others; a timestamp is displayed
/// with as many digits as it was read with. Serialized, as in requests, it has at most milliseconds,
/// rounded down: the API rejects finer times. A date alone denotes its first instant. Timestamps
/// are compared by instant.
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
    moment: DateTime<Utc>,
    precision: Precision,
}

/// The precision a timestamp was written with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Date,
    /// With this many fractional digits.
    Time(u8),
}

const DATE_LENGTH: usize = "2026-03-01".len();

/// The years that RFC 3339 can express, 0 to 9999, in Unix seconds.
const WRITABLE: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// Fractional digits that the API accepts.
const MAX_WRITTEN_DIGITS: u8 = 3;

impl Timestamp {
    /// Returns the current time of the system clock, in whole seconds.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Creates a timestamp from seconds since 1970-01-01T00:00:00Z; `None` outside the years 0 to
    /// 9999, which RFC 3339 can express.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::new(DateTime::from_timestamp(seconds, 0)?, Precision::Time(0))
    }

    /// Returns whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.moment.timestamp()
    }

    /// Returns whole milliseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_millis(self) -> i64 {
        self.moment.timestamp_millis()
    }

    fn new(moment: DateTime<Utc>, precision: Precision) -> Option<Self> {
        WRITABLE.contains(&moment.timestamp()).then_some(Self { moment, precision })
    }
}

/// The error of parsing a [`Timestamp`].
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
        let timestamp = match text.len() {
            DATE_LENGTH => date(text),
            _ => time(text),
        };
        timestamp.ok_or(ParseTimestampError(()))
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let plain = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if !text.bytes().enumerate().all(plain) {
        return None;
    }
    let date: NaiveDate = text.parse().ok()?;
    Timestamp::new(date.and_time(NaiveTime::MIN).and_utc(), Precision::Date)
}

fn time(text: &str) -> Option<Timestamp> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    // A leap second is read as the second before it: Unix time does not count it.
    let moment = moment.with_nanosecond(moment.nanosecond() % NANOS_PER_SECOND)?;
    Timestamp::new(moment, Precision::Time(digits(text)))
}

/// Returns the number of fractional digits, at most nine.
fn digits(text: &str) -> u8 {
    let Some((_, fraction)) = text.split_once('.') else { return 0 };
    let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
    u8::try_from(count.min(9)).unwrap_or(9)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = &self.moment;
        write!(f, "{:04}-{:02}-{:02}", moment.year(), moment.month(), moment.day())?;
        let Precision::Time(digits) = self.precision else { return Ok(()) };
        write!(f, "T{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second())?;
        if digits > 0 {
            let fraction = moment.nanosecond() / 10_u32.pow(9 - u32::from(digits.min(9)));
            write!(f, ".{fraction:0width$}", width = usize::from(digits))?;
        }
        f.write_str("Z")
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
    /// Rounds down to whole seconds; times that RFC 3339 cannot express become the nearest one it
    /// can.
    fn from(time: SystemTime) -> Self {
        let whole = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => whole(after.as_secs()),
            Err(error) => {
                let before = error.duration();
                -whole(before.as_secs()).saturating_add(i64::from(before.subsec_nanos() > 0))
            }
        };
        let seconds = seconds.clamp(*WRITABLE.start(), *WRITABLE.end());
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        Self { moment, precision: Precision::Time(0) }
    }
}

impl From<Timestamp> for SystemTime {
    /// Converts times that the system cannot express to 1970-01-01T00:00:00Z.
    fn from(timestamp: Timestamp) -> Self {
        let seconds = timestamp.unix_seconds();
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time =
            if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        let nanos = Duration::from_nanos(timestamp.moment.nanosecond().into());
        time.and_then(|time| time.checked_add(nanos)).unwrap_or(UNIX_EPOCH)
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let precision = match self.precision {
            Precision::Time(digits) => Precision::Time(digits.min(MAX_WRITTEN_DIGITS)),
            Precision::Date => Precision::Date,
        };
        serializer.collect_str(&Self { precision, ..*self })
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
    fn text_round_trips() {
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
    fn at_most_milliseconds_are_serialized() {
        for (text, written) in [
            ("2026-03-01T00:00:00.123999999Z", "2026-03-01T00:00:00.123Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-03-01T00:00:00.000001Z", "2026-03-01T00:00:00.000Z"),
            ("2026-03-01T00:00:00.5Z", "2026-03-01T00:00:00.5Z"),
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-03-01", "2026-03-01"),
        ] {
            let timestamp: Timestamp = text.parse().unwrap();
            assert_eq!(serde_json::to_value(timestamp).unwrap(), written);
        }
    }

    #[test]
    fn offsets_are_converted_to_utc() {
        let utc: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!("2026-03-01T12:00:00+02:00".parse(), Ok(utc));
        assert_eq!("2026-03-01T10:00:00.000Z".parse(), Ok(utc));
        assert!("2026-03-01T10:00:01Z".parse::<Timestamp>().unwrap() > utc);
    }

    #[test]
    fn malformed_text_is_rejected() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "1679313700",
            "2026-03-01T00:00:00",
            "2026-02-29",
            "+2026-3-01",
            "2026-03- 1",
            "20260301 0",
            "2026-03-01T24:00:00Z",
            "2026-03-01T00:00:00+25:00",
            "2026-03-01T00:00:00.Z",
            "10000-01-01T00:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "９９９９-01",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn extreme_timestamps_round_trip() {
        for text in [
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "1969-12-31T23:59:59.5Z",
            "2026-03-01T00:00:00.00000001Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        let leap: Timestamp = "2016-12-31T23:59:60.25Z".parse().unwrap();
        assert_eq!(leap.to_string(), "2016-12-31T23:59:59.25Z");
        let long: Timestamp = "2026-03-01T00:00:00.1234567891234Z".parse().unwrap();
        assert_eq!(long.to_string(), "2026-03-01T00:00:00.123456789Z");
        assert_eq!("1969-12-31T23:59:59.5Z".parse::<Timestamp>().unwrap().unix_seconds(), -1);
        assert!(Timestamp::from_unix_seconds(i64::MAX).is_none());
        assert!(Timestamp::from_unix_seconds(WRITABLE.end() + 1).is_none());
        assert!(Timestamp::from_unix_seconds(*WRITABLE.start()).is_some());
    }

    #[test]
    fn system_time_converts_both_ways() {
        let half = Duration::from_millis(500);
        for (time, text) in [
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH + half, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH - half, "1969-12-31T23:59:59Z"),
            (UNIX_EPOCH + Duration::from_secs(u64::MAX >> 2), "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from(time).to_string(), text);
        }
        for text in ["1969-12-31T23:59:59.500Z", "2026-03-01T10:00:00.250Z"] {
            let moment: Timestamp = text.parse().unwrap();
            let millis = moment.unix_millis();
            let expected = if millis < 0 {
                UNIX_EPOCH - Duration::from_millis(millis.unsigned_abs())
            } else {
                UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
            };
            assert_eq!(SystemTime::from(moment), expected);
        }
    }
}
