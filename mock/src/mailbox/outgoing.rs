//! Sending from the mailbox.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::journal::{Action, Kind};
use super::message::{File, Message, ReplyHeaders};
use super::store::Store;
use super::{ADDRESS, MAILBOX, source, uploads};
use crate::error::ApiError;
use crate::policy::{Policies, is_address};
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time;

/// Recipients that are rejected. RFC 2606 reserves the domain.
const REJECTED: &str = "@refused.example";

/// Recipients who reply at once. RFC 2606 reserves the domain.
const REPLYING: &str = "@replies.example";

const MAX_RECIPIENTS: usize = 50;
const MAX_REPLY_TO: usize = 20;
const MAX_ATTACHMENTS: usize = 10;
const MAX_SUBJECT: usize = 998;

/// Why a message cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request is refused.
    Invalid(ApiError),
    /// A recipient was rejected when sending had begun.
    Rejected,
}

/// Sends the message of a request.
pub(super) fn send(store: &mut Store, policies: &Policies, request: &Request<'_>) -> HandlerResult {
    if let Some(answer) = store.answers.find(request) {
        return answer.map(Content::Data);
    }
    let answer = send_once(store, policies, request);
    store.answers.insert(request, &answer);
    answer.map(Content::Data)
}

fn send_once(
    store: &mut Store,
    policies: &Policies,
    request: &Request<'_>,
) -> Result<Value, ApiError> {
    let content = request.json()?;
    validate(&content)?;
    match check(policies, &content) {
        Ok(()) => {}
        Err(Refusal::Invalid(error)) => return Err(error),
        Err(Refusal::Rejected) => return Err(ApiError::ValidationFailed("to")),
    }
    let files = files(store, &content)?;
    let reply = reply_headers(&content);
    let thread = thread_of(store, &reply);
    let id = store.new_id("msg");
    store.add(Message::compose(&id, &thread, &content, &reply, files, store.now));
    deliver(store, &id);
    Ok(json!({ "message_id": id, "status": "queued" }))
}

/// Checks the content of a draft or message, as far as it is there.
pub(super) fn validate(content: &Map<String, Value>) -> Result<(), ApiError> {
    let mut recipients = 0;
    for (name, max) in [
        ("to", MAX_RECIPIENTS),
        ("cc", MAX_RECIPIENTS),
        ("bcc", MAX_RECIPIENTS),
        ("reply_to", MAX_REPLY_TO),
    ] {
        let Some(value) = content.get(name) else { continue };
        let list = value.as_array().ok_or(ApiError::InvalidParameter(name))?;
        if list.len() > max || !list.iter().all(valid_address) {
            return Err(ApiError::ValidationFailed(name));
        }
        recipients += if name == "reply_to" { 0 } else { list.len() };
    }
    if recipients > MAX_RECIPIENTS {
        return Err(ApiError::ValidationFailed("to"));
    }
    if !content.get("from").is_none_or(valid_address) {
        return Err(ApiError::ValidationFailed("from"));
    }
    for name in ["subject", "text_body", "html_body"] {
        if !content.get(name).is_none_or(Value::is_string) {
            return Err(ApiError::InvalidParameter(name));
        }
    }
    let subject = content.get("subject").and_then(Value::as_str).unwrap_or_default();
    if subject.chars().count() > MAX_SUBJECT || subject.contains(['\r', '\n']) {
        return Err(ApiError::ValidationFailed("subject"));
    }
    let headers = content.get("custom_headers").map(Value::as_object);
    let headers =
        headers.map(|headers| headers.ok_or(ApiError::InvalidParameter("custom_headers")));
    if let Some(headers) = headers.transpose()? {
        let valid = |(name, value): (&String, &Value)| {
            let value = value.as_str().filter(|value| !value.contains(['\r', '\n']));
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && value.is_some()
        };
        if !headers.iter().all(valid) {
            return Err(ApiError::ValidationFailed("custom_headers"));
        }
    }
    let attachments = content.get("attachments").map(Value::as_array);
    match attachments {
        Some(None) => Err(ApiError::InvalidParameter("attachments")),
        Some(Some(list)) if list.len() > MAX_ATTACHMENTS => {
            Err(ApiError::ValidationFailed("attachments"))
        }
        _ => Ok(()),
    }
}

