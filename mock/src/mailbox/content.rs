//! Bodies of messages, prepared for reading, and threads.

use serde_json::{Map, Value, json};

use super::journal::Kind;
use super::message::Message;
use super::store::Store;
use crate::error::ApiError;
use crate::hash::fnv1a;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time;

const MAX_BODY: usize = 1_000_000;
const MESSAGE_BODY: usize = 100_000;
const THREAD_BODY: usize = 25_000;

/// How bodies are to be prepared.
pub(super) struct Options {
    part: &'static str,
    max_chars: usize,
    strip_signature: bool,
    strip_quotes: bool,
    links: bool,
    html: bool,
    headers: &'static str,
    attachments: bool,
    hash: String,
}

impl Options {
    pub(super) fn from_query(query: &Query, default_chars: usize) -> Result<Self, ApiError> {
        let flag = |name| query.flag(name).map(|flag| flag == Some(true));
        Ok(Self {
            part: query.one_of("part", &["auto", "text", "html", "both"])?.unwrap_or("auto"),
            max_chars: query.number("max_body_chars", 1..=MAX_BODY)?.unwrap_or(default_chars),
            strip_signature: flag("strip_signature")?,
            strip_quotes: flag("strip_quotes")?,
            links: query.flag("include_links")? != Some(false),
            html: flag("include_html")?,
            headers: query
                .one_of("include_headers", &["none", "selected", "full"])?
                .unwrap_or("selected"),
            attachments: query.one_of("include_attachments", &["none", "metadata"])?
                != Some("none"),
            hash: String::new(),
        }
        .hashed())
    }

    pub(super) fn from_body(body: &Map<String, Value>) -> Self {
        let flag = |name: &str| body.get(name).is_some_and(|value| *value == true);
        let text = |name: &str, values: &[&'static str]| {
            let given = body.get(name).and_then(Value::as_str);
            values.iter().find(|value| given == Some(value)).copied().unwrap_or(values[0])
        };
        let max = body.get("max_body_chars").and_then(Value::as_u64);
        let max = max.and_then(|max| usize::try_from(max).ok());
        Self {
            part: text("part", &["auto", "text", "html", "both"]),
            max_chars: max.unwrap_or(MESSAGE_BODY).clamp(1, MAX_BODY),
            strip_signature: flag("strip_signature"),
            strip_quotes: flag("strip_quotes"),
            links: body.get("include_links").is_none_or(|value| *value == true),
            html: flag("include_html"),
            headers: text("include_headers", &["selected", "none", "full"]),
            attachments: text("include_attachments", &["metadata", "none"]) == "metadata",
            hash: String::new(),
        }
        .hashed()
    }

    fn hashed(mut self) -> Self {
        let text = format!(
            "{} {} {} {} {} {} {} {}",
            self.part,
            self.max_chars,
            self.strip_signature,
            self.strip_quotes,
            self.links,
            self.html,
            self.headers,
            self.attachments
        );
        self.hash = format!("{:016x}", fnv1a(text.as_bytes()));
        self
    }
}

