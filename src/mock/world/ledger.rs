//! The account's money.

use super::mail::{Email, Received, Status};
use super::{DAY, count};
use crate::Timestamp;

/// Millionths of a dollar: the API's money has six places.
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
    pub(crate) before: Micros,
    pub(crate) after: Micros,
    pub(crate) description: String,
}

pub(crate) struct Ledger {
    /// Newest first.
    pub(crate) transactions: Vec<Transaction>,
    /// What is bought at a time.
    pub(crate) top_up: Micros,
    /// Below this balance credit is bought by itself.
    pub(crate) threshold: Micros,
}

impl Ledger {
    /// Credit is bought at the start and whenever it runs low; each day's mail is charged at the
    /// day's end, today's at the present moment.
    pub(super) fn of(emails: &[Email], received: &[Received], start: i64, now: i64) -> Self {
        let days: Vec<Usage> = (start..=now)
            .step_by(SECONDS_OF_A_DAY)
            .map(|day| Usage::of(emails, received, day))
            .collect();
        let cost: Micros = days.iter().map(Usage::cost).sum();
        // Enough for some 25 of the 61 days, in whole dollars.
        let top_up = (cost * 25 / 61 / DOLLAR + 1) * DOLLAR;
        let mut ledger = Self { transactions: Vec::new(), top_up, threshold: top_up / 5 };
        ledger.add(start, "PURCHASE", top_up, None, "Credit".to_owned());
        ledger.add(start, "ADJUSTMENT", DOLLAR / 2, None, "Welcome credit".to_owned());
        for usage in days.iter().filter(|usage| usage.quantity() > 0) {
            let at = (usage.day + DAY - 1).min(now);
            ledger.add(at, "USAGE", -usage.cost(), Some(usage.quantity()), usage.description());
            if ledger.last() < ledger.threshold {
                ledger.add(
                    at,
                    "AUTO_TOPUP",
                    top_up,
                    None,
                    "Credit, bought automatically".to_owned(),
                );
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
        let before = self.last();
        self.transactions.push(Transaction {
            id: format!("tx_{:08}", self.transactions.len() + 1),
            at,
            kind,
            amount,
            quantity,
            before,
            after: before + amount,
            description,
        });
    }

    /// Corrects the balance to this amount.
    pub(super) fn correct_to(&mut self, balance: Micros, at: i64) {
        self.transactions.reverse();
        let amount = balance - self.last();
        self.add(at, "ADJUSTMENT", amount, None, "Correction".to_owned());
        self.transactions.reverse();
    }

    fn last(&self) -> Micros {
        self.transactions.last().map_or(0, |last| last.after)
    }

    pub(crate) fn balance(&self) -> Micros {
        self.transactions.first().map_or(0, |newest| newest.after)
    }
}

const SECONDS_OF_A_DAY: usize = 86_400;

/// What is charged for one day.
struct Usage {
    day: i64,
    sent: i64,
    received: i64,
}

impl Usage {
    fn of(emails: &[Email], received: &[Received], day: i64) -> Self {
        let within = |at: i64| (day..day + DAY).contains(&at);
        let sent = emails.iter().filter(|email| within(email.at) && email.status == Status::Sent);
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
        let day = Timestamp::from_unix_seconds(self.day).map(|day| day.to_string());
        let date = day.as_deref().and_then(|day| day.get(..10)).unwrap_or_default();
        format!("{date}: {} sent, {} received", self.sent, self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::*;

    const NOW: i64 = 1_779_354_720;

    #[test]
    fn the_balance_follows_from_the_transactions() {
        for seed in 0..8 {
            let world = World::generate(seed, NOW, 40);
            let list = &world.ledger.transactions;
            assert_eq!(world.ledger.balance(), list.iter().map(|item| item.amount).sum::<Micros>());
            for pair in list.windows(2) {
                assert_eq!(pair[0].before, pair[1].after);
                assert!(pair[0].at >= pair[1].at);
            }
            assert!(list.iter().all(|item| item.after > 0));
            assert!(list.iter().any(|item| item.kind == "AUTO_TOPUP"));
        }
    }

    #[test]
    fn usage_is_the_volume() {
        let world = World::generate(7, NOW, 40);
        let charged: i64 = world.ledger.transactions.iter().filter_map(|item| item.quantity).sum();
        let sent = world.emails.iter().filter(|email| email.status == Status::Sent).count();
        assert_eq!(charged, count(sent + world.received.len()));
        let spent: Micros = world
            .ledger
            .transactions
            .iter()
            .filter(|item| item.kind == "USAGE")
            .map(|item| item.amount)
            .sum();
        assert_eq!(-spent, count(sent) * PRICE_SENT + count(world.received.len()) * PRICE_RECEIVED);
    }
}
