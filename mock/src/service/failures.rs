//! Failures that the account was configured to produce.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;

/// Which requests fail, and with which status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failures {
    pub(crate) seed: u64,
    /// Statuses of the next requests.
    pub(crate) next: VecDeque<u16>,
    /// Share of all requests, from 0 to 1, and their status.
    pub(crate) share: Option<(f64, u16)>,
    /// Statuses of the paths that always fail.
    pub(crate) paths: BTreeMap<String, u16>,
}

impl Failures {
    /// Returns the status that a request fails with, by its path and number.
    pub(super) fn take(&mut self, path: &str, number: u64) -> Option<u16> {
        if let Some(status) = self.next.pop_front().or_else(|| self.paths.get(path).copied()) {
            return Some(status);
        }
        let (share, status) = self.share?;
        let mut random = Rng::with_seed(self.seed ^ number.rotate_left(32));
        (random.f64() < share).then_some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(share: f64, seed: u64) -> Vec<u64> {
        let mut failures = Failures { seed, share: Some((share, 503)), ..Failures::default() };
        (0..1000).filter(|number| failures.take("/me", *number) == Some(503)).collect()
    }

    #[test]
    fn the_seed_decides_which_share_of_the_requests_fails() {
        assert!(failed(0.0, 1).is_empty());
        assert_eq!(failed(1.0, 1).len(), 1000);
        let some = failed(0.2, 1);
        assert!((120..280).contains(&some.len()), "{}", some.len());
        assert_eq!(some, failed(0.2, 1));
        assert_ne!(some, failed(0.2, 2));
    }

    #[test]
    fn a_path_always_fails_and_others_do_not() {
        let paths = BTreeMap::from([("/me".to_owned(), 500)]);
        let mut failures = Failures { paths, ..Failures::default() };
        assert_eq!(failures.take("/me", 7), Some(500));
        assert_eq!(failures.take("/me/x", 7), None);
    }
}
