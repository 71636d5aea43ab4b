//! What figures are made of: periods, and counts of e-mails in them.

use serde_json::{Value, json};

use crate::Timestamp;

use super::answer::Refusal;
use super::page::Query;
use super::world::{DAY, Email, Status};

/// From a moment to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Period {
    /// What `from_date` and `to_date` ask for; from `start` to the present if nothing else.
    pub(super) fn of(query: &Query, start: i64, now: i64) -> Result<Self, Refusal> {
        let moment = |name: &'static str| match query.get(name) {
            None => Ok(None),
            Some(text) => Moment::parse(text).map(Some).ok_or(Refusal::Invalid(name)),
        };
        Ok(Self {
            from: moment("from_date")?.map_or(start, |moment| moment.at),
            to: moment("to_date")?.map_or(now + 1, |moment| moment.at + moment.length),
        })
    }

    pub(super) fn contains(&self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }

    pub(super) fn length(&self) -> i64 {
        (self.to - self.from).max(0)
    }

    /// The period of the same length that ends where this one starts.
    pub(super) fn before(&self) -> Self {
        Self { from: self.from - self.length(), to: self.from }
    }
}

/// A second, or a whole day where only a date was written.
struct Moment {
    at: i64,
    length: i64,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let date = text.len() == "2026-03-01".len();
        let time: Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
        Some(Self { at: time.unix_seconds(), length: if date { DAY } else { 1 } })
    }
}

/// How many e-mails have each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts([i64; Status::ALL.len()]);

impl Counts {
    pub(super) fn of<'a>(emails: impl IntoIterator<Item = &'a Email>) -> Self {
        let mut counts = Self::default();
        for email in emails {
            counts.add(email.status);
        }
        counts
    }

    pub(super) fn add(&mut self, status: Status) {
        self.0[status as usize] += 1;
    }

    pub(super) fn get(&self, status: Status) -> i64 {
        self.0[status as usize]
    }

    pub(super) fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    pub(super) fn to_json(self) -> Value {
        let mut object = json!({"total": self.total()});
        for status in Status::ALL {
            object[status.name()] = self.get(status).into();
        }
        object
    }

    /// By how many per cent each count has grown, to one decimal.
    pub(super) fn change_since(&self, before: &Self) -> Value {
        let mut object = json!({"total": growth(self.total(), before.total())});
        for status in Status::ALL {
            object[status.name()] = growth(self.get(status), before.get(status)).into();
        }
        object
    }
}

fn growth(now: i64, before: i64) -> f64 {
    match before {
        0 if now == 0 => 0.0,
        0 => 100.0,
        _ => ratio((now - before) * 1000, before).round() / 10.0,
    }
}

/// One number divided by another, neither of them big enough to lose digits.
pub(super) fn ratio(part: i64, whole: i64) -> f64 {
    let float = |number: i64| f64::from(i32::try_from(number).unwrap_or(i32::MAX));
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-21T09:12:00Z.
    const NOW: i64 = 1_779_354_720;
    const MIDNIGHT: i64 = NOW - 9 * 3600 - 12 * 60;

    fn period(query: &str) -> Result<Period, Refusal> {
        Period::of(&Query::parse("/", query), 7, NOW)
    }

    #[test]
    fn a_date_is_a_whole_day() {
        let day = period("from_date=2026-05-21&to_date=2026-05-21").unwrap();
        assert_eq!(day, Period { from: MIDNIGHT, to: MIDNIGHT + DAY });
    }

    #[test]
    fn a_moment_is_its_second() {
        let text = "from_date=2026-05-21T11:12:00%2B02:00&to_date=2026-05-21T09:12:00.000Z";
        assert_eq!(period(text).unwrap(), Period { from: NOW, to: NOW + 1 });
        let zoneless = period("from_date=2026-05-21T09:12:00").unwrap();
        assert_eq!(zoneless.from, NOW);
    }

    #[test]
    fn without_dates_it_reaches_to_the_present() {
        assert_eq!(period("").unwrap(), Period { from: 7, to: NOW + 1 });
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "2026-05-21T25:00:00Z", "1779354720"] {
            let query = format!("to_date={text}");
            assert_eq!(period(&query), Err(Refusal::Invalid("to_date")), "{text}");
        }
    }

    #[test]
    fn growth_is_in_per_cent() {
        assert_eq!(growth(3, 2), 50.0);
        assert_eq!(growth(1, 3), -66.7);
        assert_eq!(growth(0, 0), 0.0);
        assert_eq!(growth(5, 0), 100.0);
    }
}
