//! A message and its representations.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ADDRESS, MAILBOX};
use crate::dataset::{ReceivedMessage, TEAM_ID};
use crate::hash::fnv1a;
use crate::request::BASE_PATH;
use crate::time;

/// The token in the signed URLs of attachments.
pub(super) const DOWNLOAD_TOKEN: &str = "demo_download_token";

const BOUNDARY: &str = "demo-boundary";
const MAX_EVENT_BODY: usize = 16_384;

/// Members of a message that its summary lacks.
const DETAILS: [&str; 6] =
    ["html_body", "in_reply_to", "message_id", "references", "reply_to", "text_body"];

/// A file: an upload, or an attachment of a message.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Arc<[u8]>,
    pub(super) inline: bool,
    pub(super) content_id: Option<String>,
}

/// The headers that make a message a reply.
#[derive(Debug, Clone, Default)]
pub(super) struct ReplyHeaders {
    pub(super) in_reply_to: Vec<String>,
    pub(super) references: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    /// All members but `attachments`.
    json: Value,
    pub(super) files: Vec<File>,
    custom_headers: Map<String, Value>,
}

impl Message {
    /// Creates a message that the account received before it started.
    pub(super) fn received(received: &ReceivedMessage) -> Self {
        let id = received.id.replacen("ilog", "msg", 1);
        let at = time::format(received.at);
        let json = json!({
            "thread_id": id.replacen("msg", "thr", 1), "folder_ids": ["inbox"],
            "subject": received.subject, "preview": "Thank you!",
            "from": { "email": received.from, "name": null },
            "to": [{ "email": ADDRESS, "name": "Support" }], "cc": [], "bcc": [], "reply_to": [],
            "received_at": at, "sent_at": at, "size_bytes": received.size, "has_attachments": false,
            "flags": { "answered": false, "draft": false, "flagged": false, "seen": false },
            "keywords": [], "text_body": "Thank you!\n", "html_body": null, "in_reply_to": [],
            "references": [], "message_id": [format!("{id}@example.org")], "id": id,
        });
        Self { json, files: Vec::new(), custom_headers: Map::new() }
    }

    /// Creates a message with the content of a draft or of a request to send.
    pub(super) fn compose(
        id: &str,
        thread_id: &str,
        content: &Map<String, Value>,
        reply: &ReplyHeaders,
        files: Vec<File>,
        now: i64,
    ) -> Self {
        let at = time::format(now);
        let text = content.get("text_body").and_then(Value::as_str);
        let html = content.get("html_body").and_then(Value::as_str);
        let preview: String = text.or(html).unwrap_or_default().chars().take(100).collect();
        let from = content.get("from").map_or_else(own_address, address);
        let json = json!({
            "id": id, "thread_id": thread_id, "folder_ids": ["drafts"],
            "subject": content.get("subject").and_then(Value::as_str).unwrap_or_default(),
            "preview": preview.trim(), "from": from, "to": addresses(content, "to"),
            "cc": addresses(content, "cc"), "bcc": addresses(content, "bcc"),
            "reply_to": addresses(content, "reply_to"), "received_at": at, "sent_at": at,
            "size_bytes": 0, "has_attachments": !files.is_empty(),
            "flags": { "answered": false, "draft": true, "flagged": false, "seen": true },
            "keywords": [], "text_body": text, "html_body": html,
            "in_reply_to": reply.in_reply_to, "references": reply.references,
            "message_id": [format!("{id}@example.com")],
        });
        let custom_headers = content.get("custom_headers").and_then(Value::as_object);
        let custom_headers = custom_headers.cloned().unwrap_or_default();
        let mut message = Self { json, files, custom_headers };
        message.json["size_bytes"] = message.raw().len().into();
        message
    }

    /// Creates a message that has attachments.
    pub(super) fn with_files(json: Value, files: Vec<File>) -> Self {
        Self { json, files, custom_headers: Map::new() }
    }

    pub(super) fn text(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }

    pub(super) fn id(&self) -> &str {
        self.text("id")
    }

    pub(super) fn thread_id(&self) -> &str {
        self.text("thread_id")
    }

    pub(super) fn folder(&self) -> &str {
        self.json["folder_ids"][0].as_str().unwrap_or_default()
    }

    pub(super) fn get(&self, member: &str) -> &Value {
        &self.json[member]
    }

    pub(super) fn set(&mut self, member: &str, value: Value) {
        self.json[member] = value;
    }

    pub(super) fn move_to(&mut self, folder: &str) {
        self.json["folder_ids"] = json!([folder]);
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.json["flags"][name] == true
    }

    pub(super) fn set_flag(&mut self, name: &str, value: bool) {
        self.json["flags"][name] = value.into();
    }

