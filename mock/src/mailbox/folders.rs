//! Folders.

use serde_json::{Map, Value, json};

use super::journal::{Action, Kind};
use super::store::{Folder, Store};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Request;
use crate::response::{Content, HandlerResult};

pub(super) fn list(store: &Store, request: &Request<'_>) -> HandlerResult {
    paginate(&request.query(), 50, &store.folders, |folder| item(store, folder))
}

pub(super) fn get(store: &Store, id: &str) -> HandlerResult {
    Ok(Content::Resource(item(store, &store.folders[find(store, id)?])))
}

pub(super) fn create(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let body = request.json()?;
    let name = name(&body)?.ok_or(ApiError::InvalidParameter("name"))?;
    let parent_id = parent(store, &body)?.unwrap_or_default();
    let sort_order = sort_order(&body)?.unwrap_or_default();
    let folder = Folder { id: store.new_id("fld"), name, role: None, parent_id, sort_order };
    store.journal.record(Kind::Folders, Action::Created, &folder.id);
    let data = item(store, &folder);
    store.folders.push(folder);
    Ok(Content::Created { data, location: None })
}

pub(super) fn update(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let index = find(store, id)?;
    request.check_if_match(&item(store, &store.folders[index]))?;
    let body = request.json()?;
    let (name, parent_id) = (name(&body)?, parent(store, &body)?);
    let sort_order = sort_order(&body)?;
    let folder = &mut store.folders[index];
    if folder.role.is_some() && (name.is_some() || parent_id.is_some()) {
        return Err(ApiError::Conflict("The folder has a role"));
    }
    if parent_id.as_ref().is_some_and(|parent| parent == id) {
        return Err(ApiError::InvalidParameter("parent_id"));
    }
    if let Some(name) = name {
        folder.name = name;
    }
    if let Some(parent_id) = parent_id {
        folder.parent_id = parent_id;
    }
    if let Some(sort_order) = sort_order {
        folder.sort_order = sort_order;
    }
    store.journal.record(Kind::Folders, Action::Updated, id);
    Ok(Content::Data(item(store, &store.folders[index])))
}

pub(super) fn delete(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let index = find(store, id)?;
    let folder = &store.folders[index];
    request.check_if_match(&item(store, folder))?;
    if folder.role.is_some() {
        return Err(ApiError::Conflict("The folder has a role"));
    }
    store.folders.remove(index);
    store.journal.record(Kind::Folders, Action::Destroyed, id);
    Ok(Content::Data(json!({ "deleted": true, "id": id })))
}

fn find(store: &Store, id: &str) -> Result<usize, ApiError> {
    store.folders.iter().position(|folder| folder.id == id).ok_or(ApiError::NotFound)
}

fn name(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let Some(name) = body.get("name") else { return Ok(None) };
    let name = name.as_str().filter(|name| !name.trim().is_empty());
    name.map(|name| Some(name.to_owned())).ok_or(ApiError::InvalidParameter("name"))
}

fn sort_order(body: &Map<String, Value>) -> Result<Option<Value>, ApiError> {
    match body.get("sort_order") {
        Some(order) if !order.is_i64() => Err(ApiError::InvalidParameter("sort_order")),
        order => Ok(order.cloned()),
    }
}

/// Returns the folder that a request puts another one into; null for the top.
fn parent(store: &Store, body: &Map<String, Value>) -> Result<Option<Value>, ApiError> {
    let Some(id) = body.get("parent_id") else { return Ok(None) };
    let known = id.is_null() || id.as_str().is_some_and(|id| find(store, id).is_ok());
    known.then(|| Some(id.clone())).ok_or(ApiError::InvalidParameter("parent_id"))
}

fn item(store: &Store, folder: &Folder) -> Value {
    let messages = store.messages.iter().filter(|message| message.folder() == folder.id);
    let unread = messages.clone().filter(|message| !message.flag("seen")).count();
    json!({
        "id": folder.id, "name": folder.name, "role": folder.role, "parent_id": folder.parent_id,
        "sort_order": folder.sort_order, "total_messages": messages.count(),
        "unread_messages": unread, "can_add_items": true,
    })
}
