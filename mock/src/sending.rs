//! Sending emails: they are accepted and go nowhere.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::error::{ApiError, invalid_value, issue};
use crate::request::Request;
use crate::response::{Content, HandlerResult};

/// Recipients that are rejected. RFC 2606 reserves the domain.
const REJECTED: &str = "@refused.example";

const MAX_BATCH: usize = 100;

/// Counts the emails sent, and answers repeated requests by their idempotency key.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    accepted: u64,
    /// By path and idempotency key.
    answered: HashMap<String, Answered>,
}

#[derive(Debug)]
struct Answered {
    body: Vec<u8>,
    data: Result<Value, ApiError>,
}

impl Outbox {
    pub(crate) fn handle(&self, request: &Request<'_>) -> HandlerResult {
        let send = match (request.method, request.path) {
            ("POST", "/emails/send") => Queue::send,
            ("POST", "/emails/send/batch") => Queue::send_batch,
            _ => return Err(ApiError::NotFound),
        };
        let mut queue = self.queue();
        let Some(key) = request.idempotency_key else {
            return send(&mut queue, request.body).map(Content::Data);
        };
        let key = format!("{} {key}", request.path);
        if let Some(answered) = queue.answered.get(&key) {
            if answered.body != request.body {
                return Err(ApiError::IdempotencyConflict);
            }
            return answered.data.clone().map(Content::Data);
        }
        let data = send(&mut queue, request.body);
        queue.answered.insert(key, Answered { body: request.body.to_owned(), data: data.clone() });
        data.map(Content::Data)
    }

    pub(crate) fn emails_sent(&self) -> u64 {
        self.queue().accepted
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn send(&mut self, body: &[u8]) -> Result<Value, ApiError> {
        let email = parse(body)?;
        if let Some(field) = invalid_field(&email) {
            return Err(ApiError::ValidationFailed(field));
        }
        Ok(json!({ "message_id": self.accept(), "status": "queued" }))
    }

    fn send_batch(&mut self, body: &[u8]) -> Result<Value, ApiError> {
        let body = parse(body)?;
        let emails = body["messages"].as_array().ok_or(ApiError::InvalidParameter("messages"))?;
        if !(1..=MAX_BATCH).contains(&emails.len()) {
            return Err(ApiError::InvalidParameter("messages"));
        }
        let invalid: Vec<_> = emails.iter().map(invalid_field).collect();
        // A batch fails as a whole only if all of its emails are invalid.
        if let Some(field) = invalid.iter().copied().reduce(Option::and).flatten() {
            return Err(ApiError::ValidationFailed(field));
        }
        let failed = invalid.iter().flatten().count();
        let results = invalid.iter().enumerate().map(|(index, field)| match field {
            None => json!({ "index": index, "status": "queued", "message_id": self.accept() }),
            Some(field) => {
                let error = json!({ "code": "validation_error", "message": invalid_value(field),
                    "param": field, "retryable": false, "errors": [issue(field)] });
                json!({ "index": index, "status": "failed", "message_id": null, "error": error })
            }
        });
        let results: Vec<Value> = results.collect();
        let summary = json!({ "total": emails.len(), "failed": failed,
            "queued": emails.len() - failed });
        Ok(json!({ "results": results, "summary": summary }))
    }

    /// Accepts one email and returns its id.
    fn accept(&mut self) -> String {
        self.accepted += 1;
        format!("eml_{:024}", self.accepted)
    }
}

fn parse(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::InvalidParameter("body"))
}

/// Returns the first field of an email that is missing or invalid.
fn invalid_field(email: &Value) -> Option<&'static str> {
    let text = |pointer| email.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let to = text("/to/email");
    if !text("/from/email").contains('@') {
        Some("from.email")
    } else if !to.contains('@') || to.ends_with(REJECTED) {
        Some("to.email")
    } else if text("/subject").is_empty() {
        Some("subject")
    } else if text("/html_body").is_empty() {
        Some("html_body")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(to: &str) -> Value {
        json!({ "from": { "email": "a@example.com" }, "to": { "email": to }, "subject": "x",
            "html_body": "y" })
    }

    fn post(
        outbox: &Outbox,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let body = body.to_string();
        let (method, body) = ("POST", body.as_bytes());
        match outbox.handle(&Request {
            method,
            path,
            idempotency_key: key,
            body,
            ..Request::default()
        })? {
            Content::Data(data) => Ok(data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_idempotency_key_sends_once() {
        let outbox = Outbox::default();
        let post = |key, to| post(&outbox, "/emails/send", Some(key), &email(to));
        let first = post("k1", "b@example.org").unwrap();
        assert_eq!(post("k1", "b@example.org"), Ok(first.clone()));
        assert_eq!(post("k1", "c@example.org"), Err(ApiError::IdempotencyConflict));
        assert_ne!(post("k2", "b@example.org"), Ok(first));
        assert_eq!(outbox.emails_sent(), 2);
    }

    #[test]
    fn a_batch_has_a_result_for_each_email() {
        let outbox = Outbox::default();
        let batch = |to: &[&str]| {
            let emails: Vec<_> = to.iter().map(|to| email(to)).collect();
            post(&outbox, "/emails/send/batch", None, &json!({ "messages": emails }))
        };
        let sent = batch(&["b@example.org", "c@refused.example", "nobody"]).unwrap();
        assert_eq!(sent["summary"], json!({ "total": 3, "queued": 1, "failed": 2 }));
        assert_eq!(sent["results"][0]["status"], "queued");
        assert_eq!(sent["results"][2]["error"]["param"], "to.email");
        assert_eq!(batch(&["nobody"]), Err(ApiError::ValidationFailed("to.email")));
        assert_eq!(batch(&[]), Err(ApiError::InvalidParameter("messages")));
        assert_eq!(batch(&["b@example.org"; 101]), Err(ApiError::InvalidParameter("messages")));
        assert_eq!(outbox.emails_sent(), 1);
    }
}
