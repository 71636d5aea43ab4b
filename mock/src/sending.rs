//! Sending emails, which are accepted and reach the mailbox of the account alone, and their
//! attachments.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::error::{ApiError, invalid_value, issue};
use crate::hash::fnv1a;
use crate::idempotency::Answers;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

/// Recipients that are rejected. RFC 2606 reserves the domain.
const REJECTED: &str = "@refused.example";

const MAX_BATCH: usize = 100;

/// Largest file that can be uploaded.
const MAX_BYTES: usize = 18_874_368;

/// Counts the emails sent, and answers repeated requests by their idempotency key.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Queue>);

/// Handles a request at a time.
type Handler = fn(&mut Queue, &Request<'_>, i64) -> Result<Value, ApiError>;

#[derive(Debug, Default)]
struct Queue {
    accepted: u64,
    /// Accepted emails that were not taken yet.
    waiting: Vec<Value>,
    answers: Answers,
    files: Vec<File>,
}

/// An attachment: uploaded, or to be uploaded with its token.
#[derive(Debug)]
struct File {
    data: Value,
    upload_id: String,
    token: String,
    uploaded: Option<u64>,
}

impl Outbox {
    pub(crate) fn handle(&self, request: &Request<'_>, now: i64) -> HandlerResult {
        let mut queue = self.queue();
        if let ("GET", Some(id)) =
            (request.method, request.path.strip_prefix("/emails/attachments/"))
        {
            let mut files = queue.files.iter();
            let found =
                files.find(|file| file.data["attachment_id"] == id && file.uploaded.is_some());
            return found.map(|file| Content::Data(file.data.clone())).ok_or(ApiError::NotFound);
        }
        let (send, content): (Handler, fn(Value) -> Content) = match (request.method, request.path)
        {
            ("POST", "/emails/send") => (Queue::send, Content::Data),
            ("POST", "/emails/send/batch") => (Queue::send_batch, Content::Data),
            ("POST", "/emails/attachments") => (Queue::upload, created),
            ("POST", "/emails/attachment-uploads") => (Queue::create_upload, created),
            _ => return Err(ApiError::NotFound),
        };
        if let Some(answer) = queue.answers.find(request) {
            return answer.map(content);
        }
        let answer = send(&mut queue, request, now);
        queue.answers.insert(request, &answer);
        answer.map(content)
    }

    /// Handles a request with the token of an upload.
    pub(crate) fn handle_signed(&self, request: &Request<'_>) -> HandlerResult {
        let id = request.path.strip_prefix("/emails/attachment-uploads/");
        let id = id.filter(|_| request.method == "PUT").ok_or(ApiError::Unauthorized)?;
        let mut queue = self.queue();
        let mut files = queue.files.iter_mut();
        let file = files.find(|file| file.upload_id == id).ok_or(ApiError::NotFound)?;
        if request.upload_token != Some(file.token.as_str()) {
            return Err(ApiError::Unauthorized);
        }
        if file.data["size_bytes"] != request.body.len() {
            return Err(ApiError::PayloadTooLarge);
        }
        let hash = fnv1a(request.body);
        if file.uploaded.is_some_and(|uploaded| uploaded != hash) {
            return Err(ApiError::Conflict("The upload has other content already"));
        }
        file.uploaded = Some(hash);
        Ok(created(file.data.clone()))
    }

    pub(crate) fn emails_sent(&self) -> u64 {
        self.queue().accepted
    }

    /// Returns the emails that were accepted since the last call.
    pub(crate) fn take_accepted(&self) -> Vec<Value> {
        std::mem::take(&mut self.queue().waiting)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the answer to a request that made an attachment, or an upload for one.
fn created(data: Value) -> Content {
    let location = match (data["upload_id"].as_str(), data["attachment_id"].as_str()) {
        (Some(id), _) => Some(format!("/emails/attachment-uploads/{id}")),
        (None, id) => id.map(|id| format!("/emails/attachments/{id}")),
    };
    Content::Created { data, location }
}

impl Queue {
    fn send(&mut self, request: &Request<'_>, _now: i64) -> Result<Value, ApiError> {
        let email = Value::Object(request.json()?);
        if let Some(field) = invalid_field(&email) {
            return Err(ApiError::ValidationFailed(field));
        }
        Ok(json!({ "message_id": self.accept(&email), "status": "queued" }))
    }

    fn send_batch(&mut self, request: &Request<'_>, _now: i64) -> Result<Value, ApiError> {
        let body = request.json()?;
        let emails = body.get("messages").and_then(Value::as_array);
        let emails = emails.ok_or(ApiError::InvalidParameter("messages"))?;
        if !(1..=MAX_BATCH).contains(&emails.len()) {
            return Err(ApiError::InvalidParameter("messages"));
        }
        let invalid: Vec<_> = emails.iter().map(invalid_field).collect();
        // A batch fails as a whole only if all of its emails are invalid.
        if let Some(field) = invalid.iter().copied().reduce(Option::and).flatten() {
            return Err(ApiError::ValidationFailed(field));
        }
        let failed = invalid.iter().flatten().count();
        let results = invalid.iter().zip(emails).enumerate();
        let results = results.map(|(index, (field, email))| match field {
            None => {
                json!({ "index": index, "status": "queued", "message_id": self.accept(email) })
            }
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

    fn upload(&mut self, request: &Request<'_>, now: i64) -> Result<Value, ApiError> {
        let query = request.query();
        let name = query.get("filename").filter(|name| !name.is_empty());
        let name = name.ok_or(ApiError::MissingParameter("filename"))?;
        if request.body.len() > MAX_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        let media_type = query.get("content_type").or(request.content_type);
        let media_type = media_type.unwrap_or("application/octet-stream");
        let file = self.add_file(name, media_type, request.body.len(), now);
        file.uploaded = Some(fnv1a(request.body));
        Ok(file.data.clone())
    }

    fn create_upload(&mut self, request: &Request<'_>, now: i64) -> Result<Value, ApiError> {
        let body = request.json()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let name = text("filename").filter(|name| !name.is_empty());
        let name = name.ok_or(ApiError::ValidationFailed("filename"))?;
        let size = body.get("size_bytes").and_then(Value::as_u64).filter(|size| *size > 0);
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or(ApiError::ValidationFailed("size_bytes"))?;
        if size > MAX_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        let media_type = text("content_type").unwrap_or("application/octet-stream");
        let file = self.add_file(name, media_type, size, now);
        Ok(json!({
            "upload_id": file.upload_id, "method": "PUT", "max_size_bytes": MAX_BYTES,
            "upload_url": request.url(&format!("/emails/attachment-uploads/{}", file.upload_id)),
            "expires_at": file.data["expires_at"],
            "headers": {
                "Content-Type": media_type, "Content-Length": size.to_string(),
                "X-Sendmux-Upload-Token": file.token,
            },
        }))
    }

    fn add_file(&mut self, name: &str, media_type: &str, size: usize, now: i64) -> &mut File {
        let number = self.files.len() + 1;
        let data = json!({
            "attachment_id": format!("att_{number:024}"), "filename": name,
            "content_type": media_type, "size_bytes": size,
            "expires_at": time::format(now.saturating_add(DAY)),
        });
        let (upload_id, token) = (format!("upl_{number:024}"), format!("smx_upload_{number}"));
        self.files.push(File { data, upload_id, token, uploaded: None });
        let index = self.files.len() - 1;
        &mut self.files[index]
    }

    /// Accepts one email and returns its id.
    fn accept(&mut self, email: &Value) -> String {
        self.accepted += 1;
        self.waiting.push(email.clone());
        format!("eml_{:024}", self.accepted)
    }
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
        let request = Request { method, path, idempotency_key: key, body, ..Request::default() };
        match outbox.handle(&request, 0)? {
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
