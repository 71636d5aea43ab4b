//! The transactions of the account, summed exactly.

use std::collections::BTreeMap;

use sendmux_client::Decimal;
use sendmux_client::management::types::{Transaction, TransactionType};

use super::period::{Period, to_jiff};
use crate::text::sanitize;

/// Maximum number of transaction types that are summed separately.
const MAX_TYPES: usize = 20;

/// The sums of a month's transactions.
#[derive(Debug, Clone)]
pub(crate) struct Spend {
    /// Credit used.
    pub(crate) total: Decimal,
    /// Credit used in the previous interval.
    pub(crate) previous: Decimal,
    /// Credit used, by day of the month.
    pub(crate) days: Vec<Decimal>,
    /// Number and sum of the transactions, by type.
    pub(crate) by_type: BTreeMap<String, (u64, Decimal)>,
    /// Credit used in each month of the year.
    months: Vec<Decimal>,
    /// Index of the first month that was read to its start.
    pub(super) first_month: usize,
}

impl Spend {
    pub(crate) fn new(period: &Period) -> Self {
        Self {
            total: Decimal::ZERO,
            previous: Decimal::ZERO,
            days: vec![Decimal::ZERO; period.days.len()],
            by_type: BTreeMap::new(),
            months: vec![Decimal::ZERO; period.year.len()],
            first_month: 0,
        }
    }

    /// Returns the credit used in a month of the year, unless it was not read to its start.
    pub(crate) fn month(&self, index: usize) -> Option<Decimal> {
        self.months.get(index).copied().filter(|_| index >= self.first_month)
    }

    /// Adds a transaction. Returns true if it falls within the period.
    pub(crate) fn add(&mut self, transaction: &Transaction, period: &Period) -> bool {
        let amount = transaction.amount;
        let used = match transaction.type_ {
            TransactionType::Usage => -amount,
            _ => Decimal::ZERO,
        };
        if let Some(month) = period.month_index(transaction.created_at) {
            self.months[month] = self.months[month].saturating_add(used);
        }
        let Some(day) = period.day_index(transaction.created_at) else {
            if to_jiff(transaction.created_at).is_some_and(|at| period.previous.contains(at)) {
                self.previous = self.previous.saturating_add(used);
            }
            return false;
        };
        self.total = self.total.saturating_add(used);
        self.days[day] = self.days[day].saturating_add(used);
        let name = sanitize(transaction.type_.as_str(), 40);
        let name = match self.by_type.len() < MAX_TYPES || self.by_type.contains_key(&name) {
            true => name,
            false => "other".to_owned(),
        };
        let (count, sum) = self.by_type.entry(name).or_default();
        *count += 1;
        *sum = sum.saturating_add(amount);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{period, transaction};
    use super::*;

    #[test]
    fn sums_are_exact() {
        let period = period();
        let mut spend = Spend::new(&period);
        for (at, kind, amount) in [
            ("2026-10-01T00:00:00Z", "USAGE", "-0.000001"),
            ("2026-10-01T10:00:00Z", "USAGE", "-0.100000"),
            ("2026-10-31T23:59:59Z", "USAGE", "-9999999999999.200000"),
            ("2026-10-31T23:59:59Z", "AUTO_TOPUP", "25.000000"),
            ("2026-10-31T23:59:59Z", "GIFT", "1.000000"),
            ("2026-09-30T23:59:59Z", "USAGE", "-3.000000"),
            ("2026-09-30T23:59:59Z", "PURCHASE", "30.000000"),
            ("2026-08-31T23:59:59Z", "USAGE", "-5.000000"),
            ("2026-11-01T00:00:00Z", "USAGE", "-7.000000"),
        ] {
            spend.add(&transaction(at, kind, amount), &period);
        }
        assert_eq!(spend.total.to_string(), "9999999999999.300001");
        assert_eq!(spend.days[0].to_string(), "0.100001");
        assert_eq!(spend.previous.normalize().to_string(), "3");
        let year = [("2025-10", None), ("2026-08", Some("5")), ("2026-09", Some("3"))];
        for (month, expected) in year {
            let index = period.year.iter().position(|(it, _)| it.to_string() == month);
            let sum = index.and_then(|index| spend.month(index)).map(|sum| sum.normalize());
            assert_eq!(sum.map(|sum| sum.to_string()).as_deref(), expected, "{month}");
        }
        assert_eq!(spend.month(11), Some(spend.total));
        spend.first_month = 10;
        assert_eq!((spend.month(9), spend.month(10).is_some()), (None, true));
        let types: Vec<_> =
            spend.by_type.iter().map(|(kind, (n, _))| (kind.as_str(), *n)).collect();
        assert_eq!(types, [("AUTO_TOPUP", 1), ("GIFT", 1), ("USAGE", 3)]);
    }

    #[test]
    fn huge_sums_do_not_overflow() {
        let period = period();
        let mut spend = Spend::new(&period);
        for number in 0..100 {
            let kind = format!("KIND_{number}");
            for kind in ["USAGE", &kind] {
                let most = "-79228162514264337593543950335";
                spend.add(&transaction("2026-10-01T00:00:00Z", kind, most), &period);
            }
        }
        assert_eq!(spend.total, Decimal::MAX);
        assert_eq!(spend.by_type.len(), MAX_TYPES + 1);
    }
}
