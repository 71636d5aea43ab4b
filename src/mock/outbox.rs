//! Where the account's e-mails go: nowhere, but with an answer for each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::resources::connection;

/// What the mailbox key may do.
pub(super) const PERMISSIONS: [&str; 2] = ["email.send", "mailbox.read"];

/// Domain whose recipients are refused (RFC 2606 keeps it from being anyone's).
const REFUSED: &str = "@refused.example";

const BATCH: usize = 100;

/// E-mails sent so far, and the answers that are given again for the same key.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sent: u64,
    answers: HashMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    body: Vec<u8>,
    data: Result<Value, Refusal>,
}

impl Outbox {
    pub(super) fn answer(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Outcome {
        let send = match (method, path) {
            ("GET", "/me") => return connection::show(&PERMISSIONS),
            ("POST", "/emails/send") => State::send,
            ("POST", "/emails/send/batch") => State::send_batch,
            _ => return Err(Refusal::NotFound),
        };
        let mut state = self.state();
        let Some(key) = key else { return send(&mut state, body).map(Answer::Data) };
        // A key belongs to one operation.
        let key = format!("{path} {key}");
        if let Some(kept) = state.answers.get(&key) {
            let same = kept.body == body;
            return if same { kept.data.clone() } else { Err(Refusal::KeyTaken) }.map(Answer::Data);
        }
        let data = send(&mut state, body);
        state.answers.insert(key, Kept { body: body.to_owned(), data: data.clone() });
        data.map(Answer::Data)
    }

    /// How many e-mails were taken.
    pub(super) fn sent(&self) -> u64 {
        self.state().sent
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn send(&mut self, body: &[u8]) -> Result<Value, Refusal> {
        let message = serde_json::from_slice(body).map_err(|_| Refusal::Invalid("body"))?;
        if let Some(param) = fault(&message) {
            return Err(Refusal::Unprocessable(param));
        }
        Ok(json!({ "message_id": self.take(), "status": "queued" }))
    }

    fn send_batch(&mut self, body: &[u8]) -> Result<Value, Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::Invalid("body"))?;
        let messages = body["messages"].as_array().ok_or(Refusal::Invalid("messages"))?;
        if !(1..=BATCH).contains(&messages.len()) {
            return Err(Refusal::Invalid("messages"));
        }
        let faults: Vec<_> = messages.iter().map(fault).collect();
        if let Some(param) = faults.iter().copied().reduce(Option::and).flatten() {
            return Err(Refusal::Unprocessable(param));
        }
        let failed = faults.iter().flatten().count();
        let results = faults.iter().enumerate().map(|(index, fault)| match fault {
            None => json!({ "index": index, "status": "queued", "message_id": self.take() }),
            Some(param) => {
                let message = format!("The value of {param} is not valid");
                let issue = json!({ "field": param, "code": "invalid_value", "message": message });
                let error = json!({ "code": "validation_error", "message": message,
                    "param": param, "retryable": false, "errors": [issue] });
                json!({ "index": index, "status": "failed", "message_id": null, "error": error })
            }
        });
        let results: Vec<Value> = results.collect();
        let summary = json!({ "total": messages.len(), "failed": failed,
            "queued": messages.len() - failed });
        Ok(json!({ "results": results, "summary": summary }))
    }

    /// Takes one e-mail, and gives it an id.
    fn take(&mut self) -> String {
        self.sent += 1;
        format!("eml_{:024}", self.sent)
    }
}

/// The field of a message that is missing or refused.
fn fault(message: &Value) -> Option<&'static str> {
    let text = |pointer| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let to = text("/to/email");
    match () {
        () if !text("/from/email").contains('@') => Some("from.email"),
        () if !to.contains('@') || to.ends_with(REFUSED) => Some("to.email"),
        () if text("/subject").is_empty() => Some("subject"),
        () if text("/html_body").is_empty() => Some("html_body"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(to: &str) -> Value {
        json!({ "from": { "email": "a@example.com" }, "to": { "email": to }, "subject": "x",
            "html_body": "y" })
    }

    fn post(
        outbox: &Outbox,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Value, Refusal> {
        match outbox.answer("POST", path, key, body.to_string().as_bytes())? {
            Answer::Data(data) => Ok(data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_key_sends_once() {
        let outbox = Outbox::default();
        let post = |key, to| post(&outbox, "/emails/send", Some(key), &message(to));
        let first = post("k1", "b@example.org").unwrap();
        assert_eq!(post("k1", "b@example.org"), Ok(first.clone()));
        assert_eq!(post("k1", "c@example.org"), Err(Refusal::KeyTaken));
        assert_ne!(post("k2", "b@example.org"), Ok(first));
        assert_eq!(outbox.sent(), 2);
    }

    #[test]
    fn a_batch_answers_for_each_message() {
        let outbox = Outbox::default();
        let batch = |to: &[&str]| {
            let messages: Vec<_> = to.iter().map(|to| message(to)).collect();
            post(&outbox, "/emails/send/batch", None, &json!({ "messages": messages }))
        };
        let sent = batch(&["b@example.org", "c@refused.example", "nobody"]).unwrap();
        assert_eq!(sent["summary"], json!({ "total": 3, "queued": 1, "failed": 2 }));
        assert_eq!(sent["results"][0]["status"], "queued");
        assert_eq!(sent["results"][2]["error"]["param"], "to.email");
        assert_eq!(batch(&["nobody"]), Err(Refusal::Unprocessable("to.email")));
        assert_eq!(batch(&[]), Err(Refusal::Invalid("messages")));
        assert_eq!(batch(&["b@example.org"; 101]), Err(Refusal::Invalid("messages")));
        assert_eq!(outbox.sent(), 1);
    }
}