fn valid_address(address: &Value) -> bool {
    address["email"].as_str().is_some_and(is_address)
        && (address["name"].is_null() || address["name"].is_string())
}

/// Checks whether a message may be sent now.
pub(super) fn check(policies: &Policies, content: &Map<String, Value>) -> Result<(), Refusal> {
    let recipients = recipients(content);
    if recipients.is_empty() {
        return Err(Refusal::Invalid(ApiError::ValidationFailed("to")));
    }
    let from = content.get("from").and_then(|from| from["email"].as_str()).unwrap_or(ADDRESS);
    let reply_to = emails(content, "reply_to");
    policies.check(MAILBOX, ADDRESS, from, &reply_to, &recipients).map_err(Refusal::Invalid)?;
    if recipients.iter().any(|email| email.ends_with(REJECTED)) {
        return Err(Refusal::Rejected);
    }
    Ok(())
}

fn recipients(content: &Map<String, Value>) -> Vec<&str> {
    ["to", "cc", "bcc"].iter().flat_map(|name| emails(content, name)).collect()
}

fn emails<'a>(content: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let list = content.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|address| address["email"].as_str()).collect()
}

/// Returns the files that the attachments of a message refer to or contain.
pub(super) fn files(
    store: &mut Store,
    content: &Map<String, Value>,
) -> Result<Vec<File>, ApiError> {
    let invalid = ApiError::ValidationFailed("attachments");
    let mut files = Vec::new();
    for attachment in content.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| attachment[name].as_str().filter(|text| !text.is_empty());
        let name = text("filename").ok_or(invalid)?.to_owned();
        let media_type = text("content_type").ok_or(invalid)?.to_owned();
        let mut file = match (text("blob_id"), text("content")) {
            (Some(id), _) => {
                let upload = store.uploads.iter().find(|upload| upload.file.id == id);
                upload.ok_or(invalid)?.file.clone()
            }
            (None, Some(encoded)) => {
                let bytes = STANDARD.decode(encoded).map_err(|_| invalid)?;
                uploads::add(store, name.clone(), media_type.clone(), &bytes)
            }
            (None, None) => return Err(invalid),
        };
        let size = attachment["size_bytes"].as_u64();
        if size.is_some_and(|size| usize::try_from(size) != Ok(file.bytes.len())) {
            return Err(invalid);
        }
        file.id = format!("att_{}", file.id);
        file.inline = attachment["disposition"] == "inline";
        file.content_id = text("content_id").map(str::to_owned);
        (file.name, file.media_type) = (name, media_type);
        files.push(file);
    }
    Ok(files)
}

/// Returns the headers of a reply that a request gives as custom ones.
fn reply_headers(content: &Map<String, Value>) -> ReplyHeaders {
    let headers = content.get("custom_headers").and_then(Value::as_object);
    let ids = |name: &str| {
        let mut headers = headers.into_iter().flatten();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        let text = found.and_then(|(_, value)| value.as_str()).unwrap_or_default();
        let ids = text.split_whitespace().map(|id| id.trim_matches(['<', '>']).to_owned());
        ids.collect()
    };
    ReplyHeaders { in_reply_to: ids("in-reply-to"), references: ids("references") }
}

/// Returns the thread that a message joins: that of the message it answers, or a new one.
pub(super) fn thread_of(store: &mut Store, reply: &ReplyHeaders) -> String {
    let answered = store.message_by_header(&reply.in_reply_to);
    let answered = answered.or_else(|| store.message_by_header(&reply.references));
    match answered {
        Some(message) => message.thread_id().to_owned(),
        None => store.new_id("thr"),
    }
}

