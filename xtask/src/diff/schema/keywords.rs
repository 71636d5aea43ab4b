//! Compares keywords that only restrict values (`not`, `if`, `propertyNames`, …), without their prose.

use serde_json::{Map, Value};

use crate::diff::annotations::{self, is_annotation};
use crate::diff::change::Change;
use crate::diff::document::Document;
use crate::diff::finding::Direction;
use crate::diff::pointer::Place;
use crate::diff::rules;

/// How many references inside a restricting schema are followed.
const MAX_DEPTH: usize = 8;

/// Compares a keyword that restricts values.
pub(super) fn compare<'a>(
    key: &str,
    direction: Direction,
    (old_document, old): (&'a Document, Option<Place<'a>>),
    (new_document, new): (&'a Document, Option<Place<'a>>),
) -> Vec<Change<'a>> {
    let before = old.as_ref().and_then(|place| restriction(old_document, key, place));
    let after = new.as_ref().and_then(|place| restriction(new_document, key, place));
    let rules = match (&before, &after) {
        (one, other) if one == other => return prose(old, new),
        (None, _) => &rules::CONSTRAINT_ADDED,
        (_, None) => &rules::CONSTRAINT_REMOVED,
        (Some(before), Some(after)) => match order(key, before, after) {
            Some(true) => &rules::CONSTRAINT_ADDED,
            Some(false) => &rules::CONSTRAINT_REMOVED,
            None => &rules::CONSTRAINT_CHANGED,
        },
    };
    let noun = format!("constraint `{key}`");
    vec![Change::replaced(rules.for_direction(direction), &noun, old, new)]
}

/// Returns what a keyword demands, in one spelling and without prose; `None` if it admits all values.
fn restriction(document: &Document, key: &str, place: &Place<'_>) -> Option<Value> {
    let holds_schemas = ["patternProperties", "dependentSchemas"].contains(&key);
    let demand = match place.value {
        Value::Object(schemas) if holds_schemas => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), bare(document, schema, MAX_DEPTH)))
            .filter(|(_, schema)| !is_true(schema))
            .collect(),
        Value::Object(_) if key == "dependentRequired" => sorted_lists(place.value),
        value => bare(document, value, MAX_DEPTH),
    };
    let empty = matches!(&demand, Value::Object(keys) if keys.is_empty());
    let void = match key {
        "not" => demand == Value::Bool(false),
        "contains" => false,
        "dependentRequired" | "patternProperties" | "dependentSchemas" => empty,
        _ => is_true(&demand),
    };
    (!void).then_some(demand)
}

fn is_true(schema: &Value) -> bool {
    schema == &Value::Bool(true) || matches!(schema, Value::Object(keys) if keys.is_empty())
}

fn sorted_lists(value: &Value) -> Value {
    let lists = value.as_object().into_iter().flatten().filter_map(|(name, list)| {
        let mut names: Vec<&str> = list.as_array()?.iter().filter_map(Value::as_str).collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| (name.clone(), Value::from(names)))
    });
    Value::Object(lists.collect())
}

/// Tells whether the demand grew, where one of the two contains the other.
fn order(key: &str, before: &Value, after: &Value) -> Option<bool> {
    let contains = |more: &Value, less: &Value| match key {
        "dependentRequired" => lists(less).all(|(name, list)| {
            let others = more.get(name).and_then(Value::as_array);
            others.is_some_and(|others| list.iter().all(|one| others.contains(one)))
        }),
        "patternProperties" | "dependentSchemas" => {
            let (Some(more), Some(less)) = (more.as_object(), less.as_object()) else {
                return false;
            };
            less.iter().all(|(name, schema)| more.get(name) == Some(schema))
        }
        _ => false,
    };
    match (contains(after, before), contains(before, after)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn lists(value: &Value) -> impl Iterator<Item = (&String, &Vec<Value>)> {
    let keys = value.as_object().into_iter().flatten();
    keys.filter_map(|(name, list)| Some((name, list.as_array()?)))
}

/// Returns a schema without annotations, with its references followed.
fn bare(document: &Document, schema: &Value, depth: usize) -> Value {
    let keys = match schema {
        Value::Object(keys) => keys,
        Value::Array(all) => {
            return all.iter().map(|one| bare(document, one, depth)).collect();
        }
        other => return other.clone(),
    };
    if let (Some(Value::String(reference)), 1..) = (keys.get("$ref"), depth)
        && let Some(target) = document.target(reference)
    {
        let mut all = bare(document, target.value, depth - 1);
        if let Value::Object(merged) = &mut all {
            let beside = keys.iter().filter(|(key, _)| key.as_str() != "$ref");
            merged.extend(without_prose(document, beside, depth));
        }
        return all;
    }
    Value::Object(without_prose(document, keys.iter(), depth))
}

fn without_prose<'k>(
    document: &Document,
    keys: impl Iterator<Item = (&'k String, &'k Value)>,
    depth: usize,
) -> Map<String, Value> {
    const LITERAL: [&str; 4] = ["const", "default", "enum", "required"];
    const BY_NAME: [&str; 5] =
        ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];
    let kept = keys.filter(|(key, _)| !is_annotation(key));
    let kept = kept.map(|(key, value)| {
        let value = match value {
            literal if LITERAL.contains(&key.as_str()) => literal.clone(),
            Value::Object(schemas) if BY_NAME.contains(&key.as_str()) => schemas
                .iter()
                .map(|(name, schema)| (name.clone(), bare(document, schema, depth)))
                .collect(),
            value => bare(document, value, depth),
        };
        (key.clone(), value)
    });
    kept.collect()
}

/// Compares the annotations inside two constraints that demand the same.
fn prose<'a>(old: Option<Place<'a>>, new: Option<Place<'a>>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let mut open: Vec<(Place<'a>, Place<'a>)> = old.zip(new).into_iter().collect();
    while let Some((old, new)) = open.pop() {
        if old.value == new.value {
            continue;
        }
        changes.extend(annotations::compare(&old, &new));
        let inner = old.entries().filter(|(key, _)| !is_annotation(key));
        open.extend(inner.filter_map(|(key, place)| Some((place, new.get(key)?))));
        open.extend(old.elements().zip(new.elements()));
    }
    changes
}
