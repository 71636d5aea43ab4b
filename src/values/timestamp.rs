//! Timestamps.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, RangeInclusive, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// Returns the current time of the system clock, in whole milliseconds.
    pub fn now() -> Self {
        let now = Self::from(SystemTime::now());
        Self::from_unix_millis(now.unix_millis()).unwrap_or(now)
    }

    /// Creates a timestamp from seconds since 1970-01-01T00:00:00Z; `None` outside the years 0 to
    /// 9999, which RFC 3339 can express.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::new(DateTime::from_timestamp(seconds, 0)?, Precision::Time(0))
    }

    /// Creates a timestamp from milliseconds since 1970-01-01T00:00:00Z; `None` outside the years 0
    /// to 9999.
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        Self::exact(DateTime::from_timestamp_millis(millis)?)
    }

    /// Returns whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.moment.timestamp()
    }

    /// Returns whole milliseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_millis(self) -> i64 {
        self.moment.timestamp_millis()
    }

    /// Returns the nanoseconds since the last whole second.
    pub fn subsec_nanos(self) -> u32 {
        self.moment.nanosecond()
    }

    /// Returns the time since `earlier`; `None` if that is later.
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        self.moment.signed_duration_since(earlier.moment).to_std().ok()
    }

    /// Adds a duration; `None` beyond the year 9999.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let moment = self.moment.checked_add_signed(TimeDelta::from_std(duration).ok()?)?;
        Self::exact(moment)
    }

    /// Subtracts a duration; `None` before the year 0.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let moment = self.moment.checked_sub_signed(TimeDelta::from_std(duration).ok()?)?;
        Self::exact(moment)
    }

    fn new(moment: DateTime<Utc>, precision: Precision) -> Option<Self> {
        WRITABLE.contains(&moment.timestamp()).then_some(Self { moment, precision })
    }

    /// Creates a timestamp that is written with as many digits as it has, in steps of three.
    fn exact(moment: DateTime<Utc>) -> Option<Self> {
        // chrono counts a leap second as nanoseconds beyond a second.
        let moment = moment.with_nanosecond(moment.nanosecond() % NANOS_PER_SECOND)?;
        let digits = match moment.nanosecond() {
            0 => 0,
            nanos if nanos % 1_000_000 == 0 => 3,
            nanos if nanos % 1_000 == 0 => 6,
            _ => 9,
        };
        Self::new(moment, Precision::Time(digits))
    }

    /// Returns the first or the last instant that RFC 3339 can express.
    fn limit(seconds: i64) -> Self {
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        Self { moment, precision: Precision::Time(0) }
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
    let moment = DateTime::parse_from_rfc3339(text)
        .or_else(|error| DateTime::parse_from_rfc3339(&rfc3339(text).ok_or(error)?))
        .ok()?
        .to_utc();
    // A leap second is read as the second before it: Unix time does not count it.
    let moment = moment.with_nanosecond(moment.nanosecond() % NANOS_PER_SECOND)?;
    Timestamp::new(moment, Precision::Time(digits(text)))
}

/// Returns the text in the spelling of RFC 3339, if it has another one.
fn rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(DATE_LENGTH)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let offset = match offset.split_at_checked(3) {
        None if offset.is_empty() => "Z".to_owned(),
        Some((hours, "")) => format!("{hours}:00"),
        Some((hours, minutes)) if minutes.len() == 2 => format!("{hours}:{minutes}"),
        _ => offset.to_owned(),
    };
    Some(format!("{date}T{clock}{offset}"))
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
    /// Times that RFC 3339 cannot express become the nearest one it can.
    fn from(time: SystemTime) -> Self {
        let epoch = Self::limit(0);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => epoch + after,
            Err(error) => epoch - error.duration(),
        }
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

#[cfg(feature = "chrono")]
impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.moment
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> TryFrom<DateTime<Tz>> for Timestamp {
    type Error = TimestampRangeError;

    fn try_from(time: DateTime<Tz>) -> Result<Self, Self::Error> {
        Self::exact(time.to_utc()).ok_or(TimestampRangeError(()))
    }
}

#[cfg(feature = "jiff")]
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = TimestampRangeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
        let nanos = i32::try_from(timestamp.subsec_nanos()).map_err(|_| TimestampRangeError(()))?;
        Self::new(timestamp.unix_seconds(), nanos).map_err(|_| TimestampRangeError(()))
    }
}

#[cfg(feature = "jiff")]
impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = TimestampRangeError;

    fn try_from(time: jiff::Timestamp) -> Result<Self, Self::Error> {
        from_nanoseconds(time.as_nanosecond())
    }
}

#[cfg(feature = "time")]
impl TryFrom<Timestamp> for time::OffsetDateTime {
    type Error = TimestampRangeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
        let nanos = i128::from(timestamp.unix_seconds()) * i128::from(NANOS_PER_SECOND)
            + i128::from(timestamp.subsec_nanos());
        Self::from_unix_timestamp_nanos(nanos).map_err(|_| TimestampRangeError(()))
    }
}

#[cfg(feature = "time")]
impl TryFrom<time::OffsetDateTime> for Timestamp {
    type Error = TimestampRangeError;

    fn try_from(time: time::OffsetDateTime) -> Result<Self, Self::Error> {
        from_nanoseconds(time.unix_timestamp_nanos())
    }
}

#[cfg(any(feature = "jiff", feature = "time"))]
fn from_nanoseconds(nanos: i128) -> Result<Timestamp, TimestampRangeError> {
    let second = i128::from(NANOS_PER_SECOND);
    let seconds = i64::try_from(nanos.div_euclid(second)).ok();
    let rest = u32::try_from(nanos.rem_euclid(second)).ok();
    let moment =
        seconds.zip(rest).and_then(|(seconds, rest)| DateTime::from_timestamp(seconds, rest));
    moment.and_then(Timestamp::exact).ok_or(TimestampRangeError(()))
}

/// The error of converting a time that one of the two types cannot express: a [`Timestamp`] is in
/// the years 0 to 9999.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampRangeError(());

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
impl fmt::Display for TimestampRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is out of range")
    }
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
impl std::error::Error for TimestampRangeError {}

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

    #[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
    #[test]
    fn other_crates_express_the_same_instant() {
        for text in
            ["2026-03-01T10:00:00.123456789Z", "1969-12-31T23:59:59.500Z", "0000-01-01T00:00:00Z"]
        {
            let timestamp: Timestamp = text.parse().unwrap();
            let chrono = DateTime::<Utc>::from(timestamp);
            let jiff = jiff::Timestamp::try_from(timestamp).unwrap();
            let time = time::OffsetDateTime::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(chrono), Ok(timestamp));
            assert_eq!(Timestamp::try_from(jiff), Ok(timestamp));
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        assert!(Timestamp::try_from(DateTime::<Utc>::MAX_UTC).is_err());
        assert!(Timestamp::try_from(jiff::Timestamp::MIN).is_err());
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

    #[test]
    fn system_time_converts_both_ways() {
        let half = Duration::from_millis(500);
        for (time, text) in [
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH + half, "1970-01-01T00:00:00.500Z"),
            (UNIX_EPOCH - half, "1969-12-31T23:59:59.500Z"),
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
