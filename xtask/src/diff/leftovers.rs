//! Compares components that no operation led to, and the words of those that were only seen
//! through.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::finding::Direction;
use super::matching;
use super::rules::document as rules;
use super::walk::Walk;
use super::words;

pub(crate) fn compare<'a>(
    walk: &mut Walk<'a>,
    nobody: usize,
    (old, new): (&'a Document, &'a Document),
) {
    let (used_before, used_after) = (references(old.value()), references(new.value()));
    let matching = matching::by_key(old.schemas(), new.schemas());
    for (old, new) in &matching.pairs {
        walk.note(nobody, words::of_objects(old, new));
        if !walk.has_visited(new) {
            walk.schema(nobody, old.clone(), new.clone(), Direction::Response);
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
