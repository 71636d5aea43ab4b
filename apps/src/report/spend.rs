//! Movements of credit, folded into figures. Money is added up exactly.

use std::collections::BTreeMap;

use sendmux_client::Decimal;
use sendmux_client::management::types::{Transaction, TransactionType};

use super::span::{Span, moment};
use super::text::tidy;

/// Kinds of transactions that are added up one by one.
const ROOM: usize = 20;

/// What a month's transactions come to.
#[derive(Debug, Clone)]
pub(crate) struct Spend {
    /// Credit used.
    pub(crate) total: Decimal,
    /// Credit used in the time that the month is compared with.
    pub(crate) before: Decimal,
    /// Credit used, for each day of the month.
    pub(crate) days: Vec<Decimal>,
    /// Number and sum of the transactions of each kind.
    pub(crate) kinds: BTreeMap<String, (u64, Decimal)>,
}

impl Spend {
    pub(crate) fn new(span: &Span) -> Self {
        Self {
            total: Decimal::ZERO,
            before: Decimal::ZERO,
            days: vec![Decimal::ZERO; span.days.len()],
            kinds: BTreeMap::new(),
        }
    }

    /// Adds a transaction; true if it is of the span.
    pub(crate) fn add(&mut self, transaction: &Transaction, span: &Span) -> bool {
        let amount = transaction.amount;
        let used = match transaction.type_ {
            TransactionType::Usage => -amount,
            _ => Decimal::ZERO,
        };
        let Some(day) = span.day_of(transaction.created_at) else {
            if moment(transaction.created_at).is_some_and(|at| span.before.contains(at)) {
                self.before = self.before.saturating_add(used);
            }
            return false;
        };
        self.total = self.total.saturating_add(used);
        self.days[day] = self.days[day].saturating_add(used);
        let kind = tidy(transaction.type_.as_str(), 40);
        let kind = match self.kinds.len() < ROOM || self.kinds.contains_key(&kind) {
            true => kind,
            false => "other".to_owned(),
        };
        let (count, sum) = self.kinds.entry(kind).or_default();
        *count += 1;
        *sum = sum.saturating_add(amount);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{span, transaction};
    use super::*;

    #[test]
    fn not_a_millionth_is_lost() {
        let span = span();
        let mut spend = Spend::new(&span);
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
            spend.add(&transaction(at, kind, amount), &span);
        }
        assert_eq!(spend.total.to_string(), "9999999999999.300001");
        assert_eq!(spend.days[0].to_string(), "0.100001");
        assert_eq!(spend.before.normalize().to_string(), "3");
        let kinds: Vec<_> = spend.kinds.iter().map(|(kind, (n, _))| (kind.as_str(), *n)).collect();
        assert_eq!(kinds, [("AUTO_TOPUP", 1), ("GIFT", 1), ("USAGE", 3)]);
    }

    #[test]
    fn sums_beyond_all_measure_end_nothing() {
        let span = span();
        let mut spend = Spend::new(&span);
        for number in 0..100 {
            let kind = format!("KIND_{number}");
            for kind in ["USAGE", &kind] {
                let most = "-79228162514264337593543950335";
                spend.add(&transaction("2026-10-01T00:00:00Z", kind, most), &span);
            }
        }
        assert_eq!(spend.total, Decimal::MAX);
        assert_eq!(spend.kinds.len(), ROOM + 1);
    }
}
