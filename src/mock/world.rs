//! The generated world: one set of facts that every answer is drawn from.

mod calendar;
mod directory;
mod hooks;
mod incident;
mod ledger;
mod mail;
mod provider;
mod routing;
mod scenario;

pub(super) use directory::{DOMAINS, Domain, MAILBOXES, Mailbox};
pub(super) use hooks::{Cause, Delivery, KEPT, MAX_ATTEMPTS, WEBHOOKS, Webhook};
pub(super) use ledger::{Ledger, Micros, PRICE_RECEIVED, Transaction};
pub(super) use mail::{Email, Received, SENDER, Status};
pub(super) use provider::Provider;
pub use scenario::Scenario;
pub(super) use scenario::Scenarios;

use incident::Incident;
use routing::Router;

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// Two spans of 30 days to compare, and the day that the clock stands in.
const DAYS: i64 = 61;

pub(super) struct World {
    /// The present moment, in seconds since 1970.
    pub(super) now: i64,
    /// The first moment there is mail of.
    pub(super) start: i64,
    pub(super) providers: Vec<Provider>,
    /// Newest first, like every list here.
    pub(super) emails: Vec<Email>,
    pub(super) received: Vec<Received>,
    pub(super) ledger: Ledger,
    pub(super) deliveries: Vec<Delivery>,
}

impl World {
    /// The same seed and moment make the same world. A later moment adds to it: every day is
    /// drawn by itself, so what happened yesterday stays, but for the incident, which moves on
    /// with the weeks.
    pub(super) fn with(seed: u64, now: i64, emails_per_day: u32, scenarios: &Scenarios) -> Self {
        let today = now.div_euclid(DAY);
        let incident = Incident::before(today);
        let mut providers = provider::all(emails_per_day, today, &incident);
        let mut emails = Vec::new();
        let mut received = Vec::new();
        for day in (today - DAYS + 1)..=today {
            let mut random = calendar::random(seed, day);
            let mut router = Router::new(&providers, &incident);
            let sending = calendar::volume(&mut random, day, emails_per_day);
            for at in calendar::moments(&mut random, day, sending) {
                let provider = router.pick(&mut random, at);
                let outage = incident.breaks(provider, at);
                emails.push(mail::email(&mut random, at, now, provider, outage));
            }
            let receiving = calendar::volume(&mut random, day, emails_per_day / 8);
            for at in calendar::moments(&mut random, day, receiving) {
                received.push(mail::received(&mut random, at));
            }
        }
        let kept = |at| at <= now && Scenario::has_mail(scenarios, at, now);
        emails.retain(|email| kept(email.at));
        received.retain(|mail| kept(mail.at));
        emails.reverse();
        received.reverse();
        Scenario::in_mail(scenarios, &mut emails, now);
        Scenario::in_providers(scenarios, &mut providers, &emails, now);
        let start = (today - DAYS + 1) * DAY;
        let mut ledger = Ledger::of(&emails, &received, start, now);
        Scenario::in_ledger(scenarios, &mut ledger, now);
        let deliveries = hooks::deliveries(&emails, &received, now);
        Self { now, start, providers, emails, received, ledger, deliveries }
    }

    #[cfg(test)]
    pub(super) fn generate(seed: u64, now: i64, emails_per_day: u32) -> Self {
        Self::with(seed, now, emails_per_day, &Scenarios::new())
    }

    /// Midnight before the present moment.
    pub(super) fn today(&self) -> i64 {
        self.now - self.now.rem_euclid(DAY)
    }

    /// E-mails from one moment to before another.
    pub(super) fn emails_between(&self, from: i64, to: i64) -> impl Iterator<Item = &Email> {
        self.emails.iter().filter(move |email| (from..to).contains(&email.at))
    }
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: i64 = 1_779_354_720;

    fn ids(seed: u64, now: i64) -> Vec<String> {
        World::generate(seed, now, 14).emails.into_iter().map(|email| email.id).collect()
    }

    #[test]
    fn a_seed_is_a_world() {
        assert_eq!(ids(1, NOW), ids(1, NOW));
        assert_ne!(ids(1, NOW), ids(2, NOW));
    }

    #[test]
    fn what_happened_stays_when_time_passes() {
        let (then, later) = (World::generate(1, NOW, 14), World::generate(1, NOW + DAY, 14));
        let (from, to) = (later.start, NOW - HOUR);
        for (old, new) in then.emails_between(from, to).zip(later.emails_between(from, to)) {
            assert_eq!((&old.id, old.at, old.provider), (&new.id, new.at, new.provider));
            assert_eq!((old.status, &old.to), (new.status, &new.to), "{}", old.id);
        }
        let number = |world: &World| world.emails_between(from, to).count();
        assert_eq!(number(&then), number(&later));
        assert!(number(&later) > 500 && number(&later) < later.emails.len());
    }

    #[test]
    fn lists_are_newest_first_and_never_of_the_future() {
        for now in [0, NOW, NOW - NOW % DAY, NOW - NOW % DAY - 1] {
            let world = World::generate(5, now, 14);
            assert!(world.emails.is_sorted_by(|a, b| a.at >= b.at));
            assert!(world.received.is_sorted_by(|a, b| a.at >= b.at));
            assert!(world.deliveries.is_sorted_by(|a, b| a.at >= b.at));
            assert!(world.emails.iter().all(|email| (world.start..=now).contains(&email.at)));
            assert!(world.received.iter().all(|mail| (world.start..=now).contains(&mail.at)));
            assert!(world.deliveries.iter().all(|delivery| delivery.at <= now));
        }
    }

    #[test]
    fn identifiers_are_unique() {
        let world = World::generate(1, NOW, 40);
        let emails = world.emails.iter().map(|email| &email.id);
        let received = world.received.iter().map(|mail| &mail.id);
        let deliveries = world.deliveries.iter().map(|delivery| &delivery.id);
        let all: Vec<_> = emails.chain(received).chain(deliveries).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.len() > 2000, "{}", all.len());
    }

    #[test]
    fn an_account_can_be_empty() {
        let world = World::generate(1, NOW, 0);
        assert!(world.emails.is_empty() && world.received.is_empty());
        assert!(world.deliveries.is_empty());
        assert!(world.ledger.balance() > 0);
    }

    #[test]
    fn failures_have_many_reasons() {
        let world = World::generate(1, NOW, 40);
        let reasons: BTreeSet<_> = world
            .emails
            .iter()
            .filter(|email| matches!(email.status, Status::Failed | Status::Rejected))
            .map(|email| email.reason.unwrap())
            .collect();
        assert!(reasons.len() >= 6, "{reasons:?}");
        assert!(
            world.emails.iter().all(|email| email.status != Status::Sent || email.reason.is_none())
        );
    }
}
