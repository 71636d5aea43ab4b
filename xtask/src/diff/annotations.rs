//! Compares annotations: keywords that people read and that say nothing about values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::Change;
use super::pointer::Place;
use super::rules::{self, Rule};

const ANNOTATIONS: [&str; 9] = [
    "$comment",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "title",
    "xml",
];

/// Whether a keyword of a schema is an annotation.
pub(crate) fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-")
}

/// Compares the annotations of two objects.
pub(crate) fn compare<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let keys = old.object().into_iter().chain(new.object()).flatten().map(|(key, _)| key.as_str());
    compare_keywords(&|key| old.get(key), &|key| new.get(key), keys)
}

/// Compares annotations that are looked up by keyword.
pub(crate) fn compare_keywords<'a>(
    old: &impl Fn(&str) -> Option<Place<'a>>,
    new: &impl Fn(&str) -> Option<Place<'a>>,
    keywords: impl Iterator<Item = &'a str>,
) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let keywords: BTreeSet<&str> = keywords.collect();
    for keyword in keywords {
        let Some(rule) = rule(keyword) else { continue };
        let (before, after) = (old(keyword), new(keyword));
        if before.as_ref().map(|place| place.value) != after.as_ref().map(|place| place.value) {
            changes.push(Change::replaced(rule, keyword, before, after));
        }
    }
    let example =
        |side: &dyn Fn(&str) -> Option<Place<'a>>| side("example").or_else(|| side("examples"));
    let (before, after) = (example(old), example(new));
    if examples(before.as_ref()) != examples(after.as_ref()) {
        changes.push(Change::replaced(&rules::EXAMPLE_CHANGED, "example", before, after));
    }
    let deprecated =
        |side: Option<Place<'a>>| side.filter(|place| place.value == &Value::Bool(true));
    match (deprecated(old("deprecated")), deprecated(new("deprecated"))) {
        (None, Some(place)) => {
            let change = Change::added(&rules::DEPRECATED, place.at, "was deprecated");
            changes.push(change.values(false, true));
        }
        (Some(place), None) => {
            let what = "is no longer deprecated";
            let change = Change::removed(&rules::UNDEPRECATED, place.at, what);
            changes.push(change.values(true, false));
        }
        _ => {}
    }
    changes
}

/// Returns the rule for a keyword that is compared as it is.
fn rule(keyword: &str) -> Option<&'static Rule> {
    Some(match keyword {
        "description" => &rules::DESCRIPTION_CHANGED,
        "summary" => &rules::SUMMARY_CHANGED,
        "title" => &rules::TITLE_CHANGED,
        "externalDocs" | "xml" | "$comment" | "links" => &rules::ANNOTATION_CHANGED,
        keyword if keyword.starts_with("x-") => &rules::ANNOTATION_CHANGED,
        _ => return None,
    })
}

/// Lists examples; a single one is a list of one.
fn examples<'a>(place: Option<&Place<'a>>) -> Vec<&'a Value> {
    match place.map(|place| place.value) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}
