//! Conversions between timestamps and the times of other crates.

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
use super::NANOS_PER_SECOND;
use super::Timestamp;

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
        let nanos = Duration::from_nanos(timestamp.nanos.into());
        time.and_then(|time| time.checked_add(nanos)).unwrap_or(UNIX_EPOCH)
    }
}

#[cfg(feature = "chrono")]
impl From<Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(timestamp: Timestamp) -> Self {
        // chrono expresses more years than a timestamp.
        Self::from_timestamp(timestamp.seconds, timestamp.nanos).unwrap_or_default()
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> TryFrom<chrono::DateTime<Tz>> for Timestamp {
    type Error = TimestampRangeError;

    fn try_from(time: chrono::DateTime<Tz>) -> Result<Self, Self::Error> {
        // chrono counts a leap second as nanoseconds beyond a second.
        let nanos = time.timestamp_subsec_nanos() % NANOS_PER_SECOND;
        Self::exact(time.timestamp(), nanos).ok_or(TimestampRangeError(()))
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
    seconds
        .zip(rest)
        .and_then(|(seconds, rest)| Timestamp::exact(seconds, rest))
        .ok_or(TimestampRangeError(()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
    #[test]
    fn other_crates_express_the_same_instant() {
        for text in
            ["2026-03-01T10:00:00.123456789Z", "1969-12-31T23:59:59.500Z", "0000-01-01T00:00:00Z"]
        {
            let timestamp: Timestamp = text.parse().unwrap();
            let chrono = chrono::DateTime::<chrono::Utc>::from(timestamp);
            let jiff = jiff::Timestamp::try_from(timestamp).unwrap();
            let time = time::OffsetDateTime::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(chrono), Ok(timestamp));
            assert_eq!(Timestamp::try_from(jiff), Ok(timestamp));
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        assert!(Timestamp::try_from(chrono::DateTime::<chrono::Utc>::MAX_UTC).is_err());
        assert!(Timestamp::try_from(jiff::Timestamp::MIN).is_err());
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
