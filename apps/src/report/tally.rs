//! Counts under names that come from outside.

use std::collections::BTreeMap;

use super::counts::Counts;

/// Counts by name, of as many names as fit; the rest is counted together, so that memory has a
/// bound whatever the log holds.
#[derive(Debug, Clone)]
pub(crate) struct Tally<K> {
    counts: BTreeMap<K, Counts>,
    room: usize,
    /// What came under names for which there was no room.
    pub(crate) rest: Counts,
}

impl<K: Ord> Tally<K> {
    pub(crate) fn new(room: usize) -> Self {
        Self { counts: BTreeMap::new(), room, rest: Counts::default() }
    }

    /// The counts to add to.
    pub(crate) fn at(&mut self, name: K) -> &mut Counts {
        if self.counts.len() >= self.room && !self.counts.contains_key(&name) {
            return &mut self.rest;
        }
        self.counts.entry(name).or_default()
    }

    /// Largest first, and by name where equal.
    pub(crate) fn ranking(&self) -> Vec<(&K, &Counts)> {
        let mut ranking: Vec<_> = self.counts.iter().collect();
        ranking.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.total()));
        ranking
    }
}

#[cfg(test)]
mod tests {
    use sendmux_client::management::types::EmailStatus;

    use super::*;

    #[test]
    fn the_largest_comes_first_and_nothing_is_lost() {
        let mut tally = Tally::new(2);
        for name in ["b", "a", "c", "a", "d", "b"] {
            tally.at(name).add(&EmailStatus::Failed);
        }
        let names: Vec<_> = tally.ranking().iter().map(|(name, _)| **name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(tally.rest.total(), 2);
    }
}