    /// Returns the ids of the `Message-ID` header.
    pub(super) fn message_ids(&self) -> Vec<String> {
        let ids = self.json["message_id"].as_array().into_iter().flatten();
        ids.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns the headers of a reply to this message.
    pub(super) fn reply_headers(&self) -> ReplyHeaders {
        let references = self.json["references"].as_array().into_iter().flatten();
        let references = references.filter_map(Value::as_str).map(str::to_owned);
        let in_reply_to = self.message_ids();
        ReplyHeaders { references: references.chain(in_reply_to.clone()).collect(), in_reply_to }
    }

    /// Returns the addresses in these members.
    pub(super) fn addresses(&self, members: &[&str]) -> Vec<Value> {
        let mut found = Vec::new();
        for member in members {
            match &self.json[member] {
                Value::Array(list) => found.extend(list.iter().cloned()),
                Value::Null => {}
                address => found.push(address.clone()),
            }
        }
        found
    }

    pub(super) fn detail(&self) -> Value {
        let mut json = self.json.clone();
        json["attachments"] = self.attachments();
        json
    }

    pub(super) fn summary(&self) -> Value {
        let mut json = self.detail();
        if let Some(members) = json.as_object_mut() {
            members.retain(|name, _| !DETAILS.contains(&name.as_str()));
        }
        json
    }

    pub(super) fn attachments(&self) -> Value {
        let message = self.id();
        let items = self.files.iter().map(|file| {
            let path = format!("{BASE_PATH}/mailbox/messages/{message}/attachments/{}", file.id);
            json!({
                "id": file.id, "filename": file.name, "content_type": file.media_type,
                "size_bytes": file.bytes.len(), "content_id": file.content_id,
                "disposition": if file.inline { "inline" } else { "attachment" },
                "download_url": format!("{path}?download_token={DOWNLOAD_TOKEN}"),
            })
        });
        items.collect()
    }

    /// Returns the data of the event that tells of its arrival.
    pub(super) fn event(&self) -> Value {
        let mut message = self.summary();
        let part = |member: &str| {
            let text = self.json[member].as_str();
            text.map(|text| text.chars().take(MAX_EVENT_BODY).collect::<String>())
        };
        let truncated = ["text_body", "html_body"]
            .iter()
            .any(|part| self.text(part).chars().nth(MAX_EVENT_BODY).is_some());
        message["rfc5322_message_id"] = self.json["message_id"][0].clone();
        message["body"] = json!({
            "text": part("text_body"), "html": part("html_body"), "is_truncated": truncated,
            "max_bytes": MAX_EVENT_BODY,
        });
        json!({
            "event_type": "message.received", "team_public_id": TEAM_ID, "mailbox_id": MAILBOX,
            "message_id": message["id"], "message_id_kind": "provider", "is_spam": false,
            "sender": message["from"]["email"], "recipients": [ADDRESS], "message": message,
            "occurred_at": message["received_at"],
        })
    }

    /// Returns the header fields.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let list = |member: &str| {
            let found = self.addresses(&[member]);
            found.iter().map(format_address).collect::<Vec<_>>().join(", ")
        };
        let ids = |member: &str| {
            let ids = self.json[member].as_array().into_iter().flatten().filter_map(Value::as_str);
            ids.map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
        };
        let date = time::format_email(time::parse(self.text("sent_at")).map_or(0, |at| at.start));
        let mut headers = vec![
            ("Date", date),
            ("From", list("from")),
            ("To", list("to")),
            ("Cc", list("cc")),
            ("Reply-To", list("reply_to")),
            ("Subject", self.text("subject").to_owned()),
            ("Message-ID", ids("message_id")),
            ("In-Reply-To", ids("in_reply_to")),
            ("References", ids("references")),
            ("MIME-Version", "1.0".to_owned()),
        ];
        headers.retain(|(name, value)| !value.is_empty() || *name == "Subject");
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        let custom = self.custom_headers.iter();
        let custom = custom
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        headers.chain(custom).collect()
    }

    /// Returns the message in the format of RFC 5322, its parts as they are (8 bits).
    pub(super) fn raw(&self) -> Vec<u8> {
        let mut head = String::new();
        for (name, value) in self.headers() {
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            head += &format!("{name}: {value}\r\n");
        }
        let mut raw = head.into_bytes();
        let texts = [("text/plain", "text_body"), ("text/html", "html_body")];
        let texts: Vec<_> =
            texts.iter().filter(|(_, member)| self.json[member].is_string()).collect();
        if let ([(media_type, member)], []) = (&texts[..], &self.files[..]) {
            let head = format!("Content-Type: {media_type}; charset=utf-8\r\n\r\n");
            raw.extend(head.into_bytes());
            raw.extend(self.text(member).replace('\n', "\r\n").into_bytes());
            return raw;
        }
        let head = format!("Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n");
        raw.extend(head.into_bytes());
        for (media_type, member) in texts {
            let head =
                format!("\r\n--{BOUNDARY}\r\nContent-Type: {media_type}; charset=utf-8\r\n\r\n");
            raw.extend(head.into_bytes());
            raw.extend(self.text(member).replace('\n', "\r\n").into_bytes());
        }
        for file in &self.files {
            let mut head = format!("\r\n--{BOUNDARY}\r\nContent-Type: {}\r\n", file.media_type);
            let disposition = if file.inline { "inline" } else { "attachment" };
            let _ =
                write!(head, "Content-Disposition: {disposition}; filename=\"{}\"\r\n", file.name);
            if let Some(id) = &file.content_id {
                let _ = write!(head, "Content-ID: <{id}>\r\n");
            }
            raw.extend(format!("{head}\r\n").into_bytes());
            raw.extend(file.bytes.iter());
        }
        raw.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        raw
    }

    /// Returns the entity tag of a file.
    pub(super) fn file_etag(file: &File) -> String {
        format!("\"{:016x}\"", fnv1a(&file.bytes))
    }
}

pub(super) fn own_address() -> Value {
    json!({ "email": ADDRESS, "name": "Support" })
}

/// Adds the name that an address of a request may lack.
pub(super) fn address(given: &Value) -> Value {
    json!({ "email": given["email"], "name": given["name"] })
}

fn addresses(content: &Map<String, Value>, member: &str) -> Vec<Value> {
    let list = content.get(member).and_then(Value::as_array);
    list.into_iter().flatten().map(address).collect()
}

fn format_address(address: &Value) -> String {
    let email = address["email"].as_str().unwrap_or_default();
    match address["name"].as_str() {
        Some(name) => format!("\"{}\" <{email}>", name.replace(['"', '\\'], "")),
        None => email.to_owned(),
    }
}
