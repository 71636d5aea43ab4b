//! Which sending account takes an e-mail.

use fastrand::Rng;

use super::incident::Incident;
use super::provider::{BACKUP, GMAIL, MAIN, Provider};

/// Deals out the e-mails of one day.
pub(super) struct Router<'a> {
    providers: &'a [Provider],
    incident: &'a Incident,
    taken: Vec<i64>,
}

impl<'a> Router<'a> {
    pub(super) fn new(providers: &'a [Provider], incident: &'a Incident) -> Self {
        Self { providers, incident, taken: vec![0; providers.len()] }
    }

    pub(super) fn pick(&mut self, random: &mut Rng, at: i64) -> usize {
        let drawn = self.draw(random);
        let taken: i64 = self.taken.iter().sum();
        let provider = if taken % 2 == 0 && self.taken[GMAIL] < self.reserve() {
            GMAIL
        } else if self.incident.covers(at) && drawn == MAIN {
            BACKUP
        } else if drawn == BACKUP && at >= self.incident.start || self.is_full(drawn) {
            MAIN
        } else {
            drawn
        };
        self.taken[provider] += 1;
        provider
    }

    fn draw(&self, random: &mut Rng) -> usize {
        let mut rest = random.i64(0..100);
        for (index, provider) in self.providers.iter().enumerate() {
            if rest < provider.percentage {
                return index;
            }
            rest -= provider.percentage;
        }
        MAIN
    }

    /// The Gmail account takes every other e-mail of a day, until its quota is nearly used up.
    fn reserve(&self) -> i64 {
        self.providers[GMAIL].per_day.map_or(0, |quota| quota - (quota / 10).max(1))
    }

    fn is_full(&self, provider: usize) -> bool {
        self.providers[provider].per_day.is_some_and(|quota| self.taken[provider] >= quota)
    }
}

#[cfg(test)]
mod tests {
    use super::super::provider;
    use super::*;

    /// A Thursday, and the Tuesday before it.
    const TODAY: i64 = 20_594;

    #[test]
    fn quotas_hold_and_one_is_nearly_used_up() {
        let incident = Incident::before(TODAY);
        let providers = provider::all(40, TODAY, &incident);
        let mut router = Router::new(&providers, &incident);
        let mut random = Rng::with_seed(1);
        for _ in 0..500 {
            router.pick(&mut random, incident.start - 1);
        }
        for (provider, taken) in providers.iter().zip(&router.taken) {
            assert!(provider.per_day.is_none_or(|quota| *taken <= quota), "{}", provider.id);
        }
        assert_eq!(router.taken[GMAIL], 4);
        assert_eq!(providers[GMAIL].per_day, Some(5));
        assert_eq!(router.taken[4], 0, "an inactive account sends nothing");
    }

    #[test]
    fn the_backup_takes_over_and_is_out_afterwards() {
        let incident = Incident::before(TODAY);
        let providers = provider::all(40, TODAY, &incident);
        let taken = |at: i64| {
            let mut router = Router::new(&providers, &incident);
            let mut random = Rng::with_seed(1);
            for _ in 0..200 {
                router.pick(&mut random, at);
            }
            router.taken
        };
        assert!(taken(incident.start)[BACKUP] > 100);
        assert_eq!(taken(incident.end)[BACKUP], 0);
        assert!(taken(incident.start - 1)[BACKUP] > 0);
    }
}
