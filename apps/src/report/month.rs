//! Which month.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A month of the calendar, 1970-01 to 9998-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month before the one that `now` lies in.
    pub(crate) fn last_full(now: Timestamp, zone: &TimeZone) -> Self {
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

    /// Its first moment in that time zone; `None` beyond the years that a clock can show.
    pub(crate) fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        self.first.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp())
    }

    /// `October 2026`
    pub(crate) fn title(self) -> String {
        self.first.strftime("%B %Y").to_string()
    }

    /// `October`
    pub(crate) fn name(self) -> String {
        self.first.strftime("%B").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

/// Text that is no month.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn text_comes_back_as_it_was() {
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
    fn months_follow_each_other() {
        assert_eq!(month("2026-01").previous(), month("2025-12"));
        assert_eq!(month("2026-12").next(), month("2027-01"));
        assert_eq!(month("2028-02").days().count(), 29);
        assert_eq!(month("2026-10").title(), "October 2026");
    }

    #[test]
    fn the_last_full_month_depends_on_where_one_is() {
        let now: Timestamp = "2026-11-01T03:00:00Z".parse().unwrap();
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert_eq!(Month::last_full(now, &TimeZone::UTC), month("2026-10"));
        assert_eq!(Month::last_full(now, &new_york), month("2026-09"));
    }
}
