//! The month that a report covers, cut into days.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A calendar month from 1970-01 to 9998-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

impl Month {
    /// Returns the last month that is over at `now`.
    pub(crate) fn last_complete(now: Timestamp, zone: &TimeZone) -> Self {
        Self { first: now.to_zoned_datetime(zone.clone()).date().first_of_month() }.previous()
    }

    pub(crate) fn previous(self) -> Self {
        Self { first: self.first.saturating_sub(1.month()) }
    }

    pub(crate) fn next(self) -> Self {
        Self { first: self.first.saturating_add(1.month()) }
    }

    pub(crate) fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| day.month() == self.first.month())
    }

    /// Returns its start in a time zone; `None` if that is out of range.
    pub(crate) fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        self.first.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp())
    }

    /// Returns the name and year: `October 2026`.
    pub(crate) fn title(self) -> String {
        self.first.strftime("%B %Y").to_string()
    }

    /// Returns the short name and year: `Oct 2026`.
    pub(crate) fn short_title(self) -> String {
        self.first.strftime("%b %Y").to_string()
    }

    /// Returns the short name: `Oct`.
    pub(crate) fn short_name(self) -> String {
        self.first.strftime("%b").to_string()
    }

    /// Returns the name: `October`.
    pub(crate) fn name(self) -> String {
        self.first.strftime("%B").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

/// Error returned if text is not a [`Month`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseMonthError(());

impl fmt::Display for ParseMonthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a month such as 2026-10")
    }
}

impl std::error::Error for ParseMonthError {}

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |text: &str, count| {
            let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| text.parse::<i16>().ok()).flatten()
        };
        let read = || {
            let (year, month) = text.split_once('-')?;
            let year = digits(year, 4).filter(|year| (1970..=9998).contains(year))?;
            let month = i8::try_from(digits(month, 2)?).ok()?;
            Date::new(year, month, 1).ok()
        };
        read().map(|first| Self { first }).ok_or(ParseMonthError(()))
    }
}

/// A month in a time zone, up to the present, and the interval that it is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    pub(crate) month: Month,
    pub(crate) zone: TimeZone,
    /// All days of the month, including future ones.
    pub(crate) days: Vec<Date>,
    /// The start of each day, and the end of the last.
    bounds: Vec<Timestamp>,
    pub(crate) end: Timestamp,
    /// The previous month, or the same part of it if the month is not over.
    pub(crate) previous: Interval,
    /// The year that ends with the month, oldest month first.
    pub(crate) year: Vec<(Month, Interval)>,
}

/// Number of months in the year at a glance.
const MONTHS: usize = 12;

/// A half-open interval of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Interval {
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// Returns the last millisecond. The API does not document whether the end of a range is
    /// inclusive; with this end it makes no difference.
    pub(crate) fn last_millisecond(&self) -> Timestamp {
        let millisecond = self.end.as_millisecond().saturating_sub(1);
        Timestamp::from_millisecond(millisecond).unwrap_or(self.end)
    }
}

impl Period {
    /// Returns `None` if the month has not begun, or if its end is out of range.
    pub(crate) fn new(month: Month, zone: TimeZone, now: Timestamp) -> Option<Self> {
        let (start, end) = (month.start(&zone)?, month.next().start(&zone)?);
        if start >= now {
            return None;
        }
        let days: Vec<Date> = month.days().collect();
        let starts =
            days.iter().map(|day| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp()));
        let bounds = starts.chain([Some(end)]).collect::<Option<Vec<Timestamp>>>()?;
        let previous = month.previous().start(&zone)?;
        let comparable = if end <= now { start } else { previous + start.duration_until(now) };
        let previous = Interval { start: previous, end: comparable.min(start) };
        let end = end.min(now);
        let mut year = vec![(month, Interval { start, end })];
        let earlier = std::iter::successors(Some(month.previous()), |month| Some(month.previous()));
        for month in earlier.take(MONTHS - 1) {
            let next = year.last().map_or(start, |(_, later)| later.start);
            year.push((month, Interval { start: month.start(&zone)?, end: next }));
        }
        year.reverse();
        Some(Self { month, zone, days, bounds, end, previous, year })
    }

    pub(crate) fn interval(&self) -> Interval {
        Interval { start: self.bounds[0], end: self.end }
    }

    /// Returns true if the month is over.
    pub(crate) fn is_over(&self) -> bool {
        self.bounds.last() == Some(&self.end)
    }

    /// Returns the name of the previous interval.
    pub(crate) fn previous_name(&self) -> String {
        let name = self.month.previous().name();
        if self.is_over() { name } else { format!("the same period of {name}") }
    }

    /// Returns true if the days are those of UTC, like those of the API.
    pub(crate) fn is_utc(&self) -> bool {
        const DAY: i64 = 24 * 60 * 60;
        self.bounds.iter().all(|bound| bound.as_second().rem_euclid(DAY) == 0)
    }

    /// Returns the months before the one that is reported, oldest first.
    pub(crate) fn earlier_months(&self) -> &[(Month, Interval)] {
        self.year.split_last().map_or(&[], |(_, earlier)| earlier)
    }

    /// Returns the index of the month of the year that contains a time.
    pub(crate) fn month_index(&self, at: sendmux_client::Timestamp) -> Option<usize> {
        let at = to_jiff(at)?;
        self.year.iter().position(|(_, interval)| interval.contains(at))
    }

    /// Returns the index of the day that contains a time.
    pub(crate) fn day_index(&self, at: sendmux_client::Timestamp) -> Option<usize> {
        let at = to_jiff(at)?;
        self.interval().contains(at).then(|| self.bounds.partition_point(|bound| *bound <= at) - 1)
    }
}

