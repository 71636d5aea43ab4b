//! Live events and change feeds.

use serde_json::{Map, Value, json};

use super::journal::{Changes, Kind};
use super::message::Message;
use super::store::Store;
use super::{MAILBOX, search};
use crate::error::ApiError;
use crate::request::Query;
use crate::response::{Content, HandlerResult};

const MESSAGES_PER_STREAM: usize = 2;
/// Events that can be replayed.
const RETAINED_EVENTS: usize = 3;
const DEFAULT_CHANGES: usize = 50;
const MAX_CHANGES: usize = 500;

/// Lets messages arrive, and returns their events after those missed since the last one.
pub(super) fn events(store: &mut Store, last_event_id: Option<&str>) -> Content {
    let before = store.events.len();
    for _ in 0..MESSAGES_PER_STREAM {
        store.arrive();
    }
    let oldest = before.saturating_sub(RETAINED_EVENTS);
    let last: Option<Option<usize>> =
        last_event_id.map(|id| id.strip_prefix("evt_").and_then(|id| id.parse().ok()));
    let (mut text, start) = match last {
        None => (String::new(), before),
        Some(Some(last)) if last >= oldest => (String::new(), last.min(before)),
        Some(_) => (sync_required(before), before),
    };
    for (index, data) in store.events.iter().enumerate().skip(start) {
        let number = index + 1;
        text += &format!("id: evt_{number}\nevent: message.received\ndata: {data}\n\n");
    }
    Content::Events(text + ": end of demo events\n\n")
}

fn sync_required(number: usize) -> String {
    let data = json!({ "event_type": "sync_required", "mailbox_id": MAILBOX });
    format!("id: evt_{number}\nevent: sync_required\ndata: {data}\n\n")
}

/// Returns the changes to messages or, with `types`, those of each kind.
pub(super) fn changes(store: &Store, query: &Query) -> HandlerResult {
    let Some(types) = query.get("types") else { return feed(store, Kind::Messages, query) };
    let mut found = Map::new();
    for name in types.split(',').map(str::trim) {
        let kind = Kind::ALL.into_iter().find(|kind| kind.names().0 == name);
        let kind = kind.ok_or(ApiError::InvalidParameter("types"))?;
        let changes = read(store, kind, query, kind.names().1)?;
        found.insert(name.to_owned(), changes.to_json());
    }
    Ok(Content::Data(json!({ "types": found })))
}

/// Returns the changes of one kind.
pub(super) fn feed(store: &Store, kind: Kind, query: &Query) -> HandlerResult {
    read(store, kind, query, "since_state").map(|changes| Content::Data(changes.to_json()))
}

fn read(
    store: &Store,
    kind: Kind,
    query: &Query,
    parameter: &'static str,
) -> Result<Changes, ApiError> {
    let limit = query.limit(DEFAULT_CHANGES, MAX_CHANGES)?;
    store.journal.since(kind, query.get(parameter), limit, parameter)
}

/// Returns the changes to a list of messages.
pub(super) fn message_query(store: &Store, query: &Query) -> HandlerResult {
    let found = search::find(store, query)?;
    let ids: Vec<&str> = found.into_iter().map(Message::id).collect();
    query_changes(store, Kind::Messages, query, &ids)
}

/// Returns the changes to the list of folders.
pub(super) fn folder_query(store: &Store, query: &Query) -> HandlerResult {
    let ids: Vec<&str> = store.folders.iter().map(|folder| folder.id.as_str()).collect();
    query_changes(store, Kind::Folders, query, &ids)
}

fn query_changes(store: &Store, kind: Kind, query: &Query, ids: &[&str]) -> HandlerResult {
    let changes = read(store, kind, query, "since_query_state")?;
    let total = (query.flag("calculate_total")? == Some(true)).then_some(ids.len());
    let removed: Vec<&String> = changes.updated.iter().chain(&changes.destroyed).collect();
    let changed: Vec<&String> = changes.created.iter().chain(&changes.updated).collect();
    let added = ids.iter().enumerate().filter(|(_, id)| changed.iter().any(|other| other == *id));
    let added: Vec<Value> = added.map(|(index, id)| json!({ "id": id, "index": index })).collect();
    let feed = changes.to_json();
    Ok(Content::Data(json!({
        "old_query_state": feed["old_state"], "new_query_state": feed["new_state"],
        "has_more": feed["has_more"], "added": added, "removed": removed, "total": total,
    })))
}
