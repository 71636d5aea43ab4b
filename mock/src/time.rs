//! Times as Unix seconds, and as the API writes them.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// 2026-05-21T09:12:00Z, a Thursday.
#[cfg(test)]
pub(crate) const NOW: i64 = 1_779_354_720;

/// Formats a time as RFC 3339 in UTC, such as `2026-05-21T09:12:00Z`.
pub(crate) fn format(at: i64) -> String {
    let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Formats the date of a time, such as `2026-05-21`.
pub(crate) fn format_date(at: i64) -> String {
    DateTime::from_timestamp(at, 0).unwrap_or_default().date_naive().to_string()
}

/// Formats a time as the `Date` header of an email.
pub(crate) fn format_email(at: i64) -> String {
    DateTime::from_timestamp(at, 0).unwrap_or_default().to_rfc2822()
}

/// Parses a moment with a zone, whose precision is at most a millisecond. Returns milliseconds.
pub(crate) fn parse_moment(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    let digits = text
        .split_once('.')
        .map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    (digits <= 3).then(|| time.timestamp_millis())
}

/// Parses a time or a date into the seconds it covers: one second, or the whole day.
///
/// A time without a zone is in UTC.
pub(crate) fn parse(text: &str) -> Option<Range<i64>> {
    let date = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
    if let Some(date) = date {
        let start = date.and_time(NaiveTime::MIN).and_utc().timestamp();
        return Some(start..start + DAY);
    }
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc3339(&format!("{text}Z")));
    let start = time.ok()?.timestamp();
    Some(start..start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_covers_its_day() {
        let midnight = NOW - 9 * HOUR - 12 * 60;
        assert_eq!(parse("2026-05-21"), Some(midnight..midnight + DAY));
    }

    #[test]
    fn a_time_covers_its_second() {
        for text in ["2026-05-21T11:12:00+02:00", "2026-05-21T09:12:00.000Z", "2026-05-21T09:12:00"]
        {
            assert_eq!(parse(text), Some(NOW..NOW + 1), "{text}");
        }
    }

    #[test]
    fn moments_have_a_zone_and_at_most_milliseconds() {
        let millis = NOW * 1000;
        assert_eq!(parse_moment("2026-05-21T11:12:00+02:00"), Some(millis));
        assert_eq!(parse_moment("2026-05-21T09:12:00.125Z"), Some(millis + 125));
        for refused in ["2026-05-21T09:12:00", "2026-05-21T09:12:00.1250Z", "2026-05-21"] {
            assert_eq!(parse_moment(refused), None, "{refused}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "yesterday", "2026-13-01", "2026-05-21T25:00:00Z", "1779354720", " 2026-5-01"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(format(NOW), "2026-05-21T09:12:00Z");
        assert_eq!(format_date(NOW), "2026-05-21");
    }
}