/// Converts a timestamp of the client.
pub(crate) fn to_jiff(at: sendmux_client::Timestamp) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.unix_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_parsed_and_displayed() {
        for text in ["1970-01", "2026-10", "9998-12"] {
            assert_eq!(month(text).to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-10",
            "2026-10-01",
            "+026-10",
            "2026-+1",
            "1969-12",
            "9999-01",
            "٢٠٢٦-١٠",
            "October",
        ] {
            assert_eq!(text.parse::<Month>(), Err(ParseMonthError(())), "{text}");
        }
    }

    #[test]
    fn months_have_neighbors_and_days() {
        assert_eq!(month("2026-01").previous(), month("2025-12"));
        assert_eq!(month("2026-12").next(), month("2027-01"));
        assert_eq!(month("2028-02").days().count(), 29);
        assert_eq!(month("2026-10").title(), "October 2026");
    }

    #[test]
    fn the_last_complete_month_depends_on_the_time_zone() {
        let now: Timestamp = "2026-11-01T03:00:00Z".parse().unwrap();
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert_eq!(Month::last_complete(now, &TimeZone::UTC), month("2026-10"));
        assert_eq!(Month::last_complete(now, &new_york), month("2026-09"));
    }

    fn period(month: &str, zone: &str, now: &str) -> Period {
        let zone = TimeZone::get(zone).unwrap();
        Period::new(month.parse().unwrap(), zone, now.parse().unwrap()).unwrap()
    }

    fn day(period: &Period, at: &str) -> Option<usize> {
        period.day_index(at.parse().unwrap())
    }

    #[test]
    fn days_begin_at_local_midnight() {
        let utc = period("2026-10", "UTC", "2027-01-01T00:00:00Z");
        assert_eq!(utc.days.len(), 31);
        for (at, index) in [
            ("2026-09-30T23:59:59.999Z", None),
            ("2026-10-01T00:00:00Z", Some(0)),
            ("2026-10-01T23:59:59.999Z", Some(0)),
            ("2026-10-02T00:00:00Z", Some(1)),
            ("2026-10-31T23:59:59Z", Some(30)),
            ("2026-11-01T00:00:00Z", None),
        ] {
            assert_eq!(day(&utc, at), index, "{at}");
        }
        // Summer time ends on the 25th, a day of 25 hours.
        let berlin = period("2026-10", "Europe/Berlin", "2027-01-01T00:00:00Z");
        assert_eq!(day(&berlin, "2026-09-30T22:00:00Z"), Some(0));
        assert_eq!(day(&berlin, "2026-10-25T22:59:59Z"), Some(24));
        assert_eq!(day(&berlin, "2026-10-25T23:00:00Z"), Some(25));
        assert_eq!(day(&berlin, "2026-10-31T23:00:00Z"), None);
        assert!(utc.is_utc() && !berlin.is_utc());
        assert_eq!(berlin.previous.start.to_string(), "2026-08-31T22:00:00Z");
    }

    #[test]
    fn an_unfinished_month_is_compared_with_the_same_part_of_the_previous_one() {
        let unfinished = period("2026-03", "UTC", "2026-03-10T12:00:00Z");
        assert!(!unfinished.is_over());
        assert_eq!(unfinished.previous.end.to_string(), "2026-02-10T12:00:00Z");
        assert_eq!(day(&unfinished, "2026-03-10T12:00:01Z"), None);
        let late = period("2026-03", "UTC", "2026-03-31T12:00:00Z");
        assert_eq!(late.previous.end.to_string(), "2026-03-01T00:00:00Z");
        assert!(period("2026-02", "UTC", "2026-03-01T00:00:00Z").is_over());
    }

    #[test]
    fn the_year_ends_with_the_month() {
        let period = period("2026-10", "Europe/Berlin", "2026-10-20T12:00:00Z");
        let names: Vec<_> = period.year.iter().map(|(month, _)| month.to_string()).collect();
        assert_eq!(
            (names.len(), names[0].as_str(), names[11].as_str()),
            (12, "2025-11", "2026-10")
        );
        for (before, after) in period.year.iter().zip(period.earlier_months().iter().skip(1)) {
            assert_eq!(before.1.end, after.1.start);
        }
        assert_eq!(period.year[11].1, period.interval());
        for (at, index) in [
            ("2025-10-31T22:59:59Z", None),
            ("2025-10-31T23:00:00Z", Some(0)),
            ("2026-09-30T21:59:59Z", Some(10)),
            ("2026-10-20T11:59:59Z", Some(11)),
            ("2026-10-20T12:00:00Z", None),
        ] {
            assert_eq!(period.month_index(at.parse().unwrap()), index, "{at}");
        }
    }

    #[test]
    fn a_future_month_has_no_period() {
        let now = "2026-09-30T23:59:59Z".parse().unwrap();
        assert!(Period::new("2026-10".parse().unwrap(), TimeZone::UTC, now).is_none());
    }

    #[test]
    fn the_first_and_last_months_have_days() {
        let now = Timestamp::MAX;
        for month in ["1970-01", "9998-12"] {
            let period = Period::new(month.parse().unwrap(), TimeZone::UTC, now).unwrap();
            assert_eq!(period.days.len(), 31);
        }
    }
}
