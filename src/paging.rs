//! Lists: a page, all pages, all items, and changes since a state.

#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
pub(crate) mod feed;
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
pub(crate) mod page;
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
pub(crate) mod pages;

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The cursors or states seen so far, as hashes: a list can have very many pages.
#[derive(Default)]
pub(crate) struct LoopGuard {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl LoopGuard {
    /// Returns false if the value has been seen before.
    pub(crate) fn insert(&mut self, value: &str) -> bool {
        self.hashes.insert(self.hasher.hash_one(value))
    }
}
