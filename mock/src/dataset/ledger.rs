//! The account's balance and transactions.

use super::count;
use super::mail::{Email, EmailStatus, ReceivedMessage};
use crate::time::{self, DAY};

/// Millionths of a dollar: the API writes amounts with six decimal places.
pub(crate) type Micros = i64;

const DOLLAR: Micros = 1_000_000;
const PRICE_SENT: Micros = 1_500;
pub(crate) const PRICE_RECEIVED: Micros = 500;

pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) amount: Micros,
    pub(crate) quantity: Option<i64>,
    pub(crate) balance_before: Micros,
    pub(crate) balance_after: Micros,
    pub(crate) description: String,
}

pub(crate) struct Ledger {
    /// Newest first.
    pub(crate) transactions: Vec<Transaction>,
    /// Amount of each purchase.
    pub(crate) top_up: Micros,
    /// Balance below which credit is bought automatically.
    pub(crate) threshold: Micros,
}

impl Ledger {
    /// Charges each day at its end, and today now. Credit is bought at the start and whenever it
    /// runs low.
    pub(crate) fn new(
        emails: &[Email],
        received: &[ReceivedMessage],
        start: i64,
        now: i64,
    ) -> Self {
        let days: Vec<Usage> =
            (start..=now).step_by(86_400).map(|day| Usage::of(emails, received, day)).collect();
        let cost: Micros = days.iter().map(Usage::cost).sum();
        // Enough for about 25 of the 61 days, in whole dollars.
        let top_up = (cost * 25 / 61 / DOLLAR + 1) * DOLLAR;
        let mut ledger = Self { transactions: Vec::new(), top_up, threshold: top_up / 5 };
        ledger.add(start, "PURCHASE", top_up, None, "Credit purchase".to_owned());
        ledger.add(start, "ADJUSTMENT", DOLLAR / 2, None, "Welcome credit".to_owned());
        for usage in days.iter().filter(|usage| usage.quantity() > 0) {
            let at = (usage.day + DAY - 1).min(now);
            ledger.add(at, "USAGE", -usage.cost(), Some(usage.quantity()), usage.description());
            if ledger.last() < ledger.threshold {
                ledger.add(at, "AUTO_TOPUP", top_up, None, "Automatic top-up".to_owned());
            }
        }
        ledger.transactions.reverse();
        ledger
    }

    fn add(
        &mut self,
        at: i64,
        kind: &'static str,
        amount: Micros,
        quantity: Option<i64>,
        description: String,
    ) {
        let balance_before = self.last();
        self.transactions.push(Transaction {
            id: format!("tx_{:08}", self.transactions.len() + 1),
            at,
            kind,
            amount,
            quantity,
            balance_before,
            balance_after: balance_before + amount,
            description,
        });
    }

    /// Adds a transaction that brings the balance to this amount.
    pub(crate) fn adjust_to(&mut self, balance: Micros, at: i64) {
        self.transactions.reverse();
        let amount = balance - self.last();
        self.add(at, "ADJUSTMENT", amount, None, "Balance adjustment".to_owned());
        self.transactions.reverse();
    }

    fn last(&self) -> Micros {
        self.transactions.last().map_or(0, |last| last.balance_after)
    }

    pub(crate) fn balance(&self) -> Micros {
        self.transactions.first().map_or(0, |newest| newest.balance_after)
    }
}

/// The billed volume of one day.
struct Usage {
    day: i64,
    sent: i64,
    received: i64,
}

impl Usage {
    fn of(emails: &[Email], received: &[ReceivedMessage], day: i64) -> Self {
        let within = |at: i64| (day..day + DAY).contains(&at);
        let sent =
            emails.iter().filter(|email| within(email.at) && email.status == EmailStatus::Sent);
        let received = received.iter().filter(|mail| within(mail.at));
        Self { day, sent: count(sent.count()), received: count(received.count()) }
    }

    fn quantity(&self) -> i64 {
        self.sent + self.received
    }

    fn cost(&self) -> Micros {
        self.sent * PRICE_SENT + self.received * PRICE_RECEIVED
    }

    fn description(&self) -> String {
        format!("{}: {} sent, {} received", time::format_date(self.day), self.sent, self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Dataset;
    use super::*;
    use crate::time::NOW;

    #[test]
    fn the_balance_follows_from_the_transactions() {
        for seed in 0..8 {
            let dataset = Dataset::generate(seed, NOW, 40);
            let list = &dataset.ledger.transactions;
            assert_eq!(
                dataset.ledger.balance(),
                list.iter().map(|item| item.amount).sum::<Micros>()
            );
            for pair in list.windows(2) {
                assert_eq!(pair[0].balance_before, pair[1].balance_after);
                assert!(pair[0].at >= pair[1].at);
            }
            assert!(list.iter().all(|item| item.balance_after > 0));
            assert!(list.iter().any(|item| item.kind == "AUTO_TOPUP"));
        }
    }

    #[test]
    fn usage_equals_the_volume() {
        let dataset = Dataset::generate(7, NOW, 40);
        let charged: i64 =
            dataset.ledger.transactions.iter().filter_map(|item| item.quantity).sum();
        let sent = dataset.emails.iter().filter(|email| email.status == EmailStatus::Sent).count();
        assert_eq!(charged, count(sent + dataset.received.len()));
        let spent: Micros = dataset
            .ledger
            .transactions
            .iter()
            .filter(|item| item.kind == "USAGE")
            .map(|item| item.amount)
            .sum();
        assert_eq!(
            -spent,
            count(sent) * PRICE_SENT + count(dataset.received.len()) * PRICE_RECEIVED
        );
    }
}
