//! What can be wrong with an account.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::mail::{Email, NO_USER, Status};
use super::provider::{MAIN, Provider, SHARED};
use super::{DAY, count};

/// A state that monitoring is to notice, on top of an account that is otherwise well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scenario {
    /// Of the e-mails of the last 24 hours, two in three went to addresses that do not exist.
    BounceSurge,
    /// The balance is at a tenth of the auto top-up's threshold.
    LowBalance,
    /// No e-mail was sent and none came in for 24 hours.
    NoMail,
    /// The main sending account has just been switched off.
    ProviderInactive,
    /// The shared Amazon SES account has used nine tenths or more of what it may send today, if it
    /// has sent anything.
    QuotaNearlyUsed,
}

/// What was chosen.
pub(crate) type Scenarios = BTreeSet<Scenario>;

impl Scenario {
    /// Whether there is mail of this moment.
    pub(super) fn has_mail(scenarios: &Scenarios, at: i64, now: i64) -> bool {
        !scenarios.contains(&Self::NoMail) || at <= now - DAY
    }

    pub(super) fn in_mail(scenarios: &Scenarios, emails: &mut [Email], now: i64) {
        if !scenarios.contains(&Self::BounceSurge) {
            return;
        }
        let recent = emails.iter_mut().filter(|email| email.at > now - DAY);
        for (_, email) in recent.enumerate().filter(|(index, _)| index % 3 > 0) {
            email.status = Status::Failed;
            email.reason = Some(NO_USER);
            email.attempts = 1;
        }
    }

    pub(super) fn in_providers(
        scenarios: &Scenarios,
        providers: &mut [Provider],
        emails: &[Email],
        now: i64,
    ) {
        if scenarios.contains(&Self::ProviderInactive) {
            providers[MAIN].status = "inactive";
            providers[MAIN].updated_at = now;
        }
        if scenarios.contains(&Self::QuotaNearlyUsed) {
            let today = now - now.rem_euclid(DAY);
            let used = emails.iter().filter(|email| email.at >= today && email.provider == SHARED);
            let used = count(used.count());
            providers[SHARED].per_day = Some((used * 10 / 9).max(1));
        }
    }

    pub(super) fn in_ledger(scenarios: &Scenarios, ledger: &mut Ledger, now: i64) {
        if scenarios.contains(&Self::LowBalance) {
            ledger.correct_to(ledger.threshold / 10, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::*;

    const NOW: i64 = 1_779_354_720;

    fn world(scenario: Scenario) -> World {
        World::with(1, NOW, 200, &BTreeSet::from([scenario]))
    }

    #[test]
    fn two_in_three_bounce() {
        let world = world(Scenario::BounceSurge);
        let all = world.emails_between(NOW - DAY + 1, NOW + 1).count();
        let failed = world
            .emails_between(NOW - DAY + 1, NOW + 1)
            .filter(|email| email.status == Status::Failed && email.reason == Some(NO_USER))
            .count();
        assert!(all > 20 && failed * 3 >= all * 2 - 3, "{failed} of {all}");
    }

    #[test]
    fn the_balance_is_low_and_follows_from_the_transactions() {
        let ledger = world(Scenario::LowBalance).ledger;
        assert_eq!(ledger.balance(), ledger.threshold / 10);
        let sum: i64 = ledger.transactions.iter().map(|item| item.amount).sum();
        assert_eq!(ledger.balance(), sum);
        assert!(ledger.transactions.is_sorted_by(|a, b| a.at >= b.at));
    }

    #[test]
    fn there_was_mail_and_there_is_none() {
        let world = world(Scenario::NoMail);
        assert!(world.emails.len() > 1000);
        assert_eq!(world.emails_between(NOW - DAY + 1, NOW + 1).count(), 0);
        assert!(world.received.iter().all(|mail| mail.at <= NOW - DAY));
    }

    #[test]
    fn sending_accounts_are_off_or_nearly_full() {
        assert_eq!(world(Scenario::ProviderInactive).providers[MAIN].status, "inactive");
        let world = world(Scenario::QuotaNearlyUsed);
        let used = world.emails_between(world.today(), NOW + 1);
        let used = count(used.filter(|email| email.provider == SHARED).count());
        let quota = world.providers[SHARED].per_day.unwrap();
        assert!(used > 0 && used <= quota && used * 10 >= quota * 9, "{used} of {quota}");
    }
}
