//! The one bad day of the account.

use super::calendar::weekday;
use super::{DAY, HOUR, provider};

/// The main relay was in maintenance and the backup was to take over, but its password had
/// expired: hours of failures, and a sending account in error ever since.
pub(super) struct Incident {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Incident {
    /// On the last Tuesday that was two days ago or more.
    pub(super) fn before(today: i64) -> Self {
        const TUESDAY: i64 = 1;
        let latest = today - 2;
        let day = latest - (weekday(latest) - TUESDAY).rem_euclid(7);
        Self { start: day * DAY + 9 * HOUR, end: day * DAY + 13 * HOUR }
    }

    pub(super) fn covers(&self, at: i64) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// Whether an e-mail of that moment fails because of it.
    pub(super) fn breaks(&self, provider: usize, at: i64) -> bool {
        provider == provider::BACKUP && self.covers(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_was_on_a_tuesday_of_late() {
        for today in 20_000..20_014 {
            let day = Incident::before(today).start.div_euclid(DAY);
            assert_eq!(weekday(day), 1);
            assert!((2..=8).contains(&(today - day)), "{}", today - day);
        }
    }
}
