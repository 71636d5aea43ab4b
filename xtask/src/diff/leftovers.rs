//! Compares components that no operation led to, and the words of those that were only seen
//! through.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::finding::Direction;
use super::matching;
use super::place::Place;
use super::rules::document as rules;
use super::walk::{Entangled, Walk};
use super::words;

pub(crate) fn compare<'a>(
    walk: &mut Walk<'a>,
    nobody: usize,
    (old, new): (&'a Document, &'a Document),
) -> Result<(), Entangled> {
    let (used_before, used_after) = (references(old.value()), references(new.value()));
    let matching = matching::by_key(old.schemas(), new.schemas());
    for (old, new) in &matching.pairs {
        said(walk, nobody, old, new);
        if !walk.has_visited(old) && !walk.has_visited(new) {
            walk.schema(nobody, old.clone(), new.clone(), Direction::Response);
            // At once: what this one leads to is no leftover any more.
            walk.run()?;
        }
    }
    for (name, place) in matching.added {
        if !used_after.contains(name) {
            let draft = Draft::added(&rules::COMPONENT_ADDED, place.at, "is new; nothing uses it");
            walk.note(nobody, [draft.values(Value::Null, name)]);
        }
    }
    for (name, place) in matching.removed {
        if !used_before.contains(name) {
            let draft =
                Draft::removed(&rules::COMPONENT_REMOVED, place.at, "is gone; nothing used it");
            walk.note(nobody, [draft.values(name, Value::Null)]);
        }
    }
    Ok(())
}

/// Compares the words of two components at every place that both have: where schemas are put
/// together from several, an operation only sees the words of one.
fn said<'a>(walk: &mut Walk<'a>, nobody: usize, old: &Place<'a>, new: &Place<'a>) {
    let mut open = vec![(old.clone(), new.clone())];
    while let Some((old, new)) = open.pop() {
        if old.value.get("$ref") != new.value.get("$ref") {
            continue;
        }
        walk.note_at(nobody, &new, words::of_objects(&old, &new));
        for key in ["items", "additionalProperties"] {
            open.extend(old.get(key).zip(new.get(key)));
        }
        let (before, after) = (old.get("properties"), new.get("properties"));
        for (name, place) in before.iter().flat_map(Place::entries) {
            open.extend(after.as_ref().and_then(|after| after.get(name)).map(|new| (place, new)));
        }
        if let (Some(before), Some(after)) = (old.get("allOf"), new.get("allOf")) {
            let members = before.elements().zip(after.elements());
            open.extend(members.filter(|(old, new)| is_same_member(old.value, new.value)));
        }
    }
}

/// Members have no names; one that has the same keys is taken for the same.
fn is_same_member(old: &Value, new: &Value) -> bool {
    let fields = |member: &Value| -> BTreeSet<String> {
        let fields = member.get("properties").and_then(Value::as_object);
        fields.into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    };
    old.get("$ref") == new.get("$ref") && fields(old) == fields(new)
}

/// Names of the component schemas that anything refers to.
fn references(root: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(keys) => {
                let reference = keys.get("$ref").and_then(Value::as_str);
                names.extend(reference.and_then(|text| text.strip_prefix("#/components/schemas/")));
                open.extend(keys.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    names
}
