//! Events that come again after the stream was resumed.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use crate::defaults::REMEMBERED_EVENTS;

/// The ids that were met last, as hashes, so that long ids take no more room than short ones.
#[derive(Default)]
pub(super) struct Replays {
    hasher: RandomState,
    order: VecDeque<u64>,
    met: HashSet<u64>,
}

impl Replays {
    /// False if the id was among the last ones.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        if !self.met.insert(hash) {
            return false;
        }
        if self.order.len() == REMEMBERED_EVENTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.met.remove(&oldest);
        }
        self.order.push_back(hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_are_remembered_and_no_more() {
        let mut replays = Replays::default();
        assert!(replays.insert("a"));
        assert!(!replays.insert("a"));
        for number in 0..REMEMBERED_EVENTS {
            assert!(replays.insert(&number.to_string()));
        }
        assert!(replays.insert("a"));
        assert!(!replays.insert(&(REMEMBERED_EVENTS - 1).to_string()));
        assert_eq!(replays.met.len(), REMEMBERED_EVENTS);
        assert_eq!(replays.order.len(), REMEMBERED_EVENTS);
    }
}