/// Returns a message for a reader.
pub(super) fn content(message: &Message, options: &Options, state: &str) -> Value {
    let html = message.get("html_body").as_str();
    let is_html = options.part == "html" || !message.get("text_body").is_string() && html.is_some();
    let mut text = match message.get("text_body").as_str() {
        Some(text) => text.to_owned(),
        None => strip_tags(html.unwrap_or_default()),
    };
    let (mut signature_stripped, mut quotes_stripped) = (false, false);
    if options.strip_signature
        && let Some((body, _)) = text.split_once("\n-- \n")
    {
        (text, signature_stripped) = (body.to_owned(), true);
    }
    if options.strip_quotes {
        let kept: String = text
            .lines()
            .filter(|line| !line.starts_with('>'))
            .map(|line| format!("{line}\n"))
            .collect();
        (text, quotes_stripped) = (kept, true);
    }
    let (text, truncated) = cut(&text, options.max_chars);
    let words = text.split_whitespace().filter(|_| options.links);
    let links: Vec<&str> =
        words.filter(|word| word.starts_with("https://") || word.starts_with("http://")).collect();
    let html = html.filter(|_| options.html);
    let cleaning = html.map(
        |_| json!({ "status": "complete", "signature_stripped": false, "quotes_stripped": false }),
    );
    let full: Vec<Value> = message
        .headers()
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    json!({
        "id": message.id(), "thread_id": message.thread_id(), "subject": message.get("subject"),
        "dates": {
            "received_at": message.get("received_at"), "sent_at": message.get("sent_at"),
        },
        "participants": {
            "from": message.get("from"), "to": message.get("to"), "cc": message.get("cc"),
            "bcc": message.get("bcc"), "reply_to": message.get("reply_to"),
        },
        "headers": {
            "mode": options.headers,
            "selected": (options.headers != "none").then(|| json!({
                "message_id": message.get("message_id"),
                "in_reply_to": message.get("in_reply_to")[0],
                "references": message.get("references"), "reply_to": message.get("reply_to"),
            })),
            "full": (options.headers == "full").then_some(full),
        },
        "body": {
            "format": if is_html { "html" } else { "text" }, "text": text, "html": html,
            "cleaned_html": html, "html_cleaning": cleaning, "extracted_links": links,
            "is_truncated": truncated, "truncated_at_chars": truncated.then_some(options.max_chars),
            "signature_stripped": signature_stripped, "quotes_stripped": quotes_stripped,
        },
        "attachments": if options.attachments { message.attachments() } else { json!([]) },
        "states": { "email_state": state, "option_hash": options.hash },
    })
}

/// Returns the bodies of a message as they are.
pub(super) fn raw_body(message: &Message, options: &Options, state: &str) -> Value {
    let (text, html) = (message.get("text_body").as_str(), message.get("html_body").as_str());
    let part = match options.part {
        "auto" if text.is_some() => "text",
        "auto" => "html",
        part => part,
    };
    let text = text.filter(|_| part != "html").map(|text| cut(text, options.max_chars));
    let html = html.filter(|_| part != "text").map(|html| cut(html, options.max_chars));
    let truncated = [&text, &html].iter().any(|part| part.as_ref().is_some_and(|part| part.1));
    json!({
        "id": message.id(), "thread_id": message.thread_id(), "part": part,
        "body": {
            "text": text.map(|text| text.0), "html": html.map(|html| html.0),
            "is_truncated": truncated, "truncated_at_chars": truncated.then_some(options.max_chars),
        },
        "states": { "email_state": state },
    })
}

pub(super) fn message_content(store: &Store, id: &str, query: &Query) -> HandlerResult {
    let options = Options::from_query(query, MESSAGE_BODY)?;
    let message = store.message(id)?;
    Ok(Content::Resource(content(message, &options, &store.state(Kind::Messages))))
}

pub(super) fn message_body(store: &Store, id: &str, query: &Query) -> HandlerResult {
    let options = Options::from_query(query, MESSAGE_BODY)?;
    let message = store.message(id)?;
    Ok(Content::Resource(raw_body(message, &options, &store.state(Kind::Messages))))
}

