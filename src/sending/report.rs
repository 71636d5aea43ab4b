//! The outcome of a batch.

use reqwest::StatusCode;

use super::types::{BatchResult, BatchStatus, ErrorDetail};
use crate::error::{Error, ErrorCode, Kind};

/// The outcome of one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The API accepted the message.
    Queued {
        /// The API's id of the message.
        message_id: Option<String>,
    },
    /// The API rejected the message, with the reason.
    Rejected(Box<ErrorDetail>),
    /// The request with the message failed as a whole: see [`BatchReport::chunk_of`]. Unless the API
    /// answered or [`Error::may_have_been_sent`] is false, it may have accepted the message.
    ChunkFailed,
    /// The response is missing or contradictory for this message. The API may have accepted it.
    Unknown,
    /// The message exceeds the size limit of a request and was not sent.
    TooLarge {
        /// Length of the message in bytes.
        bytes: usize,
    },
    /// The message was not sent, because an earlier request failed in a way that would have repeated.
    NotAttempted,
}

impl Outcome {
    /// Returns true if the API accepted the message.
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
    /// Returns the indexes of its messages in the batch.
    pub fn messages(&self) -> &[usize] {
        &self.messages
    }

    /// Returns its `Idempotency-Key`: the batch's key, a dash and the number of the request from 1.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// Returns false if the batch ended before this request.
    pub fn was_attempted(&self) -> bool {
        self.result.is_some()
    }

    /// Returns the request id, to quote in a support case.
    pub fn request_id(&self) -> Option<&str> {
        match self.result.as_ref()? {
            Ok(id) => Some(id),
            Err(error) => error.request_id(),
        }
    }

    /// Returns the error if the request failed as a whole.
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref()?.as_ref().err()
    }
}

/// The outcome of a batch: one [`Outcome`] for each message, in order.
#[must_use = "messages may have failed"]
#[derive(Debug)]
pub struct BatchReport {
    pub(super) key: String,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) chunks: Vec<Chunk>,
}

impl BatchReport {
    /// Returns the outcome of each message, in order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Returns true if the API accepted every message.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_queued)
    }

    /// Returns the number of messages that the API accepted.
    pub fn queued(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.is_queued()).count()
    }

    /// Returns the messages that the API did not verifiably accept, with their index.
    pub fn not_queued(&self) -> impl Iterator<Item = (usize, &Outcome)> {
        self.outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_queued())
    }

    /// Returns the requests, in order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Returns the request with this message; `None` if the message was too large.
    pub fn chunk_of(&self, message: usize) -> Option<&Chunk> {
        self.chunks.iter().find(|chunk| chunk.messages.binary_search(&message).is_ok())
    }

    /// Returns the error of the last request that failed as a whole.
    pub fn error(&self) -> Option<&Error> {
        self.chunks.iter().rev().find_map(Chunk::error)
    }

    /// Returns the key from which the keys of the requests derive. Send the same messages with it
    /// again within 24 hours to send what is left and nothing twice.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }
}

/// Records the results of one request in the outcomes of its messages.
pub(super) fn read(results: Vec<BatchResult>, messages: &[usize], outcomes: &mut [Outcome]) {
    let mut reported = vec![false; messages.len()];
    for message in messages {
        outcomes[*message] = Outcome::Unknown;
    }
    for result in results {
        let Ok(index) = usize::try_from(result.index) else { continue };
        let (Some(message), Some(reported)) = (messages.get(index), reported.get_mut(index)) else {
            continue;
        };
        let repeated = std::mem::replace(reported, true);
        let outcome = outcome(result);
        if !repeated {
            outcomes[*message] = outcome;
        } else if outcomes[*message] != outcome {
            outcomes[*message] = Outcome::Unknown;
        }
    }
}

fn outcome(result: BatchResult) -> Outcome {
    match (result.status, result.error) {
        (BatchStatus::Queued, None) => Outcome::Queued { message_id: result.message_id },
        (BatchStatus::Failed, Some(error)) => Outcome::Rejected(Box::new(error)),
        _ => Outcome::Unknown,
    }
}

/// Returns true if the failure lies in the request itself, so that the next one may succeed.
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
    fn results_are_assigned_by_index_in_any_order() {
        let mut outcomes = vec![Outcome::NotAttempted; 6];
        let error = json!({ "code": "invalid_email", "message": "No.", "retryable": false });
        let said = results(json!([
            { "index": 2, "status": "failed", "error": error },
            { "index": 0, "status": "queued", "message_id": "eml_0" },
            { "index": 1, "status": "queued", "message_id": "eml_1" },
        ]));
        read(said, &[1, 2, 4], &mut outcomes);
        assert_eq!(outcomes[1], queued("eml_0"));
        assert_eq!(outcomes[2], queued("eml_1"));
        assert!(matches!(&outcomes[4], Outcome::Rejected(error) if error.code == "invalid_email"));
        for untouched in [0, 3, 5] {
            assert_eq!(outcomes[untouched], Outcome::NotAttempted);
        }
    }

    #[test]
    fn missing_and_contradictory_results_are_unknown() {
        let mut outcomes = vec![Outcome::NotAttempted; 5];
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
            assert_eq!(outcomes[unclear], Outcome::Unknown, "{unclear}");
        }
    }
}
