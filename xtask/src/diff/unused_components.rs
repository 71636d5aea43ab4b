//! Compares component schemas that no operation uses, and the annotations of those whose
//! annotations no operation shows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Change, Matching};
use super::document::Document;
use super::finding::Direction;
use super::pointer::Place;
use super::walk::{TooComplex, Walk};
use super::{annotations, rules};

/// Compares what no operation uses. `nobody` is an index that no operation has.
pub(crate) fn compare<'a>(
    walk: &mut Walk<'a>,
    nobody: usize,
    (old, new): (&'a Document, &'a Document),
) -> Result<(), TooComplex> {
    let (used_before, used_after) = (referenced(old.value()), referenced(new.value()));
    let matching = Matching::by_key(old.schemas(), new.schemas());
    for (old, new) in &matching.pairs {
        compare_annotations(walk, nobody, old, new);
        if !walk.has_visited(old) && !walk.has_visited(new) {
            walk.compare_schemas(nobody, old.clone(), new.clone(), Direction::Response);
            // At once, so that the components this one refers to count as visited.
            walk.run()?;
        }
    }
    for (name, place) in matching.added {
        if !used_after.contains(name) {
            let what = "was added; nothing uses it";
            let change = Change::added(&rules::COMPONENT_ADDED, place.at, what);
            walk.record(nobody, [change.values(Value::Null, name)]);
        }
    }
    for (name, place) in matching.removed {
        if !used_before.contains(name) {
            let what = "was removed; nothing used it";
            let change = Change::removed(&rules::COMPONENT_REMOVED, place.at, what);
            walk.record(nobody, [change.values(name, Value::Null)]);
        }
    }
    Ok(())
}

/// Compares the annotations of two components at every place that both have. Where `allOf` combines
/// several schemas, an operation only shows the annotations of one.
fn compare_annotations<'a>(walk: &mut Walk<'a>, nobody: usize, old: &Place<'a>, new: &Place<'a>) {
    let mut open = vec![(old.clone(), new.clone())];
    while let Some((old, new)) = open.pop() {
        if old.value.get("$ref") != new.value.get("$ref") {
            continue;
        }
        walk.record_at(nobody, &new, annotations::compare(&old, &new));
        for key in ["items", "additionalProperties"] {
            open.extend(old.get(key).zip(new.get(key)));
        }
        let after = new.get("properties");
        for (name, place) in old.entries_of("properties") {
            open.extend(after.as_ref().and_then(|after| after.get(name)).map(|new| (place, new)));
        }
        let members = old.elements_of("allOf").zip(new.elements_of("allOf"));
        open.extend(members.filter(|(old, new)| is_same_member(old.value, new.value)));
    }
}

/// Whether two members of `allOf` correspond: they have no names, so their keys decide.
fn is_same_member(old: &Value, new: &Value) -> bool {
    let fields = |member: &Value| -> BTreeSet<String> {
        let fields = member.get("properties").and_then(Value::as_object);
        fields.into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    };
    old.get("$ref") == new.get("$ref") && fields(old) == fields(new)
}

/// Returns the names of the component schemas that anything refers to.
fn referenced(root: &Value) -> BTreeSet<&str> {
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
