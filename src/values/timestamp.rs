//! Timestamps.

mod conversions;
mod rfc3339;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, RangeInclusive, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub use conversions::TimestampRangeError;

/// An instant in UTC, parsed from RFC 3339.
///
/// The API uses whole seconds in some places and milliseconds in others; a timestamp is displayed
/// with as many digits as it was read with. Serialized, as in requests, it has at most milliseconds,
/// rounded down: the API rejects finer times. Timestamps are compared by instant.
///
/// | read | as |
/// |---|---|
/// | `2026-05-21T09:12:00Z`, `2026-05-21t09:12:00.000z` | RFC 3339 |
/// | `2026-05-21T11:12:00+02:00`, also `+0200` and `+02` | the same instant in UTC |
/// | `2026-05-21 09:12:00Z` | a space for `T` |
/// | `2026-05-21T09:12:00` | without an offset: UTC, as all times of the API are |
/// | `2026-05-21` | the first instant of the day in UTC |
///
/// Arithmetic with a [`Duration`] saturates at the years 0 and 9999; the `checked_` methods return
/// `None` instead. The features `chrono`, `jiff` and `time` add conversions to and from the types of
/// these crates.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use sendmux_client::Timestamp;
///
/// let sent: Timestamp = "2026-05-21T11:12:00+02:00".parse()?;
/// assert_eq!(sent.to_string(), "2026-05-21T09:12:00Z");
/// assert_eq!(sent.unix_seconds(), 1_779_354_720);
/// assert_eq!((sent + Duration::from_millis(1_500)).to_string(), "2026-05-21T09:12:01.500Z");
/// # Ok::<(), sendmux_client::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Timestamp {
    /// Unix time, rounded down.
    seconds: i64,
    nanos: u32,
    precision: Precision,
}

/// The precision a timestamp was written with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Date,
    /// With this many fractional digits.
    Time(u8),
}

/// The years that RFC 3339 can express, 0 to 9999, in Unix seconds.
const WRITABLE: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// Fractional digits that the API accepts.
const MAX_WRITTEN_DIGITS: u8 = 3;

impl Timestamp {
    /// Returns the current time of the system clock, in whole milliseconds.
    pub fn now() -> Self {
        let now = Self::from(SystemTime::now());
        Self::from_unix_millis(now.unix_millis()).unwrap_or(now)
    }

    /// Creates a timestamp from seconds since 1970-01-01T00:00:00Z; `None` outside the years 0 to
    /// 9999, which RFC 3339 can express.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::new(seconds, 0, Precision::Time(0))
    }

    /// Creates a timestamp from milliseconds since 1970-01-01T00:00:00Z; `None` outside the years 0
    /// to 9999.
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        let rest = u32::try_from(millis.rem_euclid(1_000)).ok()?;
        Self::exact(millis.div_euclid(1_000), rest * 1_000_000)
    }

    /// Returns whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Returns whole milliseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_millis(self) -> i64 {
        self.seconds * 1_000 + i64::from(self.nanos / 1_000_000)
    }

    /// Returns the nanoseconds since the last whole second.
    pub fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// Returns the time since `earlier`; `None` if that is later.
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        self.since_first().checked_sub(earlier.since_first())
    }

    /// Adds a duration; `None` beyond the year 9999.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        Self::after_first(self.since_first().checked_add(duration)?)
    }

    /// Subtracts a duration; `None` before the year 0.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        Self::after_first(self.since_first().checked_sub(duration)?)
    }

    fn new(seconds: i64, nanos: u32, precision: Precision) -> Option<Self> {
        let is_valid = WRITABLE.contains(&seconds) && nanos < NANOS_PER_SECOND;
        is_valid.then_some(Self { seconds, nanos, precision })
    }

    /// Creates a timestamp that is written with as many digits as it has, in steps of three.
    fn exact(seconds: i64, nanos: u32) -> Option<Self> {
        let digits = match nanos {
            0 => 0,
            nanos if nanos % 1_000_000 == 0 => 3,
            nanos if nanos % 1_000 == 0 => 6,
            _ => 9,
        };
        Self::new(seconds, nanos, Precision::Time(digits))
    }

    /// Returns the time since the first instant of the year 0.
    fn since_first(self) -> Duration {
        Duration::new((self.seconds - WRITABLE.start()).unsigned_abs(), self.nanos)
    }

    fn after_first(time: Duration) -> Option<Self> {
        let seconds = i64::try_from(time.as_secs()).ok()?.checked_add(*WRITABLE.start())?;
        Self::exact(seconds, time.subsec_nanos())
    }

    /// Returns the first or the last instant that RFC 3339 can express.
    const fn limit(seconds: i64) -> Self {
        Self { seconds, nanos: 0, precision: Precision::Time(0) }
    }
}

/// Saturates at the end of the year 9999.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or_else(|| Self::limit(*WRITABLE.end()))
    }
}

/// Saturates at the beginning of the year 0.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).unwrap_or_else(|| Self::limit(*WRITABLE.start()))
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
        rfc3339::parse(text.as_bytes()).ok_or(ParseTimestampError(()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = rfc3339::SECONDS_PER_DAY;
        let (year, month, day) = rfc3339::civil(self.seconds.div_euclid(DAY));
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        let Precision::Time(digits) = self.precision else { return Ok(()) };
        let clock = self.seconds.rem_euclid(DAY);
        write!(f, "T{:02}:{:02}:{:02}", clock / 3_600, clock / 60 % 60, clock % 60)?;
        if digits > 0 {
            let fraction = self.nanos / 10_u32.pow(9 - u32::from(digits.min(9)));
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
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timestamp {}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.seconds, self.nanos).hash(state);
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
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
    fn other_spellings_denote_the_same_instant() {
        let utc: Timestamp = "2026-03-01T10:00:00.5Z".parse().unwrap();
        for text in [
            "2026-03-01t10:00:00.5z",
            "2026-03-01 10:00:00.500Z",
            "2026-03-01T10:00:00.5",
            "2026-03-01 10:00:00.500000",
            "2026-03-01T10:00:00.5-00:00",
            "2026-03-01T12:00:00.5+0200",
            "2026-03-01 12:00:00.5+02",
            "2026-02-28 22:30:00.5-11:30",
        ] {
            assert_eq!(text.parse(), Ok(utc), "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates_and_keeps_what_it_is_given() {
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let day = Duration::from_secs(86_400);
        assert_eq!((noon - day).to_string(), "2026-02-28T12:00:00Z");
        assert_eq!((noon + Duration::from_nanos(1)).subsec_nanos(), 1);
        assert_eq!((noon + day).duration_since(noon), Some(day));
        assert_eq!(noon.duration_since(noon + day), None);
        assert_eq!(
            (noon.checked_add(Duration::MAX), noon.checked_sub(Duration::MAX)),
            (None, None)
        );
        assert_eq!((noon + Duration::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!((noon - Duration::MAX).to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(
            Timestamp::from_unix_millis(-1).unwrap().to_string(),
            "1969-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn malformed_text_is_rejected() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "1679313700",
            "2026-02-29",
            "+2026-3-01",
            "2026-03- 1",
            "20260301 0",
            "2026-03-01T24:00:00Z",
            "2026-03-01T00:00:00+25:00",
            "2026-03-01T00:00:00.Z",
            "2026-03-01T00:00:00+0",
            "2026-03-01T00:00:00+020",
            "2026-03-01T00:00:00 +02:00",
            "2026-03-01_00:00:00",
            "2026-03-01T",
            "2026-03-01 ",
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
}
