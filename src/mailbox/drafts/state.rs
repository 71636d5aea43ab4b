//! Where a draft stands.

use super::super::types::{Draft, DraftStatus};
use crate::error::Error;

/// Where a draft stands.
#[derive(Debug)]
#[non_exhaustive]
pub enum DraftState {
    /// Saved: it can be edited, scheduled and sent.
    Ready(Box<Draft>),
    /// To be sent, not before `scheduled_for`. It cannot be edited until the schedule is canceled.
    Scheduled(Box<Draft>),
    /// Accepted for sending, which does not mean that it was delivered.
    Queued(Box<Draft>),
    /// Not saved or not sent, for the reason in `failure_code`. It can be corrected and sent again.
    Failed(Box<Draft>),
    /// Deleted.
    Deleted(Box<Draft>),
    /// Not known: the work was not done within the timeout, its outcome is `uncertain`, or the
    /// response to the request was lost and reading the draft did not tell. It may be sent or may
    /// still be: read it later with [`DraftHandle::wait`](super::DraftHandle::wait), and do not send it or another message.
    Uncertain {
        /// The draft as it was read last, if it was.
        draft: Option<Box<Draft>>,
        /// Why the response to the request, or to a read, is missing.
        error: Option<Error>,
    },
}

impl DraftState {
    /// Returns the draft as it was read last.
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Ready(draft)
            | Self::Scheduled(draft)
            | Self::Queued(draft)
            | Self::Failed(draft)
            | Self::Deleted(draft) => Some(draft),
            Self::Uncertain { draft, .. } => draft.as_deref(),
        }
    }

    pub(super) fn of(draft: Draft) -> Self {
        let draft = Box::new(draft);
        match draft.status {
            DraftStatus::Ready => Self::Ready(draft),
            DraftStatus::Scheduled => Self::Scheduled(draft),
            DraftStatus::Queued => Self::Queued(draft),
            DraftStatus::Failed => Self::Failed(draft),
            DraftStatus::Deleted => Self::Deleted(draft),
            _ => Self::Uncertain { draft: Some(draft), error: None },
        }
    }
}

/// Returns true if the API has not finished with the draft.
pub(super) fn is_under_way(draft: &Draft) -> bool {
    matches!(draft.status, DraftStatus::Preparing | DraftStatus::Sending | DraftStatus::Uncertain)
}

/// Returns true if a draft that was read after sending it tells what became of it.
pub(super) fn tells_outcome(seen: &Draft, now: &Draft, lost: bool) -> bool {
    match now.status {
        DraftStatus::Deleted => true,
        _ if now.revision != seen.revision => false,
        DraftStatus::Queued | DraftStatus::Scheduled => true,
        // As long as the request may be on its way, an old failure tells nothing.
        DraftStatus::Failed => !lost || seen.status != DraftStatus::Failed,
        _ => false,
    }
}
