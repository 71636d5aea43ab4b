//! Changes to messages, and several messages at once.

use serde_json::{Map, Value, json};

use super::content::{Options, content, raw_body};
use super::journal::Kind;
use super::message::Message;
use super::store::Store;
use crate::error::ApiError;
use crate::request::Request;
use crate::response::{Content, HandlerResult};

const MAX_IDS: usize = 100;
const MAX_KEYWORDS: usize = 50;

/// What a request changes about messages.
struct Patch {
    seen: Option<bool>,
    flagged: Option<bool>,
    keywords: Vec<(String, bool)>,
}

impl Patch {
    fn parse(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let flag = |name: &'static str| match body.get(name) {
            None => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or(ApiError::InvalidParameter(name)),
        };
        let invalid = ApiError::InvalidParameter("keywords");
        let keywords = body.get("keywords").map(|value| value.as_object().ok_or(invalid));
        let keywords = keywords.transpose()?.into_iter().flatten();
        let keywords = keywords.map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            value.as_bool().filter(|_| !name.starts_with('$')).map(|on| (name, on)).ok_or(invalid)
        });
        let keywords = keywords.collect::<Result<Vec<_>, _>>()?;
        if keywords.len() > MAX_KEYWORDS {
            return Err(invalid);
        }
        Ok(Self { seen: flag("seen")?, flagged: flag("flagged")?, keywords })
    }

    fn apply(&self, message: &mut Message) {
        for (name, value) in [("seen", self.seen), ("flagged", self.flagged)] {
            if let Some(value) = value {
                message.set_flag(name, value);
            }
        }
        let known = message.get("keywords").as_array().into_iter().flatten();
        let mut keywords: Vec<String> =
            known.filter_map(Value::as_str).map(str::to_owned).collect();
        for (name, on) in &self.keywords {
            keywords.retain(|keyword| keyword != name);
            if *on {
                keywords.push(name.clone());
            }
        }
        message.set("keywords", json!(keywords));
    }
}

pub(super) fn update(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    request.check_if_match(&store.message(id)?.detail())?;
    let patch = Patch::parse(&request.json()?)?;
    store.change(id, |message| patch.apply(message));
    Ok(Content::Data(store.message(id)?.detail()))
}

pub(super) fn delete(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let permanent = request.query().flag("permanent")? == Some(true);
    request.check_if_match(&store.message(id)?.detail())?;
    discard(store, id, permanent);
    Ok(Content::Data(json!({ "deleted": true, "id": id })))
}

/// Moves a message to the trash, or removes it if it is there.
fn discard(store: &mut Store, id: &str, permanent: bool) {
    let trashed = store.message(id).is_ok_and(|message| message.folder() == "trash");
    if permanent || trashed {
        store.remove(id);
    } else {
        store.change(id, |message| message.move_to("trash"));
    }
}

pub(super) fn batch_update(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let body = request.json()?;
    let patch = Patch::parse(&body)?;
    batch(store, &body, "updated", |store, id| store.change(id, |message| patch.apply(message)))
}

pub(super) fn batch_delete(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let body = request.json()?;
    let permanent = body.get("permanent").is_some_and(|value| value == true);
    batch(store, &body, "deleted", |store, id| discard(store, id, permanent))
}

fn batch(
    store: &mut Store,
    body: &Map<String, Value>,
    done: &str,
    change: impl Fn(&mut Store, &str),
) -> HandlerResult {
    let ids = ids(body)?;
    let old_state = store.state(Kind::Messages);
    if body.get("if_in_state").is_some_and(|state| *state != *old_state) {
        return Err(ApiError::Conflict("The mailbox has another state"));
    }
    let (found, not_found): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| store.message(id).is_ok());
    for id in &found {
        change(store, id);
    }
    let new_state = store.state(Kind::Messages);
    Ok(Content::Data(json!({
        done: found, "not_found": not_found, "failed": [],
        "states": { "old_state": old_state, "new_state": new_state },
    })))
}

pub(super) fn batch_get(store: &Store, request: &Request<'_>) -> HandlerResult {
    let body = request.json()?;
    let options = Options::from_body(&body);
    let mode = body.get("body_mode").and_then(Value::as_str).unwrap_or("none");
    let (found, not_found): (Vec<String>, Vec<String>) =
        ids(&body)?.into_iter().partition(|id| store.message(id).is_ok());
    let state = store.state(Kind::Messages);
    let messages = found.iter().filter_map(|id| store.message(id).ok()).map(|message| {
        json!({
            "message": message.summary(),
            "content": (mode == "clean_json").then(|| content(message, &options, &state)),
            "raw_body": (mode == "raw").then(|| raw_body(message, &options, &state)),
        })
    });
    let messages: Vec<Value> = messages.collect();
    Ok(Content::Data(json!({
        "messages": messages, "not_found": not_found, "states": { "email_state": state },
    })))
}

fn ids(body: &Map<String, Value>) -> Result<Vec<String>, ApiError> {
    let list = body.get("ids").and_then(Value::as_array);
    let list = list.filter(|list| (1..=MAX_IDS).contains(&list.len()));
    let list = list.ok_or(ApiError::InvalidParameter("ids"))?;
    let ids = list.iter().map(|id| id.as_str().map(str::to_owned));
    ids.collect::<Option<_>>().ok_or(ApiError::InvalidParameter("ids"))
}
