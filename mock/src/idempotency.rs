//! Answers to requests that are repeated with their idempotency key.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::ApiError;
use crate::request::Request;

const MAX_KEY: usize = 255;

/// What was answered, by method, path and idempotency key.
#[derive(Debug, Default)]
pub(crate) struct Answers(HashMap<String, Answered>);

#[derive(Debug)]
struct Answered {
    body: Vec<u8>,
    if_match: Option<String>,
    data: Result<Value, ApiError>,
}

impl Answers {
    /// Returns the answer to an earlier request with the same key, or a conflict if that was
    /// another request.
    pub(crate) fn find(&self, request: &Request<'_>) -> Option<Result<Value, ApiError>> {
        let answered = self.0.get(&id(request)?)?;
        if answered.body != request.body || answered.if_match.as_deref() != request.if_match {
            return Some(Err(ApiError::IdempotencyConflict));
        }
        Some(answered.data.clone())
    }

    /// Remembers an answer, if the request has a key.
    pub(crate) fn insert(&mut self, request: &Request<'_>, data: &Result<Value, ApiError>) {
        if let Some(id) = id(request) {
            let (body, if_match) = (request.body.to_owned(), request.if_match.map(str::to_owned));
            self.0.insert(id, Answered { body, if_match, data: data.clone() });
        }
    }
}

/// The API ignores keys that are empty or too long.
fn id(request: &Request<'_>) -> Option<String> {
    let key = request.idempotency_key.map(str::trim);
    let key = key.filter(|key| (1..=MAX_KEY).contains(&key.len()))?;
    Some(format!("{} {} {key}", request.method, request.path))
}
