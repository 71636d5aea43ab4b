//! What is known at present: the last good reading of each group, and how the last try went.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sendmux_client::RateLimit;

use super::exposition::{View, exposition};
use super::failure::Failure;
use super::group::Group;
use super::reading::Reading;

#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) slots: BTreeMap<Group, Slot>,
    pub(super) room: Option<(SystemTime, RateLimit)>,
}

/// A group's place on the board.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) good: Option<(SystemTime, Reading)>,
    /// Why the last try failed, if it did.
    pub(super) failure: Option<Failure>,
    pub(super) took: Duration,
    pub(super) refreshes: u64,
    pub(super) failures: BTreeMap<Failure, u64>,
}

impl Board {
    /// Takes note of a try. True if the group fails in another way than before, or no longer.
    pub(super) fn record(
        &mut self,
        group: Group,
        outcome: Result<Reading, Failure>,
        room: Option<RateLimit>,
        now: SystemTime,
        took: Duration,
    ) -> bool {
        let slot = self.slots.entry(group).or_default();
        let before = slot.failure;
        slot.took = took;
        slot.refreshes += 1;
        slot.failure = outcome.as_ref().err().copied();
        match outcome {
            Ok(reading) => slot.good = Some((now, reading)),
            Err(failure) => *slot.failures.entry(failure).or_default() += 1,
        }
        let news = slot.failure != before;
        if let Some(room) = room {
            self.room = Some((now, room));
        }
        news
    }
}

impl Slot {
    /// How old the last good reading is. A clock that was set back makes it new.
    pub(super) fn age(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.good.as_ref()?;
        Some(now.duration_since(*at).unwrap_or_default())
    }
}

/// The board, as the refreshing tasks and the server share it.
#[derive(Debug)]
pub(super) struct Shared {
    board: Mutex<Board>,
    view: View,
}

impl Shared {
    pub(super) fn new(view: View) -> Self {
        Self { board: Mutex::default(), view }
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Board) -> T) -> T {
        work(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The metrics as OpenMetrics text.
    pub(super) fn exposition(&self, now: SystemTime) -> String {
        self.with(|board| exposition(board, &self.view, now))
    }

    /// Whether there are figures to show.
    pub(super) fn is_ready(&self, now: SystemTime) -> bool {
        let fresh = |slot: &Slot| slot.age(now).is_some_and(|age| age <= self.view.staleness);
        self.with(|board| board.slots.values().any(fresh))
    }
}
