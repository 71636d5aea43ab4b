//! The account's data, generated from a seed.
//!
//! All handlers read the same dataset, so their responses agree: the metrics count the log, and the
//! balance follows from the transactions.

mod calendar;
mod deliveries;
mod directory;
mod ledger;
mod mail;
mod providers;
mod scenario;

pub(crate) use deliveries::{Cause, Delivery, MAX_ATTEMPTS, RETENTION};
pub(crate) use directory::{
    CREDENTIAL_ID, DOMAINS, Domain, MAILBOXES, Mailbox, TEAM_ID, TEAM_NAME, WEBHOOKS, Webhook,
};
pub(crate) use ledger::{Ledger, Micros, PRICE_RECEIVED, Transaction};
pub(crate) use mail::{Email, EmailStatus, ReceivedMessage, SENDER};
pub(crate) use providers::Provider;
pub use scenario::Scenario;
pub(crate) use scenario::Scenarios;

use std::ops::SubAssign;

use providers::{Balancer, Incident};

use crate::time::DAY;

/// Two spans of 30 days to compare, and today.
const DAYS: i64 = 61;

/// All data of an account. Lists are newest first.
pub(crate) struct Dataset {
    /// The present time of the account.
    pub(crate) now: i64,
    /// The start of the first day.
    pub(crate) start: i64,
    pub(crate) providers: Vec<Provider>,
    pub(crate) emails: Vec<Email>,
    pub(crate) received: Vec<ReceivedMessage>,
    pub(crate) ledger: Ledger,
    pub(crate) deliveries: Vec<Delivery>,
}

impl Dataset {
    /// Generates the data of a seed at a time.
    ///
    /// Each day is drawn by itself: a later time adds emails and leaves the earlier ones as they
    /// were. Only the incident moves on, week by week.
    pub(crate) fn with(seed: u64, now: i64, emails_per_day: u32, scenarios: &Scenarios) -> Self {
        let today = now.div_euclid(DAY);
        let start = (today - DAYS + 1) * DAY;
        let incident = Incident::before(today);
        let mut providers = providers::all(emails_per_day, today, &incident);
        let mut emails = Vec::new();
        let mut received = Vec::new();
        for day in (today - DAYS + 1)..=today {
            let mut random = calendar::random(seed, day);
            let mut balancer = Balancer::new(&providers, &incident);
            let sending = calendar::volume(&mut random, day, emails_per_day);
            for at in calendar::times(&mut random, day, sending) {
                let provider = balancer.pick(&mut random, at);
                let outage = incident.affects(provider, at);
                emails.push(mail::email(&mut random, at, now, provider, outage));
            }
            let receiving = calendar::volume(&mut random, day, emails_per_day / 8);
            for at in calendar::times(&mut random, day, receiving) {
                received.push(mail::received(&mut random, at));
            }
        }
        let keep = |at| at <= now && scenarios.has_mail_at(at, now);
        emails.retain(|email| keep(email.at));
        received.retain(|message| keep(message.at));
        emails.reverse();
        received.reverse();
        scenarios.apply_to_emails(&mut emails, now);
        scenarios.apply_to_providers(&mut providers, &emails, now);
        let mut ledger = Ledger::new(&emails, &received, start, now);
        scenarios.apply_to_ledger(&mut ledger, now);
        let deliveries = deliveries::deliveries(&emails, &received, now);
        Self { now, start, providers, emails, received, ledger, deliveries }
    }

    #[cfg(test)]
    pub(crate) fn generate(seed: u64, now: i64, emails_per_day: u32) -> Self {
        Self::with(seed, now, emails_per_day, &Scenarios::default())
    }

    /// Returns the last midnight.
    pub(crate) fn today(&self) -> i64 {
        self.now - self.now.rem_euclid(DAY)
    }

    /// Returns the emails from one time to before another.
    pub(crate) fn emails_between(&self, from: i64, to: i64) -> impl Iterator<Item = &Email> {
        self.emails.iter().filter(move |email| (from..to).contains(&email.at))
    }
}

/// Converts a length to the type of the API's counts.
pub(crate) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Returns the position of the weight that a number below their sum falls on.
fn weighted_index<N: PartialOrd + SubAssign>(
    mut rest: N,
    weights: impl IntoIterator<Item = N>,
) -> usize {
    let found = weights.into_iter().position(|weight| {
        let hit = rest < weight;
        if !hit {
            rest -= weight;
        }
        hit
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::time::{HOUR, NOW};

    fn ids(seed: u64, now: i64) -> Vec<String> {
        Dataset::generate(seed, now, 14).emails.into_iter().map(|email| email.id).collect()
    }

    #[test]
    fn a_seed_determines_the_dataset() {
        assert_eq!(ids(1, NOW), ids(1, NOW));
        assert_ne!(ids(1, NOW), ids(2, NOW));
    }

    #[test]
    fn the_past_stays_the_same_as_time_passes() {
        let (then, later) = (Dataset::generate(1, NOW, 14), Dataset::generate(1, NOW + DAY, 14));
        let (from, to) = (later.start, NOW - HOUR);
        for (old, new) in then.emails_between(from, to).zip(later.emails_between(from, to)) {
            assert_eq!((&old.id, old.at, old.provider), (&new.id, new.at, new.provider));
            assert_eq!((old.status, &old.to), (new.status, &new.to), "{}", old.id);
        }
        let number = |dataset: &Dataset| dataset.emails_between(from, to).count();
        assert_eq!(number(&then), number(&later));
        assert!(number(&later) > 500 && number(&later) < later.emails.len());
    }

    #[test]
    fn lists_are_newest_first_and_end_now() {
        for now in [0, NOW, NOW - NOW % DAY, NOW - NOW % DAY - 1] {
            let dataset = Dataset::generate(5, now, 14);
            assert!(dataset.emails.is_sorted_by(|a, b| a.at >= b.at));
            assert!(dataset.received.is_sorted_by(|a, b| a.at >= b.at));
            assert!(dataset.deliveries.is_sorted_by(|a, b| a.at >= b.at));
            assert!(dataset.emails.iter().all(|email| (dataset.start..=now).contains(&email.at)));
            assert!(
                dataset.received.iter().all(|message| (dataset.start..=now).contains(&message.at))
            );
            assert!(dataset.deliveries.iter().all(|delivery| delivery.at <= now));
        }
    }

    #[test]
    fn identifiers_are_unique() {
        let dataset = Dataset::generate(1, NOW, 40);
        let emails = dataset.emails.iter().map(|email| &email.id);
        let received = dataset.received.iter().map(|message| &message.id);
        let deliveries = dataset.deliveries.iter().map(|delivery| &delivery.id);
        let all: Vec<_> = emails.chain(received).chain(deliveries).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.len() > 2000, "{}", all.len());
    }

    #[test]
    fn an_account_can_be_empty() {
        let dataset = Dataset::generate(1, NOW, 0);
        assert!(dataset.emails.is_empty() && dataset.received.is_empty());
        assert!(dataset.deliveries.is_empty());
        assert!(dataset.ledger.balance() > 0);
    }

    #[test]
    fn failures_have_many_reasons() {
        let dataset = Dataset::generate(1, NOW, 40);
        let reasons: BTreeSet<_> = dataset
            .emails
            .iter()
            .filter(|email| matches!(email.status, EmailStatus::Failed | EmailStatus::Rejected))
            .map(|email| email.reason.unwrap())
            .collect();
        assert!(reasons.len() >= 6, "{reasons:?}");
        let mut sent = dataset.emails.iter().filter(|email| email.status == EmailStatus::Sent);
        assert!(sent.all(|email| email.reason.is_none()));
    }
}
