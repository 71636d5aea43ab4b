//! The mailbox: messages, their changes and events.
//!
//! Messages keep arriving: each event stream delivers two of those still to come, and then ends.

mod attachments;

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::dataset::{Dataset, ReceivedMessage, TEAM_ID};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::{Query, Request};
use crate::response::{Content, HandlerResult};
use crate::time;

/// The mailbox that the key belongs to.
const MAILBOX: &str = "mbx_support";
const ADDRESS: &str = "support@example.com";

const MESSAGES: usize = 14;
/// Messages that have not arrived when the account starts.
const FUTURE_MESSAGES: usize = 8;
const MESSAGES_PER_STREAM: usize = 2;
/// Events that can be replayed.
const RETAINED_EVENTS: usize = 3;
const DEFAULT_CHANGES: usize = 50;
const MAX_CHANGES: usize = 500;

pub(crate) struct Inbox {
    /// Oldest first.
    messages: Vec<Value>,
    /// How many of them have arrived.
    arrived: Mutex<usize>,
}

impl Inbox {
    pub(crate) fn new(dataset: &Dataset) -> Self {
        let received = dataset.received.iter().filter(|message| message.mailbox == MAILBOX);
        let mut messages: Vec<Value> = received.take(MESSAGES).map(message).collect();
        messages.reverse();
        let arrived = Mutex::new(messages.len().saturating_sub(FUTURE_MESSAGES));
        Self { messages, arrived }
    }

    pub(crate) fn handle(&self, request: &Request<'_>) -> HandlerResult {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ("GET", ["mailbox", path @ ..]) = (request.method, &segments[..]) else {
            return Err(ApiError::NotFound);
        };
        match path {
            ["events"] => Ok(Content::Events(self.events(request.last_event_id))),
            ["changes"] => self.changes(&request.query()),
            ["messages"] => {
                paginate(&request.query(), 50, self.arrived().iter().rev(), Value::clone)
            }
            ["messages", attachments::MESSAGE] => Ok(Content::Resource(attachments::message())),
            ["messages", attachments::MESSAGE, "attachments", id] => {
                attachments::download(id, request)
            }
            ["messages", id] => {
                let found = self.arrived().iter().find(|message| message["id"] == *id);
                found.cloned().map(Content::Resource).ok_or(ApiError::NotFound)
            }
            _ => Err(ApiError::NotFound),
        }
    }

    fn arrived(&self) -> &[Value] {
        let arrived = *self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        &self.messages[..arrived]
    }

    /// Lets messages arrive, and returns their events after those missed since the last one.
    fn events(&self, last_event_id: Option<&str>) -> String {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *arrived;
        *arrived = (before + MESSAGES_PER_STREAM).min(self.messages.len());
        let oldest = before.saturating_sub(RETAINED_EVENTS);
        let last: Option<Option<usize>> =
            last_event_id.map(|id| id.strip_prefix("evt_").and_then(|id| id.parse().ok()));
        let (mut text, start) = match last {
            None => (String::new(), before),
            Some(Some(last)) if last >= oldest => (String::new(), last.min(before)),
            Some(_) => (sync_required(before), before),
        };
        for (index, message) in self.messages.iter().enumerate().take(*arrived).skip(start) {
            text.push_str(&event(index + 1, message));
        }
        text + ": end of demo events\n\n"
    }

    fn changes(&self, query: &Query) -> HandlerResult {
        if query.get("types").is_some() {
            return Err(ApiError::InvalidParameter("types"));
        }
        let arrived = self.arrived();
        let since = match query.get("since_state").map(|state| state.strip_prefix("state_")) {
            None => arrived.len(),
            Some(state) => state
                .and_then(|number| number.parse().ok())
                .filter(|number| *number <= arrived.len())
                .ok_or(ApiError::InvalidParameter("since_state"))?,
        };
        let limit = query.limit(DEFAULT_CHANGES, MAX_CHANGES)?;
        let end = (since + limit).min(arrived.len());
        let created: Vec<&Value> =
            arrived[since..end].iter().map(|message| &message["id"]).collect();
        Ok(Content::Data(json!({
            "old_state": format!("state_{since}"), "new_state": format!("state_{end}"),
            "has_more": end < arrived.len(), "created": created, "updated": [], "destroyed": [],
        })))
    }
}

/// Handles a request without a key, which only the signed URL of an attachment allows.
pub(crate) fn handle_signed(request: &Request<'_>) -> HandlerResult {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method, &segments[..]) {
        ("GET", ["mailbox", "messages", attachments::MESSAGE, "attachments", id])
            if request.query().get("download_token") == Some(attachments::TOKEN) =>
        {
            attachments::download(id, request)
        }
        _ => Err(ApiError::Unauthorized),
    }
}

