//! Places in a list that were met.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Cursors or states that were met, as hashes: a list can have very many pages.
#[derive(Default)]
pub(crate) struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    /// False if it was met before.
    pub(crate) fn insert(&mut self, place: &str) -> bool {
        self.hashes.insert(self.hasher.hash_one(place))
    }
}
