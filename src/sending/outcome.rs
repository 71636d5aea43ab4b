//! What became of a batch.

use reqwest::StatusCode;

use super::types::{BatchResult, BatchStatus, ErrorDetail};
use crate::error::{Error, ErrorCode, Kind};

/// What became of one message.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The API took it.
    Queued {
        /// The API's id for the message.
        message_id: Option<String>,
    },
    /// The API refused this message, and says why.
    Refused(Box<ErrorDetail>),
    /// The request it was in failed as a whole: see [`BatchReport::chunk_of`]. Whether the API took
    /// it can be told only if [`Error::may_have_been_sent`] is false, or if the API answered.
    ChunkFailed,
    /// The answer does not say, or says two things. The API may have taken it.
    Unclear,
    /// It is larger than a request may be, so it was not sent.
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A request before it failed in a way that this one would have failed too, so it was not sent.
    NotTried,
}

impl Outcome {
    /// True if the API took the message.
    pub fn is_queued(&self) -> bool {
        matches!(self, Self::Queued { .. })
    }
}

/// One request of a batch.
#[derive(Debug)]
pub struct Chunk {
    pub(super) messages: Vec<usize>,
    pub(super) key: String,
    pub(super) result: Option<Result<String, Error>>,
}

impl Chunk {
    /// Indexes of its messages in the whole batch.
    pub fn messages(&self) -> &[usize] {
        &self.messages
    }

    /// Its `Idempotency-Key`: the batch's, a dash and the number of the request from 1.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// False if the requests ended before it.
    pub fn was_tried(&self) -> bool {
        self.result.is_some()
    }

    /// Id of the request, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        match self.result.as_ref()? {
            Ok(id) => Some(id),
            Err(error) => error.request_id(),
        }
    }

    /// Why it failed as a whole, if it did.
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref()?.as_ref().err()
    }
}

/// What became of a batch: one [`Outcome`] for each message, in their order.
#[must_use = "messages may have failed"]
#[derive(Debug)]
pub struct BatchReport {
    pub(super) key: String,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) chunks: Vec<Chunk>,
}

impl BatchReport {
    /// What became of each message, in the order in which they were given.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// True if the API took every message.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_queued)
    }

    /// How many messages the API took.
    pub fn queued(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.is_queued()).count()
    }

    /// The messages that the API did not take, or of which it is not known, by index.
    pub fn rest(&self) -> impl Iterator<Item = (usize, &Outcome)> {
        self.outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_queued())
    }

    /// The requests, in their order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The request that this message was in; `None` if it was too large for any.
    pub fn chunk_of(&self, message: usize) -> Option<&Chunk> {
        self.chunks.iter().find(|chunk| chunk.messages.binary_search(&message).is_ok())
    }

    /// Why a request failed as a whole: the last one that did.
    pub fn error(&self) -> Option<&Error> {
        self.chunks.iter().rev().find_map(Chunk::error)
    }

    /// The key that the requests' keys derive from. Give it to the same messages again, within 24
    /// hours, to send what is left and nothing twice.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }
}

/// Puts down what the answer to one request says of its messages.
pub(super) fn read(results: Vec<BatchResult>, messages: &[usize], outcomes: &mut [Outcome]) {
    let mut said = vec![false; messages.len()];
    for message in messages {
        outcomes[*message] = Outcome::Unclear;
    }
    for result in results {
        let Ok(index) = usize::try_from(result.index) else { continue };
        let (Some(message), Some(said)) = (messages.get(index), said.get_mut(index)) else {
            continue;
        };
        let twice = std::mem::replace(said, true);
        let outcome = outcome(result);
        if !twice {
            outcomes[*message] = outcome;
        } else if outcomes[*message] != outcome {
            outcomes[*message] = Outcome::Unclear;
        }
    }
}

fn outcome(result: BatchResult) -> Outcome {
    match (result.status, result.error) {
        (BatchStatus::Queued, None) => Outcome::Queued { message_id: result.message_id },
        (BatchStatus::Failed, Some(error)) => Outcome::Refused(Box::new(error)),
        _ => Outcome::Unclear,
    }
}

/// Whether the next request may fare better than one that failed like this: if what was wrong was
/// in the request itself.
pub(super) fn concerns_one_chunk(error: &Error) -> bool {
    let status = error.status().filter(|_| error.kind() == Kind::Api);
    match status {
        Some(
            StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY,
        ) => true,
        Some(StatusCode::CONFLICT) => error.code() == Some(&ErrorCode::IdempotencyConflict),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results(results: serde_json::Value) -> Vec<BatchResult> {
        serde_json::from_value(results).unwrap()
    }

    fn queued(id: &str) -> Outcome {
        Outcome::Queued { message_id: Some(id.to_owned()) }
    }

    #[test]
    fn answers_find_their_messages_whatever_their_order() {
        let mut outcomes = vec![Outcome::NotTried; 6];
        let error = json!({ "code": "invalid_email", "message": "No.", "retryable": false });
        let said = results(json!([
            { "index": 2, "status": "failed", "error": error },
            { "index": 0, "status": "queued", "message_id": "eml_0" },
            { "index": 1, "status": "queued", "message_id": "eml_1" },
        ]));
        read(said, &[1, 2, 4], &mut outcomes);
        assert_eq!(outcomes[1], queued("eml_0"));
        assert_eq!(outcomes[2], queued("eml_1"));
        assert!(matches!(&outcomes[4], Outcome::Refused(error) if error.code == "invalid_email"));
        for untouched in [0, 3, 5] {
            assert_eq!(outcomes[untouched], Outcome::NotTried);
        }
    }

    #[test]
    fn what_is_missing_foreign_or_contradictory_is_unclear() {
        let mut outcomes = vec![Outcome::NotTried; 5];
        let said = results(json!([
            { "index": 0, "status": "queued", "message_id": "eml_0" },
            { "index": 0, "status": "queued", "message_id": "eml_other" },
            { "index": 1, "status": "queued", "message_id": "eml_1" },
            { "index": 1, "status": "queued", "message_id": "eml_1" },
            { "index": 2, "status": "postponed" },
            { "index": 3, "status": "failed" },
            { "index": 5, "status": "queued", "message_id": "eml_5" },
            { "index": -1, "status": "queued", "message_id": "eml_6" },
        ]));
        read(said, &[0, 1, 2, 3, 4], &mut outcomes);
        assert_eq!(outcomes[1], queued("eml_1"));
        for unclear in [0, 2, 3, 4] {
            assert_eq!(outcomes[unclear], Outcome::Unclear, "{unclear}");
        }
    }
}