/// Sends a message that the mailbox holds: moves it to Sent, records the submission, marks the
/// message it answers, delivers it to the mailbox itself if that is a recipient, and receives the
/// replies of those who reply.
pub(super) fn deliver(store: &mut Store, id: &str) {
    let at = time::format(store.now);
    store.change(id, |message| {
        message.move_to("sent");
        message.set_flag("draft", false);
        message.set("sent_at", at.clone().into());
    });
    let Ok(message) = store.message(id).cloned() else { return };
    let recipients = message.addresses(&["to", "cc", "bcc"]);
    let email = |address: &Value| address["email"].clone();
    let delivery = recipients.iter().map(|address| {
        json!({ "email": email(address), "smtp_reply": null, "delivered": "queued",
            "displayed": "unknown" })
    });
    let envelope = json!({
        "mail_from": { "email": message.get("from")["email"], "parameters": null },
        "rcpt_to": recipients.iter()
            .map(|address| json!({ "email": email(address), "parameters": null }))
            .collect::<Vec<_>>(),
    });
    let delivery: Vec<Value> = delivery.collect();
    let submission = store.new_id("sub");
    store.submissions.push(json!({
        "id": submission, "email_id": id, "thread_id": message.thread_id(),
        "identity_id": store.identity["id"], "send_at": at, "undo_status": "final",
        "envelope": envelope, "delivery_status": delivery, "dsn_blob_ids": [], "mdn_blob_ids": [],
    }));
    store.journal.record(Kind::Submissions, Action::Created, &submission);
    let answered = message.get("in_reply_to").as_array().into_iter().flatten();
    let answered: Vec<String> = answered.filter_map(Value::as_str).map(str::to_owned).collect();
    let answered = store.message_by_header(&answered).map(|message| message.id().to_owned());
    if let Some(answered) = answered {
        store.change(&answered, |message| message.set_flag("answered", true));
    }
    for address in &recipients {
        if address["email"].as_str().is_some_and(|email| email.ends_with(REPLYING)) {
            receive_reply(store, &message, address);
        }
    }
    if recipients.iter().any(|address| address["email"] == ADDRESS) {
        let copy = store.new_id("msg");
        let mut received = message;
        received.set("id", copy.into());
        received.set("bcc", json!([]));
        received.set("received_at", at.into());
        received.set_flag("seen", false);
        received.move_to("inbox");
        store.receive(received);
    }
}

/// Receives an email of the sending API, with its inline attachments.
pub(super) fn receive(store: &mut Store, email: &Value) {
    let Some(mut content) = email.as_object().cloned() else { return };
    content.insert("to".to_owned(), json!([email["to"]]));
    if let Some(attachments) = content.get_mut("attachments").and_then(Value::as_array_mut) {
        for attachment in attachments {
            let media_type = attachment["type"].as_str().unwrap_or("application/octet-stream");
            attachment["content_type"] = media_type.into();
        }
    }
    let files = files(store, &content).unwrap_or_default();
    let (id, thread) = (store.new_id("msg"), store.new_id("thr"));
    let headers = ReplyHeaders::default();
    let mut message = Message::compose(&id, &thread, &content, &headers, files, store.now);
    message.set_flag("draft", false);
    message.set_flag("seen", false);
    message.move_to("inbox");
    store.receive(message);
}

/// Receives the reply of a recipient to a message.
fn receive_reply(store: &mut Store, message: &Message, from: &Value) {
    let content = Map::from_iter([
        ("from".to_owned(), from.clone()),
        ("to".to_owned(), json!([message.get("from")])),
        ("subject".to_owned(), source::prefixed("Re: ", message).into()),
        ("text_body".to_owned(), "Thank you!\n".into()),
    ]);
    let (id, headers) = (store.new_id("msg"), message.reply_headers());
    let thread = message.thread_id();
    let mut reply = Message::compose(&id, thread, &content, &headers, Vec::new(), store.now);
    reply.set_flag("draft", false);
    reply.set_flag("seen", false);
    reply.move_to("inbox");
    store.receive(reply);
}
