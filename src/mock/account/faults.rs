//! Failures that were asked for.

use std::collections::BTreeMap;

use fastrand::Rng;

/// Which requests fail.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) seed: u64,
    /// How many of all requests, from 0 to 1, and with which status.
    pub(super) share: Option<(f64, u16)>,
    /// Paths that always fail.
    pub(super) paths: BTreeMap<String, u16>,
}

impl Faults {
    /// The status to fail with, if the request of this number is to fail.
    pub(super) fn strike(&self, path: &str, number: u64) -> Option<u16> {
        self.paths.get(path).copied().or_else(|| {
            let (share, status) = self.share?;
            let mut random = Rng::with_seed(self.seed ^ number.rotate_left(32));
            (random.f64() < share).then_some(status)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(share: f64, seed: u64) -> Vec<u64> {
        let faults = Faults { seed, share: Some((share, 503)), ..Faults::default() };
        (0..1000).filter(|number| faults.strike("/me", *number) == Some(503)).collect()
    }

    #[test]
    fn the_share_and_the_seed_decide() {
        assert!(struck(0.0, 1).is_empty());
        assert_eq!(struck(1.0, 1).len(), 1000);
        let some = struck(0.2, 1);
        assert!((120..280).contains(&some.len()), "{}", some.len());
        assert_eq!(some, struck(0.2, 1));
        assert_ne!(some, struck(0.2, 2));
    }

    #[test]
    fn a_path_fails_always_and_alone() {
        let paths = BTreeMap::from([("/me".to_owned(), 500)]);
        let faults = Faults { paths, ..Faults::default() };
        assert_eq!(faults.strike("/me", 7), Some(500));
        assert_eq!(faults.strike("/me/x", 7), None);
    }
}
