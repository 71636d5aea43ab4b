//! Dates and times as RFC 3339 writes them.

use super::{Precision, Timestamp};

pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// Days of 400 years, after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;

/// Days from 0000-03-01, the first day of a cycle, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Digits of a fraction that are kept.
const MAX_DIGITS: usize = 9;

/// Parses a date, or a date with a time.
pub(super) fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date, time) = text.split_first_chunk()?;
    let midnight = date_of(date)? * SECONDS_PER_DAY;
    if time.is_empty() {
        return Timestamp::new(midnight, 0, Precision::Date);
    }
    let &[b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2, ref rest @ ..] = time else {
        return None;
    };
    let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // A leap second is read as the second before it: Unix time does not count it.
    let clock = hour * 3_600 + minute * 60 + second.min(59);
    let (fraction, offset) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (Some(rest.get(..digits).filter(|digits| !digits.is_empty())?), rest.get(digits..)?)
        }
        rest => (None, rest),
    };
    let fraction = fraction.unwrap_or_default();
    let fraction = fraction.get(..MAX_DIGITS).unwrap_or(fraction);
    let digits = u8::try_from(fraction.len()).ok()?;
    let nanos = fraction.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
        * 10_u32.pow(9 - u32::from(digits));
    Timestamp::new(midnight + clock - offset_of(offset)?, nanos, Precision::Time(digits))
}

/// Parses a date, in days since 1970-01-01.
fn date_of(&[y1, y2, y3, y4, h1, m1, m2, h2, d1, d2]: &[u8; 10]) -> Option<i64> {
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    let (month, day) = (pair(m1, m2)?, pair(d1, d2)?);
    if (h1, h2) != (b'-', b'-') || !(1..=12).contains(&month) {
        return None;
    }
    let days = days(year, month, day);
    // A day that its month does not have would be another date.
    (civil(days) == (year, month, day)).then_some(days)
}

/// Parses an offset from UTC, in seconds.
fn offset_of(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match *text {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2] => (sign, pair(h1, h2)?, 0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => {
            (sign, pair(h1, h2)?, pair(m1, m2)?)
        }
        _ => return None,
    };
    let offset = hours * 3_600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(offset),
        b'-' => Some(-offset),
        _ => None,
    }
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Returns the days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are counted
/// from March, so that a leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
    // The lengths of five months from March on add up to 153 days, twice.
    let day = ((month + 9) % 12 * 153 + 2) / 5 + day - 1;
    cycle * DAYS_PER_CYCLE + year * 365 + year / 4 - year / 100 + day - EPOCH
}

/// Returns year, month and day; the inverse of [`days`].
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (cycle, day) = (days.div_euclid(DAYS_PER_CYCLE), days.rem_euclid(DAYS_PER_CYCLE));
    let year = (day - day / 1_460 + day / 36_524 - day / (DAYS_PER_CYCLE - 1)) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (day * 5 + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    let year = cycle * 400 + year;
    (if month < 3 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_date_is_that_of_chrono() {
        let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap();
        for date in first.iter_days().take_while(|date| date.year() <= 9_999) {
            let text = date.format("%Y-%m-%d").to_string();
            let timestamp = parse(text.as_bytes()).unwrap();
            assert_eq!(
                timestamp.unix_seconds(),
                date.and_time(Default::default()).and_utc().timestamp()
            );
            assert_eq!(timestamp.to_string(), text);
            assert_eq!(
                parse(format!("{}-{:02}", &text[..7], date.num_days_in_month() + 1).as_bytes()),
                None
            );
        }
    }

    proptest! {
        #[test]
        fn times_are_read_as_by_chrono(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?([Zz]|[-+][0-2][0-9]:[0-6][0-9])"
        ) {
            let expected = DateTime::parse_from_rfc3339(&text).ok().map(|time| {
                (time.timestamp(), time.timestamp_subsec_nanos() % super::super::NANOS_PER_SECOND)
            });
            let read = parse(text.as_bytes());
            let read = read.map(|time| (time.unix_seconds(), time.subsec_nanos()));
            // Before the year 0 in UTC.
            let expected = expected.filter(|(seconds, _)| super::super::WRITABLE.contains(seconds));
            prop_assert_eq!(read, expected, "{}", text);
        }
    }
}
