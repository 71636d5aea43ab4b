//! The time that a report is about, cut into days.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::month::Month;

/// A month in a time zone, up to now if it still runs, and what it is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) month: Month,
    pub(crate) zone: TimeZone,
    /// Every day of the month, also those to come.
    pub(crate) days: Vec<Date>,
    /// First moment of each day, and the end of the last.
    bounds: Vec<Timestamp>,
    pub(crate) end: Timestamp,
    /// The month before; as much of it as has passed of a month that still runs.
    pub(crate) before: Between,
}

/// From a moment to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Between {
    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// The last millisecond: the API's documents do not say whether the end of a period belongs to
    /// it, and with this end it makes no difference.
    pub(crate) fn last(&self) -> Timestamp {
        let millisecond = self.end.as_millisecond().saturating_sub(1);
        Timestamp::from_millisecond(millisecond).unwrap_or(self.end)
    }
}

impl Span {
    /// `None` if the month has not begun, or ends beyond what a clock can show.
    pub(crate) fn new(month: Month, zone: TimeZone, now: Timestamp) -> Option<Self> {
        let (start, end) = (month.start(&zone)?, month.next().start(&zone)?);
        if start >= now {
            return None;
        }
        let days: Vec<Date> = month.days().collect();
        let starts =
            days.iter().map(|day| Some(day.to_zoned_datetime(zone.clone()).ok()?.timestamp()));
        let bounds = starts.chain([Some(end)]).collect::<Option<Vec<Timestamp>>>()?;
        let before = month.previous().start(&zone)?;
        let comparable = if end <= now { start } else { before + start.duration_until(now) };
        let before = Between { start: before, end: comparable.min(start) };
        Some(Self { month, zone, days, bounds, end: end.min(now), before })
    }

    pub(crate) fn between(&self) -> Between {
        Between { start: self.bounds[0], end: self.end }
    }

    /// Whether the month was over when the report was made.
    pub(crate) fn is_over(&self) -> bool {
        self.bounds.last() == Some(&self.end)
    }

    /// Whether the days are those of UTC, as the API's are.
    pub(crate) fn is_utc(&self) -> bool {
        const DAY: i64 = 24 * 60 * 60;
        self.bounds.iter().all(|bound| bound.as_second().rem_euclid(DAY) == 0)
    }

    /// Position among the days.
    pub(crate) fn day_of(&self, at: sendmux_client::Timestamp) -> Option<usize> {
        let at = moment(at)?;
        self.between().contains(at).then(|| self.bounds.partition_point(|bound| *bound <= at) - 1)
    }
}

/// What the API gives, as the calendar takes it.
pub(crate) fn moment(at: sendmux_client::Timestamp) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.unix_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(month: &str, zone: &str, now: &str) -> Span {
        let zone = TimeZone::get(zone).unwrap();
        Span::new(month.parse().unwrap(), zone, now.parse().unwrap()).unwrap()
    }

    fn day(span: &Span, at: &str) -> Option<usize> {
        span.day_of(at.parse().unwrap())
    }

    #[test]
    fn days_begin_at_midnight_where_one_is() {
        let utc = span("2026-10", "UTC", "2027-01-01T00:00:00Z");
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
        let berlin = span("2026-10", "Europe/Berlin", "2027-01-01T00:00:00Z");
        assert_eq!(day(&berlin, "2026-09-30T22:00:00Z"), Some(0));
        assert_eq!(day(&berlin, "2026-10-25T22:59:59Z"), Some(24));
        assert_eq!(day(&berlin, "2026-10-25T23:00:00Z"), Some(25));
        assert_eq!(day(&berlin, "2026-10-31T23:00:00Z"), None);
        assert!(utc.is_utc() && !berlin.is_utc());
        assert_eq!(berlin.before.start.to_string(), "2026-08-31T22:00:00Z");
    }

    #[test]
    fn a_month_that_runs_is_compared_with_as_much_of_the_one_before() {
        let running = span("2026-03", "UTC", "2026-03-10T12:00:00Z");
        assert!(!running.is_over());
        assert_eq!(running.before.end.to_string(), "2026-02-10T12:00:00Z");
        assert_eq!(day(&running, "2026-03-10T12:00:01Z"), None);
        let late = span("2026-03", "UTC", "2026-03-31T12:00:00Z");
        assert_eq!(late.before.end.to_string(), "2026-03-01T00:00:00Z");
        assert!(span("2026-02", "UTC", "2026-03-01T00:00:00Z").is_over());
    }

    #[test]
    fn a_month_to_come_has_no_report() {
        let now = "2026-09-30T23:59:59Z".parse().unwrap();
        assert!(Span::new("2026-10".parse().unwrap(), TimeZone::UTC, now).is_none());
    }

    #[test]
    fn the_first_and_last_months_have_days() {
        let now = Timestamp::MAX;
        for month in ["1970-01", "9998-12"] {
            let span = Span::new(month.parse().unwrap(), TimeZone::UTC, now).unwrap();
            assert_eq!(span.days.len(), 31);
        }
    }
}