pub(super) fn threads(store: &Store, query: &Query) -> HandlerResult {
    let flags = (query.flag("has_attachment")?, query.flag("is_unread")?);
    let date = |name: &'static str| match query.get(name).map(time::parse) {
        Some(None) => Err(ApiError::InvalidParameter(name)),
        span => Ok(span.flatten().map(|span| span.start)),
    };
    let (after, before) = (date("after")?, date("before")?);
    let ascending = query.one_of("sort_direction", &["asc", "desc"])? == Some("asc");
    let mut ids: Vec<&str> = Vec::new();
    for message in store.messages.iter().rev() {
        if !ids.contains(&message.thread_id()) {
            ids.push(message.thread_id());
        }
    }
    let mut found: Vec<Value> = ids.iter().map(|id| thread(store, id)).collect();
    found.retain(|thread| {
        let contains = |name: &str, text: String| {
            let given = query.get(name);
            given.is_none_or(|given| text.to_lowercase().contains(&given.to_lowercase()))
        };
        let folders = thread["folder_ids"].as_array().into_iter().flatten();
        let at = thread["last_message"]["received_at"].as_str().and_then(time::parse);
        let at = at.map(|span| span.start);
        query.get("folder_id").is_none_or(|id| folders.into_iter().any(|folder| folder == id))
            && contains("participant", thread["participants"].to_string())
            && contains("q", thread.to_string())
            && after.is_none_or(|after| at >= Some(after))
            && before.is_none_or(|before| at < Some(before))
            && flags.0.is_none_or(|has| thread["has_attachments"] == has)
            && flags.1.is_none_or(|unread| (thread["unread_count"] != 0) == unread)
    });
    if ascending {
        found.reverse();
    }
    let page = paginate(query, 50, &found, |thread| {
        let mut summary = thread.clone();
        summary.as_object_mut().map(|members| members.remove("message_ids"));
        summary
    })?;
    Ok(page.with_meta(json!({ "query_state": store.state(Kind::Threads) })))
}

pub(super) fn get_thread(store: &Store, id: &str) -> HandlerResult {
    store.thread(id).next().ok_or(ApiError::NotFound)?;
    Ok(Content::Resource(thread(store, id)))
}

pub(super) fn thread_messages(store: &Store, id: &str, query: &Query) -> HandlerResult {
    let page = paginate(query, 50, sorted(store, id, query)?, Message::summary)?;
    let state = store.state(Kind::Messages);
    Ok(page.with_meta(json!({ "thread_id": id, "sync_state": state })))
}

pub(super) fn thread_content(store: &Store, id: &str, query: &Query) -> HandlerResult {
    let options = Options::from_query(query, THREAD_BODY)?;
    let state = store.state(Kind::Messages);
    let messages = sorted(store, id, query)?;
    let page = paginate(query, 25, messages, |message| content(message, &options, &state))?;
    Ok(page.with_meta(json!({
        "thread_id": id, "participants": thread(store, id)["participants"],
        "states": {
            "email_state": state, "thread_state": store.state(Kind::Threads),
            "option_hash": options.hash,
        },
    })))
}

fn sorted<'a>(store: &'a Store, id: &'a str, query: &Query) -> Result<Vec<&'a Message>, ApiError> {
    let mut messages: Vec<&Message> = store.thread(id).collect();
    if messages.is_empty() {
        return Err(ApiError::NotFound);
    }
    if query.one_of("sort", &["asc", "desc"])? == Some("desc") {
        messages.reverse();
    }
    Ok(messages)
}

fn thread(store: &Store, id: &str) -> Value {
    let messages: Vec<&Message> = store.thread(id).collect();
    let mut folders: Vec<&str> = Vec::new();
    let mut participants: Vec<Value> = Vec::new();
    for message in &messages {
        if !folders.contains(&message.folder()) {
            folders.push(message.folder());
        }
        for address in message.addresses(&["from", "to", "cc"]) {
            if !participants.iter().any(|other| other["email"] == address["email"]) {
                participants.push(address);
            }
        }
    }
    let ids: Vec<&str> = messages.iter().map(|message| message.id()).collect();
    json!({
        "id": id, "folder_ids": folders, "participants": participants, "message_ids": ids,
        "message_count": messages.len(), "subject": messages.first().map(|first| first.get("subject")),
        "unread_count": messages.iter().filter(|message| !message.flag("seen")).count(),
        "has_attachments": messages.iter().any(|message| !message.files.is_empty()),
        "last_message": messages.last().map(|last| last.summary()),
        "states": {
            "email_state": store.state(Kind::Messages), "thread_state": store.state(Kind::Threads),
        },
    })
}

fn cut(text: &str, max_chars: usize) -> (String, bool) {
    let truncated = text.chars().nth(max_chars).is_some();
    (text.chars().take(max_chars).collect(), truncated)
}

fn strip_tags(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    pieces
        .map(|(index, piece)| match (index, piece.split_once('>')) {
            (0, _) | (_, None) => piece,
            (_, Some((_, text))) => text,
        })
        .collect()
}
