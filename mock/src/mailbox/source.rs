//! Drafts that begin with a message: replies, forwards, and drafts to adopt.

use serde_json::{Map, Value, json};

use super::ADDRESS;
use super::message::{File, Message, ReplyHeaders, address};
use super::store::Store;
use super::uploads;
use crate::error::ApiError;

/// What a draft takes from a message.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) content: Map<String, Value>,
    pub(super) reply: ReplyHeaders,
    pub(super) reply_to_message_id: Option<String>,
    /// The message that the draft adopts.
    pub(super) message_id: Option<String>,
}

pub(super) fn prepare(
    store: &mut Store,
    source: &Value,
    idempotency_key: Option<&str>,
) -> Result<Source, ApiError> {
    let id =
        source["message_id"].as_str().ok_or(ApiError::InvalidParameter("source.message_id"))?;
    let action = source["action"].as_str().unwrap_or_default();
    if action == "adopt" && idempotency_key.is_none() {
        return Err(ApiError::MissingParameter("Idempotency-Key"));
    }
    let message = store.message(id)?.clone();
    match action {
        "reply" => Ok(reply(store, &message, false)),
        "reply_all" => Ok(reply(store, &message, true)),
        "forward" => Ok(forward(store, &message)),
        "adopt" => adopt(store, &message),
        _ => Err(ApiError::InvalidParameter("source.action")),
    }
}

fn reply(store: &mut Store, message: &Message, all: bool) -> Source {
    let mut to = message.addresses(&["reply_to"]);
    if to.is_empty() {
        to = message.addresses(&["from"]);
    }
    to.retain(not_own);
    let mut content = Map::new();
    if all {
        let mut cc = message.addresses(&["to", "cc"]);
        cc.retain(|address| not_own(address) && !to.contains(address));
        content.insert("cc".to_owned(), cc.into());
    }
    content.insert("to".to_owned(), to.into());
    content.insert("subject".to_owned(), prefixed("Re: ", message).into());
    content.insert("text_body".to_owned(), quoted(message).into());
    add_files(store, &mut content, message.files.iter().filter(|file| file.inline));
    Source {
        content,
        reply: message.reply_headers(),
        reply_to_message_id: Some(message.id().to_owned()),
        message_id: None,
    }
}

fn forward(store: &mut Store, message: &Message) -> Source {
    let mut content = Map::new();
    content.insert("subject".to_owned(), prefixed("Fwd: ", message).into());
    content.insert("text_body".to_owned(), quoted(message).into());
    add_files(store, &mut content, message.files.iter());
    Source { content, ..Source::default() }
}

/// Takes over a draft message that no draft has saved.
fn adopt(store: &mut Store, message: &Message) -> Result<Source, ApiError> {
    if !message.flag("draft") {
        return Err(ApiError::ValidationFailed("source.message_id"));
    }
    if store.drafts.iter().any(|draft| draft.holds(message.id())) {
        return Err(ApiError::Conflict("The message already belongs to a draft"));
    }
    let mut content = Map::new();
    for name in ["to", "cc", "bcc", "reply_to"] {
        content.insert(name.to_owned(), message.addresses(&[name]).iter().map(address).collect());
    }
    for name in ["subject", "text_body", "html_body"] {
        if message.get(name).is_string() {
            content.insert(name.to_owned(), message.get(name).clone());
        }
    }
    add_files(store, &mut content, message.files.iter());
    let message_id = Some(message.id().to_owned());
    Ok(Source { content, message_id, ..Source::default() })
}

fn not_own(address: &Value) -> bool {
    let email = address["email"].as_str();
    email.is_none_or(|email| !email.eq_ignore_ascii_case(ADDRESS))
}

pub(super) fn prefixed(prefix: &str, message: &Message) -> String {
    let subject = message.text("subject");
    if subject.starts_with(prefix) { subject.to_owned() } else { format!("{prefix}{subject}") }
}

fn quoted(message: &Message) -> String {
    let lines = message.text("text_body").lines().map(|line| format!("> {line}\n"));
    format!(
        "\n\nOn {}, {} wrote:\n{}",
        message.text("sent_at"),
        message.get("from")["email"].as_str().unwrap_or("someone"),
        lines.collect::<String>()
    )
}

fn add_files<'a>(
    store: &mut Store,
    content: &mut Map<String, Value>,
    files: impl Iterator<Item = &'a File>,
) {
    let mut attachments = Vec::new();
    for file in files {
        let blob = uploads::add(store, file.name.clone(), file.media_type.clone(), &file.bytes);
        let mut attachment = json!({
            "blob_id": blob.id, "filename": file.name, "content_type": file.media_type,
            "size_bytes": file.bytes.len(),
            "disposition": if file.inline { "inline" } else { "attachment" },
        });
        if let Some(id) = &file.content_id {
            attachment["content_id"] = id.as_str().into();
        }
        attachments.push(attachment);
    }
    if !attachments.is_empty() {
        content.insert("attachments".to_owned(), attachments.into());
    }
}
