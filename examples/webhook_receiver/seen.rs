//! Which events came before.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// The ids of the latest events. It forgets the oldest when it is full, and all when the program
/// ends: a program that must never work twice keeps ids where it keeps its results.
pub(crate) struct Seen {
    ids: HashSet<Arc<str>>,
    order: VecDeque<Arc<str>>,
    capacity: usize,
}

impl Seen {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { ids: HashSet::new(), order: VecDeque::new(), capacity }
    }

    /// Remembers an id; true if it is new.
    pub(crate) fn note(&mut self, id: &str) -> bool {
        if self.ids.contains(id) {
            return false;
        }
        while self.order.len() >= self.capacity {
            let Some(oldest) = self.order.pop_front() else { break };
            self.ids.remove(&oldest);
        }
        let id: Arc<str> = id.into();
        self.ids.insert(id.clone());
        self.order.push_back(id);
        true
    }
}