fn message(received: &ReceivedMessage) -> Value {
    let id = received.id.replacen("ilog", "msg", 1);
    let at = time::format(received.at);
    json!({
        "thread_id": id.replacen("msg", "thr", 1), "folder_ids": ["inbox"],
        "subject": received.subject, "preview": "Thank you!",
        "from": { "email": received.from, "name": null },
        "to": [{ "email": ADDRESS, "name": "Support" }], "cc": [], "bcc": [], "reply_to": [],
        "received_at": at, "sent_at": at, "size_bytes": received.size, "has_attachments": false,
        "flags": { "answered": false, "draft": false, "flagged": false, "seen": false },
        "keywords": [], "text_body": "Thank you!\n", "html_body": null, "in_reply_to": [],
        "references": [], "message_id": [format!("{id}@example.org")], "id": id,
    })
}

fn event(number: usize, message: &Value) -> String {
    let summary = json!({
        "id": message["id"], "thread_id": message["thread_id"], "subject": message["subject"],
        "folder_ids": message["folder_ids"], "preview": message["preview"], "from": message["from"],
        "to": message["to"], "cc": [], "bcc": [], "received_at": message["received_at"],
        "sent_at": message["sent_at"], "size_bytes": message["size_bytes"],
        "has_attachments": false, "attachments": [], "keywords": [], "flags": message["flags"],
        "rfc5322_message_id": message["message_id"][0],
        "body": { "text": message["text_body"], "html": null, "is_truncated": false,
            "max_bytes": 16_384 },
    });
    let data = json!({
        "event_type": "message.received", "team_public_id": TEAM_ID, "mailbox_id": MAILBOX,
        "message_id": message["id"], "message_id_kind": "provider", "is_spam": false,
        "sender": message["from"]["email"], "recipients": [ADDRESS], "message": summary,
        "occurred_at": message["received_at"],
    });
    format!("id: evt_{number}\nevent: message.received\ndata: {data}\n\n")
}

fn sync_required(number: usize) -> String {
    let data = json!({ "event_type": "sync_required", "mailbox_id": MAILBOX });
    format!("id: evt_{number}\nevent: sync_required\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NOW;

    fn inbox() -> Inbox {
        Inbox::new(&Dataset::generate(1, NOW, 40))
    }

    fn get<'a>(path: &'a str, query: &'a str) -> Request<'a> {
        Request { method: "GET", path, query, ..Request::default() }
    }

    fn event_ids(inbox: &Inbox, last_event_id: Option<&str>) -> Vec<String> {
        let request = Request { last_event_id, ..get("/mailbox/events", "") };
        let Ok(Content::Events(text)) = inbox.handle(&request) else { panic!("no events") };
        text.lines().filter_map(|line| line.strip_prefix("id: evt_")).map(str::to_owned).collect()
    }

    fn changes(inbox: &Inbox, query: &str) -> Result<Value, ApiError> {
        match inbox.handle(&get("/mailbox/changes", query))? {
            Content::Data(data) => Ok(data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retained_events_are_replayed() {
        let inbox = inbox();
        assert_eq!(event_ids(&inbox, None), ["7", "8"]);
        assert_eq!(event_ids(&inbox, Some("evt_7")), ["8", "9", "10"]);
        let lost = event_ids(&inbox, Some("evt_2"));
        assert_eq!(lost, ["10", "11", "12"], "the first one requires a sync");
        assert_eq!(event_ids(&inbox, Some("no such id")), ["12", "13", "14"]);
        assert_eq!(event_ids(&inbox, Some("evt_99")), [""; 0]);
        assert_eq!(event_ids(&inbox, Some(&format!("evt_{}", usize::MAX))), [""; 0]);
        assert_eq!(event_ids(&inbox, None), [""; 0]);
    }

    #[test]
    fn changes_lead_to_the_present() {
        let inbox = inbox();
        let present = changes(&inbox, "").unwrap();
        assert_eq!(present["new_state"], "state_6");
        assert_eq!(present["created"], json!([]));
        let first = changes(&inbox, "since_state=state_1&limit=3").unwrap();
        assert_eq!((&first["new_state"], &first["has_more"]), (&json!("state_4"), &json!(true)));
        let id = first["created"][0].as_str().unwrap();
        assert!(inbox.handle(&get(&format!("/mailbox/messages/{id}"), "")).is_ok());
        for refused in ["since_state=state_99", "since_state=x", "limit=0", "types=messages"] {
            assert_eq!(changes(&inbox, refused).unwrap_err().status(), 400, "{refused}");
        }
    }

    #[test]
    fn an_account_without_emails_has_no_messages() {
        let inbox = Inbox::new(&Dataset::generate(1, NOW, 0));
        assert!(event_ids(&inbox, None).is_empty());
        let Ok(Content::Page { items, .. }) = inbox.handle(&get("/mailbox/messages", "")) else {
            panic!("no page")
        };
        assert!(items.is_empty());
    }

    #[test]
    fn only_a_signed_url_works_without_a_key() {
        let attachment = "/mailbox/messages/msg_demo/attachments/att_notes";
        let message = "/mailbox/messages/msg_demo";
        let status =
            |path, query| handle_signed(&get(path, query)).map_or_else(ApiError::status, |_| 200);
        assert_eq!(status(attachment, "download_token=demo_download_token"), 200);
        assert_eq!(status(attachment, "download_token=other"), 401);
        assert_eq!(status(attachment, ""), 401);
        assert_eq!(status(message, "download_token=demo_download_token"), 401);
    }
}
