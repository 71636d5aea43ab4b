//! Compares operations.

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::finding::Direction;
use super::operation::Operation;
use super::rules::{document as document_rules, operation as rules};
use super::walk::Walk;
use super::{bodies, callbacks, excerpt, parameters, responses, security, servers, words};

/// Both sides of an operation, and where its values travel.
#[derive(Clone)]
pub(crate) struct Exchange<'a> {
    pub(crate) index: usize,
    pub(crate) old_document: &'a Document,
    pub(crate) new_document: &'a Document,
    pub(crate) old: Operation<'a>,
    pub(crate) new: Operation<'a>,
    /// Which way the request goes: what a webhook sends is what a program reads.
    pub(crate) request: Direction,
    pub(crate) response: Direction,
}

/// Compares one operation with its successor.
pub(crate) fn compare<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>) {
    let Exchange { index, old, new, .. } = exchange;
    let mut drafts = words::of_objects(&old.place, &new.place);
    drafts.extend(words::of_objects(&old.item, &new.item));
    drafts.extend(ids(old, new));
    drafts.extend(tags(old, new));
    drafts.extend(security::of_operation(exchange));
    drafts.extend(servers::of_places(&old.place, &new.place));
    drafts.extend(servers::of_places(&old.item, &new.item));
    walk.note(*index, drafts);
    parameters::compare(exchange, walk);
    bodies::compare(exchange, walk);
    responses::compare(exchange, walk);
    callbacks::compare(exchange, walk);
}

/// An operation that is new.
pub(crate) fn added<'a>(operation: &Operation<'a>) -> Draft<'a> {
    let rule = match operation.section {
        super::operation::Section::Paths => &rules::OPERATION_ADDED,
        super::operation::Section::Webhooks => &document_rules::WEBHOOK_ADDED,
    };
    Draft::added(rule, operation.place.at.clone(), "is new").values(Value::Null, operation.label())
}

/// An operation that is gone.
pub(crate) fn removed<'a>(operation: &Operation<'a>) -> Draft<'a> {
    let rule = match operation.section {
        super::operation::Section::Paths => &rules::OPERATION_REMOVED,
        super::operation::Section::Webhooks => &document_rules::WEBHOOK_REMOVED,
    };
    Draft::removed(rule, operation.place.at.clone(), "is gone")
        .values(operation.label(), Value::Null)
}

fn ids<'a>(old: &Operation<'a>, new: &Operation<'a>) -> Option<Draft<'a>> {
    let (before, after) = (old.place.get("operationId"), new.place.get("operationId"));
    let (rule, what) = match (old.id(), new.id()) {
        (Some(old), Some(new)) if old != new => (&rules::ID_CHANGED, "has another id"),
        (None, Some(_)) => (&rules::ID_ADDED, "has an id now"),
        (Some(_), None) => (&rules::ID_REMOVED, "has no id any more"),
        _ => return None,
    };
    let value = |id: Option<&str>| id.map(Value::from);
    let (old, new) = (value(old.id()), value(new.id()));
    let what = format!("{what}: {}", excerpt::change(old.as_ref(), new.as_ref()));
    Some(Draft {
        rule,
        old_at: before.map(|place| place.at),
        new_at: after.map(|place| place.at),
        what,
        old: old.unwrap_or_default(),
        new: new.unwrap_or_default(),
    })
}

fn tags<'a>(old: &Operation<'a>, new: &Operation<'a>) -> Option<Draft<'a>> {
    let list = |operation: &Operation<'a>| -> Vec<&'a Value> {
        let mut tags: Vec<&Value> = operation
            .place
            .value
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .collect();
        tags.sort_by_key(|tag| tag.to_string());
        tags
    };
    let (before, after) = (list(old), list(new));
    if before == after {
        return None;
    }
    let value = |tags: Vec<&Value>| Value::Array(tags.into_iter().cloned().collect());
    let (before, after) = (value(before), value(after));
    let what = format!("has other tags: {}", excerpt::change(Some(&before), Some(&after)));
    let place = |operation: &Operation<'a>| operation.place.get("tags").map(|place| place.at);
    Some(Draft {
        rule: &rules::TAGS_CHANGED,
        old_at: place(old),
        new_at: place(new),
        what,
        old: before,
        new: after,
    })
}
