//! Finding messages: filters, order, snippets.

use serde_json::{Value, json};

use super::journal::Kind;
use super::message::Message;
use super::store::Store;
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time;

const SORT_KEYS: [&str; 6] = ["received_at", "sent_at", "subject", "from", "to", "size_bytes"];
const MAX_IDS: usize = 100;

/// The filters of a request, checked.
struct Filter<'a> {
    query: &'a Query,
    /// Seconds.
    after: Option<i64>,
    before: Option<i64>,
    min_size: Option<usize>,
    max_size: Option<usize>,
    has_attachment: Option<bool>,
    is_unread: Option<bool>,
}

impl<'a> Filter<'a> {
    fn new(query: &'a Query) -> Result<Self, ApiError> {
        let moment = |name: &'static str| match query.get(name) {
            None => Ok(None),
            Some(text) => {
                let span = time::parse(text).ok_or(ApiError::InvalidParameter(name))?;
                Ok(Some(span.start))
            }
        };
        Ok(Self {
            after: moment("after")?,
            before: moment("before")?,
            min_size: query.number("min_size_bytes", 0..=usize::MAX)?,
            max_size: query.number("max_size_bytes", 0..=usize::MAX)?,
            has_attachment: query.flag("has_attachment")?,
            is_unread: query.flag("is_unread")?,
            query,
        })
    }

    fn matches(&self, message: &Message) -> bool {
        let is = |name: &str, value: &str| self.query.get(name).is_none_or(|given| given == value);
        let has = |name: &str, text: &str| {
            let given = self.query.get(name);
            given.is_none_or(|given| text.to_lowercase().contains(&given.to_lowercase()))
        };
        let list = |member: &str| Value::from(message.addresses(&[member])).to_string();
        let keyword = |name: &str| {
            let given = self.query.get(name)?;
            let keywords = message.get("keywords").as_array()?;
            Some(keywords.iter().any(|keyword| keyword == given))
        };
        let body = message.text("text_body").to_owned() + message.text("html_body");
        let all = format!("{} {body} {}", message.text("subject"), list("from"));
        let at = time::parse(message.text("received_at")).map_or(0, |span| span.start);
        let size = message.get("size_bytes").as_u64().and_then(|size| usize::try_from(size).ok());
        let header = self.query.get("header_name").is_none_or(|name| {
            let found = |(key, value): &(String, String)| {
                key.eq_ignore_ascii_case(name) && has("header_value", value)
            };
            message.headers().iter().any(found)
        });
        is("folder_id", message.folder())
            && is("thread_id", message.thread_id())
            && has("q", &all)
            && has("subject", message.text("subject"))
            && has("body", &body)
            && ["from", "to", "cc", "bcc"].iter().all(|name| has(name, &list(name)))
            && keyword("keyword").unwrap_or(true)
            && !keyword("not_keyword").unwrap_or(false)
            && self.after.is_none_or(|after| at >= after)
            && self.before.is_none_or(|before| at < before)
            && self.min_size.is_none_or(|min| size >= Some(min))
            && self.max_size.is_none_or(|max| size <= Some(max))
            && self.has_attachment.is_none_or(|has| has != message.files.is_empty())
            && self.is_unread.is_none_or(|unread| unread != message.flag("seen"))
            && header
    }
}

/// Returns the messages that a request asks for, in its order.
pub(super) fn find<'a>(store: &'a Store, query: &Query) -> Result<Vec<&'a Message>, ApiError> {
    let filter = Filter::new(query)?;
    let key = query.one_of("sort_by", &SORT_KEYS)?;
    let ascending = query.one_of("sort_direction", &["asc", "desc"])? == Some("asc");
    let mut found: Vec<&Message> =
        store.messages.iter().filter(|message| filter.matches(message)).collect();
    match key {
        Some("size_bytes") => found.sort_by_key(|message| message.get("size_bytes").as_u64()),
        Some(key) => found.sort_by_key(|message| message.get(key).to_string()),
        None => {}
    }
    if !ascending {
        found.reverse();
    }
    Ok(found)
}

pub(super) fn list(store: &Store, query: &Query) -> HandlerResult {
    let page = paginate(query, 50, find(store, query)?, Message::summary)?;
    Ok(page.with_meta(json!({ "sync_state": store.state(Kind::Messages) })))
}

pub(super) fn count(store: &Store, query: &Query) -> HandlerResult {
    let total = find(store, query)?.len();
    Ok(Content::Data(json!({ "total": total, "sync_state": store.state(Kind::Messages) })))
}

pub(super) fn snippets(store: &Store, query: &Query) -> HandlerResult {
    let limit = query.limit(50, MAX_IDS)?;
    let ids = query.get("message_ids").map(|ids| ids.split(',').map(str::trim).collect());
    let ids: Option<Vec<&str>> = ids;
    if ids.as_ref().is_some_and(|ids| ids.len() > MAX_IDS) {
        return Err(ApiError::InvalidParameter("message_ids"));
    }
    let found = find(store, query)?;
    let wanted = |message: &&&Message| ids.as_ref().is_none_or(|ids| ids.contains(&message.id()));
    let snippets: Vec<Value> = found
        .iter()
        .filter(wanted)
        .take(limit)
        .map(|message| {
            json!({
                "message_id": message.id(), "subject": message.get("subject"),
                "preview": message.get("preview"),
            })
        })
        .collect();
    let not_found: Vec<&str> =
        ids.into_iter().flatten().filter(|id| store.message(id).is_err()).collect();
    Ok(Content::Data(json!({
        "snippets": snippets, "not_found": not_found, "sync_state": store.state(Kind::Messages),
    })))
}
