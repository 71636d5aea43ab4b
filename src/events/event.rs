//! One event of a stream.

use std::fmt;
use std::sync::Arc;

/// One event, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<T> {
    /// The id to go on from after this event (`Last-Event-ID`). An event without an id of its own
    /// has the one before it, as WHATWG HTML, section 9.2.6, says.
    pub id: Option<Arc<str>>,
    /// The `event` field of the stream; `message` where there was none.
    pub name: String,
    /// What happened.
    pub data: EventData<T>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventData<T> {
    /// Something happened. Kinds that this version does not know are among these, as `Unknown`.
    Happened(T),
    /// Events were lost that the stream will not bring again. Catch up by the changes, as
    /// [`Client::get_changes`](crate::mailbox::Client::get_changes) and `feed()` give them from the
    /// state that was saved last, and only then ask for the next event: the stream is not opened
    /// again before.
    SyncRequired(T),
    /// It could not be read. The stream goes on after it; what it said can be had by the changes.
    Unreadable(Unreadable),
}

impl<T> EventData<T> {
    /// What happened, if it could be read; what [`SyncRequired`](Self::SyncRequired) came with
    /// included.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Happened(data) | Self::SyncRequired(data) => Some(data),
            Self::Unreadable(_) => None,
        }
    }

    /// True if the caller has to catch up by the changes.
    pub fn is_sync_required(&self) -> bool {
        matches!(self, Self::SyncRequired(_))
    }
}

/// An event that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub(super) text: String,
    pub(super) problem: String,
}

impl Unreadable {
    /// The event's data as it came; empty if it was too large. It may hold what the account's owner
    /// would not want in a log, so it is not shown by `Debug`.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Unreadable {
    /// One line, without the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event could not be read: {}", self.problem)
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable").field("problem", &self.problem).finish_non_exhaustive()
    }
}
