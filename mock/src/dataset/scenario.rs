//! Problems that an account can have.

use std::collections::BTreeSet;

use super::count;
use super::ledger::Ledger;
use super::mail::{Email, EmailStatus, NO_USER};
use super::providers::{MAIN, Provider, SHARED};
use crate::time::DAY;

/// A problem for monitoring to notice in an account that is otherwise healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scenario {
    /// Two in three emails of the last 24 hours bounced: their addresses do not exist.
    BounceSurge,
    /// The balance is a tenth of the auto top-up threshold.
    LowBalance,
    /// No email was sent or received in the last 24 hours.
    NoMail,
    /// The main sending account has just been deactivated.
    ProviderInactive,
    /// The shared Amazon SES account has used at least 90 % of its quota for today, unless it has
    /// sent nothing yet.
    QuotaNearlyUsed,
}

/// The scenarios of an account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scenarios(BTreeSet<Scenario>);

impl Scenarios {
    pub(crate) fn insert(&mut self, scenario: Scenario) {
        self.0.insert(scenario);
    }

    /// Returns true if there are emails and messages of this time.
    pub(super) fn has_mail_at(&self, at: i64, now: i64) -> bool {
        !self.0.contains(&Scenario::NoMail) || at <= now - DAY
    }

    pub(super) fn apply_to_emails(&self, emails: &mut [Email], now: i64) {
        if !self.0.contains(&Scenario::BounceSurge) {
            return;
        }
        let recent = emails.iter_mut().filter(|email| email.at > now - DAY);
        for (_, email) in recent.enumerate().filter(|(index, _)| index % 3 > 0) {
            email.status = EmailStatus::Failed;
            email.reason = Some(NO_USER);
            email.attempts = 1;
        }
    }

    pub(super) fn apply_to_providers(
        &self,
        providers: &mut [Provider],
        emails: &[Email],
        now: i64,
    ) {
        if self.0.contains(&Scenario::ProviderInactive) {
            providers[MAIN].status = "inactive";
            providers[MAIN].updated_at = now;
        }
        if self.0.contains(&Scenario::QuotaNearlyUsed) {
            let today = now - now.rem_euclid(DAY);
            let used = emails.iter().filter(|email| email.at >= today && email.provider == SHARED);
            let used = count(used.count());
            providers[SHARED].per_day = Some((used * 10 / 9).max(1));
        }
    }

    pub(super) fn apply_to_ledger(&self, ledger: &mut Ledger, now: i64) {
        if self.0.contains(&Scenario::LowBalance) {
            ledger.adjust_to(ledger.threshold / 10, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Dataset;
    use super::*;
    use crate::time::NOW;

    fn dataset(scenario: Scenario) -> Dataset {
        Dataset::with(1, NOW, 200, &Scenarios(BTreeSet::from([scenario])))
    }

    #[test]
    fn two_in_three_emails_bounce() {
        let dataset = dataset(Scenario::BounceSurge);
        let all = dataset.emails_between(NOW - DAY + 1, NOW + 1).count();
        let failed = dataset
            .emails_between(NOW - DAY + 1, NOW + 1)
            .filter(|email| email.status == EmailStatus::Failed && email.reason == Some(NO_USER))
            .count();
        assert!(all > 20 && failed * 3 >= all * 2 - 3, "{failed} of {all}");
    }

    #[test]
    fn the_balance_is_low_and_follows_from_the_transactions() {
        let ledger = dataset(Scenario::LowBalance).ledger;
        assert_eq!(ledger.balance(), ledger.threshold / 10);
        let sum: i64 = ledger.transactions.iter().map(|item| item.amount).sum();
        assert_eq!(ledger.balance(), sum);
        assert!(ledger.transactions.is_sorted_by(|a, b| a.at >= b.at));
    }

    #[test]
    fn mail_stopped_a_day_ago() {
        let dataset = dataset(Scenario::NoMail);
        assert!(dataset.emails.len() > 1000);
        assert_eq!(dataset.emails_between(NOW - DAY + 1, NOW + 1).count(), 0);
        assert!(dataset.received.iter().all(|mail| mail.at <= NOW - DAY));
    }

    #[test]
    fn sending_accounts_are_inactive_or_nearly_full() {
        assert_eq!(dataset(Scenario::ProviderInactive).providers[MAIN].status, "inactive");
        let dataset = dataset(Scenario::QuotaNearlyUsed);
        let used = dataset.emails_between(dataset.today(), NOW + 1);
        let used = count(used.filter(|email| email.provider == SHARED).count());
        let quota = dataset.providers[SHARED].per_day.unwrap();
        assert!(used > 0 && used <= quota && used * 10 >= quota * 9, "{used} of {quota}");
    }
}
