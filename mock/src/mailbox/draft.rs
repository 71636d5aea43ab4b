//! A draft and its state.

use serde_json::{Map, Value, json};

use super::message::ReplyHeaders;
use crate::error::ApiError;

/// What goes wrong with a draft, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DraftProblem {
    /// The draft cannot be saved: it becomes `failed`, with the code `preparation_failed`.
    PreparationFailed,
    /// Sending fails: the draft becomes `failed`, with the code `send_rejected`.
    SendRejected,
    /// Sending fails: the draft becomes `failed`, with the code `authorisation_revoked`.
    AuthorisationRevoked,
    /// The draft is sent, but is `uncertain` until it has been read.
    Uncertain,
    /// The draft is sent, but the request to send it fails with 503.
    AnswerLost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Preparing,
    Ready,
    Scheduled,
    Sending,
    Queued,
    Uncertain,
    Failed,
    Deleted,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Ready => "ready",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Queued => "queued",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    pub(super) fn is_sent(self) -> bool {
        matches!(self, Self::Sending | Self::Queued | Self::Uncertain)
    }
}

pub(super) struct Draft {
    pub(super) id: String,
    pub(super) revision: u64,
    pub(super) status: Status,
    pub(super) content: Map<String, Value>,
    pub(super) reply: ReplyHeaders,
    pub(super) reply_to_message_id: Option<String>,
    pub(super) message_id: Option<String>,
    /// As the request wrote it.
    pub(super) scheduled_for: Option<String>,
    pub(super) schedule_version: u64,
    pub(super) failure: Option<&'static str>,
    /// How many reads still find the present work unfinished.
    pub(super) reads: u32,
    pub(super) problem: Option<DraftProblem>,
    /// The last request that changed the schedule.
    pub(super) schedule_request: Option<Map<String, Value>>,
}

impl Draft {
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id, "revision": self.revision, "status": self.status.name(),
            "message_id": self.message_id, "scheduled_for": self.scheduled_for,
            "schedule_version": self.schedule_version, "failure_code": self.failure,
            "in_reply_to": self.reply.in_reply_to, "references": self.reply.references,
        });
        if let Some(id) = &self.reply_to_message_id {
            json["reply_to_message_id"] = id.as_str().into();
        }
        for (name, value) in &self.content {
            json[name] = value.clone();
        }
        json
    }

    /// Returns true if this is the message of the draft.
    pub(super) fn holds(&self, message: &str) -> bool {
        self.status != Status::Deleted && self.message_id.as_deref() == Some(message)
    }

    pub(super) fn fail(&mut self, code: &'static str) {
        self.status = Status::Failed;
        self.failure = Some(code);
    }

    pub(super) fn take_problem(&mut self, problem: DraftProblem) -> bool {
        let found = self.problem == Some(problem);
        if found {
            self.problem = None;
        }
        found
    }

    /// Returns an error if the draft is in the way of a change.
    pub(super) fn check_editable(&self) -> Result<(), ApiError> {
        Err(ApiError::Conflict(match self.status {
            Status::Ready | Status::Failed => return Ok(()),
            Status::Preparing => "The draft is still being saved",
            Status::Scheduled => "The draft is scheduled",
            _ => "The draft is already being sent",
        }))
    }

    pub(super) fn check_revision(&self, body: &Map<String, Value>) -> Result<(), ApiError> {
        let revision =
            body.get("expected_revision").ok_or(ApiError::MissingParameter("expected_revision"))?;
        let revision = revision.as_u64().filter(|revision| *revision > 0);
        match revision.ok_or(ApiError::InvalidParameter("expected_revision"))? {
            revision if revision == self.revision => Ok(()),
            _ => Err(ApiError::Conflict("The draft has another revision")),
        }
    }

    pub(super) fn check_schedule_version(
        &self,
        body: &Map<String, Value>,
        required: bool,
    ) -> Result<(), ApiError> {
        const NAME: &str = "expected_schedule_version";
        match body.get(NAME) {
            None if required => Err(ApiError::ValidationFailed(NAME)),
            None => Ok(()),
            Some(version) => {
                let version = version.as_u64().filter(|version| *version <= 0x7fff_ffff);
                match version.ok_or(ApiError::InvalidParameter(NAME))? {
                    version if version == self.schedule_version => Ok(()),
                    _ => Err(ApiError::Conflict("The schedule has changed")),
                }
            }
        }
    }
}
