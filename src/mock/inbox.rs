//! A mailbox that receives messages while somebody looks.
//!
//! Each stream of events brings two more of the messages that are still to come, and then closes.

use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::page::{Query, page};
use super::resources::time;
use super::world::{Received, World};

/// The mailbox that the key belongs to.
const MAILBOX: &str = "mbx_support";
const ADDRESS: &str = "support@example.com";

const MESSAGES: usize = 14;
/// Messages that have not come yet when the account starts.
const TO_COME: usize = 8;
/// Messages that come while one stream is open.
const PER_STREAM: usize = 2;
/// Events that are kept to be replayed.
const REPLAYED: usize = 3;
const CHANGES: usize = 50;

pub(super) struct Inbox {
    /// Oldest first.
    messages: Vec<Value>,
    /// How many of them have come.
    arrived: Mutex<usize>,
}

impl Inbox {
    pub(super) fn new(world: &World) -> Self {
        let ours = world.received.iter().filter(|mail| mail.mailbox == MAILBOX);
        let mut messages: Vec<Value> = ours.take(MESSAGES).map(message).collect();
        messages.reverse();
        let arrived = Mutex::new(messages.len().saturating_sub(TO_COME));
        Self { messages, arrived }
    }

    /// `None` if the request is for something else.
    pub(super) fn answer(
        &self,
        method: &str,
        path: &str,
        query: &str,
        last_event_id: Option<&str>,
    ) -> Option<Outcome> {
        let query = Query::parse(path, query);
        let segments: Vec<&str> = path.split('/').collect();
        match (method, &segments[..]) {
            ("GET", ["", "mailbox", "events"]) => {
                Some(Ok(Answer::Events(self.events(last_event_id))))
            }
            ("GET", ["", "mailbox", "changes"]) => Some(self.changes(&query)),
            ("GET", ["", "mailbox", "messages"]) => {
                Some(page(&query, 50, self.arrived().iter().rev(), Value::clone))
            }
            ("GET", ["", "mailbox", "messages", id]) => {
                let found = self.arrived().iter().find(|message| message["id"] == *id);
                found.map(|message| Ok(Answer::Resource(message.clone())))
            }
            _ => None,
        }
    }

    fn arrived(&self) -> &[Value] {
        let arrived = *self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        &self.messages[..arrived]
    }

    /// What came after the last event, and what comes now.
    fn events(&self, last_event_id: Option<&str>) -> String {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *arrived;
        *arrived = (before + PER_STREAM).min(self.messages.len());
        let last = last_event_id.map(|id| id.strip_prefix("evt_").and_then(|id| id.parse().ok()));
        let lost = |last: Option<usize>| last.is_none_or(|last| last + REPLAYED < before);
        let (mut text, start) = match last {
            None => (String::new(), before),
            Some(last) if lost(last) => (sync_required(before), before),
            Some(last) => (String::new(), last.unwrap_or(before).min(before)),
        };
        for (index, message) in self.messages.iter().enumerate().take(*arrived).skip(start) {
            text.push_str(&event(index + 1, message));
        }
        text + ": nothing else so far\n\n"
    }

    fn changes(&self, query: &Query) -> Outcome {
        if query.get("types").is_some() {
            return Err(Refusal::Invalid("types"));
        }
        let arrived = self.arrived();
        let since = query.get("since_state");
        let since = match since.map(|state| state.strip_prefix("state_")) {
            None => arrived.len(),
            Some(state) => state
                .and_then(|number| number.parse().ok())
                .filter(|number| *number <= arrived.len())
                .ok_or(Refusal::Invalid("since_state"))?,
        };
        let limit = match query.get("limit").map(str::parse) {
            None => CHANGES,
            Some(Ok(limit @ 1..=500)) => limit,
            Some(_) => return Err(Refusal::Invalid("limit")),
        };
        let end = (since + limit).min(arrived.len());
        let created: Vec<&Value> =
            arrived[since..end].iter().map(|message| &message["id"]).collect();
        Ok(Answer::Data(json!({
            "old_state": format!("state_{since}"), "new_state": format!("state_{end}"),
            "has_more": end < arrived.len(), "created": created, "updated": [], "destroyed": [],
        })))
    }
}

fn message(mail: &Received) -> Value {
    let id = mail.id.replacen("ilog", "msg", 1);
    let came = time(mail.at);
    json!({
        "thread_id": id.replacen("msg", "thr", 1), "folder_ids": ["inbox"],
        "subject": mail.subject, "preview": "Thank you!", "from": { "email": mail.from, "name": null },
        "to": [{ "email": ADDRESS, "name": "Support" }], "cc": [], "bcc": [], "reply_to": [],
        "received_at": came, "sent_at": came, "size_bytes": mail.size, "has_attachments": false,
        "flags": { "answered": false, "draft": false, "flagged": false, "seen": false },
        "keywords": [], "text_body": "Thank you!\n", "html_body": null, "in_reply_to": [],
        "references": [], "message_id": [format!("{id}@example.org")], "id": id,
    })
}

fn event(number: usize, message: &Value) -> String {
    let shown = json!({
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
        "event_type": "message.received", "team_public_id": "team_demo", "mailbox_id": MAILBOX,
        "message_id": message["id"], "message_id_kind": "provider", "is_spam": false,
        "sender": message["from"]["email"], "recipients": [ADDRESS], "message": shown,
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

    fn inbox() -> Inbox {
        Inbox::new(&World::generate(1, 1_779_354_720, 40))
    }

    fn ids(inbox: &Inbox, last: Option<&str>) -> Vec<String> {
        let Some(Ok(Answer::Events(text))) = inbox.answer("GET", "/mailbox/events", "", last)
        else {
            panic!("no events");
        };
        text.lines().filter_map(|line| line.strip_prefix("id: evt_")).map(str::to_owned).collect()
    }

    fn changes(inbox: &Inbox, query: &str) -> Result<Value, Refusal> {
        match inbox.answer("GET", "/mailbox/changes", query, None).unwrap()? {
            Answer::Data(data) => Ok(data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn events_are_replayed_as_long_as_they_are_kept() {
        let inbox = inbox();
        assert_eq!(ids(&inbox, None), ["7", "8"]);
        assert_eq!(ids(&inbox, Some("evt_7")), ["8", "9", "10"]);
        assert_eq!(
            ids(&inbox, Some("evt_2")),
            ["10", "11", "12"],
            "the first one says what is lost"
        );
        assert_eq!(ids(&inbox, Some("no such id")), ["12", "13", "14"]);
        assert_eq!(ids(&inbox, Some("evt_99")), [""; 0]);
        assert_eq!(ids(&inbox, None), [""; 0]);
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
        assert!(inbox.answer("GET", &format!("/mailbox/messages/{id}"), "", None).is_some());
        for refused in ["since_state=state_99", "since_state=x", "limit=0", "types=messages"] {
            assert_eq!(changes(&inbox, refused).unwrap_err().status(), 400, "{refused}");
        }
    }

    #[test]
    fn an_account_without_mail_has_none_here_either() {
        let inbox = Inbox::new(&World::generate(1, 1_779_354_720, 0));
        assert!(ids(&inbox, None).is_empty());
        assert!(inbox.answer("GET", "/mailbox/messages/msg_demo", "", None).is_none());
    }
}
