//! Compares operations, with their callbacks.

use serde_json::Value;

use super::change::{Change, Matching, excerpt};
use super::operation::{self, Operation, OperationPair, Section};
use super::pointer::Place;
use super::walk::Walk;
use super::{annotations, document_info, request, response, rules, security};

/// Compares an operation with its successor.
pub(crate) fn compare<'a>(pair: &OperationPair<'a>, walk: &mut Walk<'a>) {
    let OperationPair { old, new, .. } = pair;
    let mut changes = annotations::compare(&old.place, &new.place);
    changes.extend(annotations::compare(&old.item, &new.item));
    changes.extend(ids(old, new));
    changes.extend(tags(old, new));
    changes.extend(security::of_operation(pair));
    changes.extend(servers(pair));
    walk.record(pair.index, changes);
    request::compare(pair, walk);
    response::compare(pair, walk);
    callbacks(pair, walk);
}

/// Reports a new operation.
pub(crate) fn added<'a>(operation: &Operation<'a>) -> Change<'a> {
    let rule = match operation.section {
        Section::Paths => &rules::OPERATION_ADDED,
        Section::Webhooks => &rules::WEBHOOK_ADDED,
    };
    Change::added(rule, operation.place.at.clone(), "was added")
        .values(Value::Null, operation.label())
}

/// Reports an operation that was removed.
pub(crate) fn removed<'a>(operation: &Operation<'a>) -> Change<'a> {
    let rule = match operation.section {
        Section::Paths => &rules::OPERATION_REMOVED,
        Section::Webhooks => &rules::WEBHOOK_REMOVED,
    };
    Change::removed(rule, operation.place.at.clone(), "was removed")
        .values(operation.label(), Value::Null)
}

/// Compares the servers of an operation: its own, or those of its path, or the document's. A change
/// of the document's is a finding about the document.
fn servers<'a>(pair: &OperationPair<'a>) -> Vec<Change<'a>> {
    let own = |operation: &Operation<'a>| {
        [&operation.place, &operation.item]
            .into_iter()
            .find(|place| place.elements_of("servers").next().is_some())
            .cloned()
    };
    let (before, after) = (own(&pair.old), own(&pair.new));
    if before.is_none() && after.is_none() {
        return Vec::new();
    }
    let (own_before, own_after) = (before.is_some(), after.is_some());
    let before = before.unwrap_or_else(|| pair.old_document.root());
    let after = after.unwrap_or_else(|| pair.new_document.root());
    let mut changes = document_info::servers(&before, &after);
    // The servers of the document stay where they are; the operation uses them or does not.
    for change in &mut changes {
        if !own_before && change.old_at.is_some() {
            change.old_at = Some(pair.old.place.at.clone());
        }
        if !own_after && change.new_at.is_some() {
            change.new_at = Some(pair.new.place.at.clone());
        }
    }
    changes
}

fn ids<'a>(old: &Operation<'a>, new: &Operation<'a>) -> Option<Change<'a>> {
    let rule = match (old.id(), new.id()) {
        (Some(old), Some(new)) if old != new => &rules::ID_CHANGED,
        (None, Some(_)) => &rules::ID_ADDED,
        (Some(_), None) => &rules::ID_REMOVED,
        _ => return None,
    };
    let place = |operation: &Operation<'a>| {
        operation.place.get("operationId").filter(|place| place.value.is_string())
    };
    Some(Change::replaced(rule, "operation id", place(old), place(new)))
}

fn tags<'a>(old: &Operation<'a>, new: &Operation<'a>) -> Option<Change<'a>> {
    let sorted = |operation: &Operation<'a>| -> Value {
        let mut tags: Vec<&Value> =
            operation.place.elements_of("tags").map(|place| place.value).collect();
        tags.sort_by_key(|tag| tag.to_string());
        tags.into_iter().cloned().collect()
    };
    let (before, after) = (sorted(old), sorted(new));
    if before == after {
        return None;
    }
    let pointer = |operation: &Operation<'a>| operation.place.get("tags").map(|place| place.at);
    Some(Change {
        rule: &rules::TAGS_CHANGED,
        old_at: pointer(old),
        new_at: pointer(new),
        what: format!("has other tags: {} → {}", excerpt(&before), excerpt(&after)),
        old: before,
        new: after,
    })
}

/// Compares the requests that the server sends back, which a program receives.
fn callbacks<'a>(pair: &OperationPair<'a>, walk: &mut Walk<'a>) {
    // Callbacks of callbacks would turn the direction again; nobody writes them.
    if pair.old.section == Section::Webhooks {
        return;
    }
    let list = |operation: &Operation<'a>| -> Vec<((&'a str, &'a str), Place<'a>)> {
        let callbacks = operation.place.entries_of("callbacks");
        let expressions = callbacks.flat_map(|(name, callback)| {
            callback.entries().map(move |(expression, item)| ((name, expression), item))
        });
        expressions.filter(|(_, item)| item.value.is_object()).collect()
    };
    let matching = Matching::by_key(list(&pair.old), list(&pair.new));
    for ((name, _), place) in matching.removed {
        let change = Change::removed(&rules::CALLBACK_REMOVED, place.at, "was removed");
        walk.record(pair.index, [change.values(name, Value::Null)]);
    }
    for ((name, _), place) in matching.added {
        let change = Change::added(&rules::CALLBACK_ADDED, place.at, "was added");
        walk.record(pair.index, [change.values(Value::Null, name)]);
    }
    for (old, new) in matching.pairs {
        let before = operation::of_item(pair.old_document, Section::Webhooks, "", old);
        let after = operation::of_item(pair.new_document, Section::Webhooks, "", new);
        let matched = operation::matched(before, after);
        let removed = matched.removed.into_iter().map(|operation| {
            Change::removed(&rules::CALLBACK_REMOVED, operation.place.at, "was removed")
        });
        walk.record(pair.index, removed);
        let added = matched.added.into_iter().map(|operation| {
            Change::added(&rules::CALLBACK_ADDED, operation.place.at, "was added")
        });
        walk.record(pair.index, added);
        for (old, new) in matched.pairs {
            let callback = OperationPair {
                old,
                new,
                request: pair.response,
                response: pair.request,
                ..pair.clone()
            };
            compare(&callback, walk);
        }
    }
}
