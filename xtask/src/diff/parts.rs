//! Takes a schema apart into the plain schemas that hold together: behind `$ref`, inside `allOf`,
//! and in a choice that leaves nothing to choose.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::document::Document;
use super::node::Node;
use super::place::Place;

/// More members than any `allOf` that people write; what goes beyond is not looked at.
const MAX_PARTS: usize = 512;

/// Keywords that describe a schema to people and say nothing about its values.
const ANNOTATIONS: [&str; 13] = [
    "$comment",
    "$id",
    "$schema",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "nullable",
    "title",
    "unevaluatedProperties",
    "xml",
];

/// One plain schema.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) keywords: &'a Map<String, Value>,
    /// Whether its words describe the whole, and not only what it adds to it.
    pub(crate) speaks: bool,
    /// Which of the node's sites it belongs to.
    pub(crate) site: usize,
}

/// A choice between several schemas.
#[derive(Debug, Clone)]
pub(crate) struct Choice<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) keyword: &'static str,
    pub(crate) branches: Vec<Place<'a>>,
}

/// All that holds together in one schema.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) plain: Vec<Part<'a>>,
    pub(crate) choices: Vec<Choice<'a>>,
    /// Null is one of the alternatives.
    pub(crate) nullable: bool,
    /// No value at all fits.
    pub(crate) never: bool,
    /// References that lead out of the document or nowhere.
    pub(crate) opaque: Vec<&'a str>,
    /// The first component that the schema refers to.
    pub(crate) component: Option<Place<'a>>,
    seen: HashSet<usize>,
}

/// Takes a node apart.
pub(crate) fn of<'a>(document: &'a Document, node: &Node<'a>) -> Parts<'a> {
    let mut parts = Parts::default();
    // Depth first and in order, so that outer words come before inner ones.
    let mut open: Vec<(Place<'a>, bool, usize)> = Vec::new();
    for (index, site) in node.sites.iter().enumerate().rev() {
        open.push((site.clone(), true, index));
    }
    while let Some((place, speaks, site)) = open.pop() {
        if parts.plain.len() >= MAX_PARTS || !parts.seen.insert(place.identity()) {
            continue;
        }
        let inner = parts.take(document, place, speaks, site);
        open.extend(inner.into_iter().rev().map(|(place, speaks)| (place, speaks, site)));
    }
    parts
}

impl<'a> Parts<'a> {
    /// Notes one schema and hands back the schemas inside that hold as well.
    fn take(
        &mut self,
        document: &'a Document,
        place: Place<'a>,
        speaks: bool,
        site: usize,
    ) -> Vec<(Place<'a>, bool)> {
        let Some(keywords) = place.object() else {
            self.never |= place.value == &Value::Bool(false);
            return Vec::new();
        };
        let mut inner = Vec::new();
        if let Some(reference) = place.text("$ref") {
            match document.target(reference) {
                Some(target) => {
                    if self.component.is_none() && speaks {
                        self.component = Some(target.clone());
                    }
                    inner.push((target, speaks));
                }
                None => self.opaque.push(reference),
            }
        }
        if let Some(all) = place.get("allOf") {
            inner.extend(members(document, &all, speaks, keywords));
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(all) = place.get(keyword) else { continue };
            let count = all.elements().count();
            let mut branches: Vec<Place<'a>> =
                all.elements().filter(|branch| !is_null(document, branch)).collect();
            self.nullable |= branches.len() < count;
            if let ([_], Some(only)) = (branches.as_slice(), branches.first().cloned()) {
                inner.push((only, speaks));
            } else if !branches.is_empty() {
                branches.dedup_by(|one, other| one.value == other.value);
                self.choices.push(Choice { place: place.clone(), keyword, branches });
            }
        }
        self.plain.push(Part { place, keywords, speaks, site });
        inner
    }
}

/// The members of `allOf`. One that only adds words speaks for the whole, and so does a single
/// other one; of several others, none does.
fn members<'a>(
    document: &'a Document,
    all: &Place<'a>,
    speaks: bool,
    outer: &Map<String, Value>,
) -> Vec<(Place<'a>, bool)> {
    let (structural, words): (Vec<Place<'a>>, Vec<Place<'a>>) =
        all.elements().partition(|member| says_something(document.resolved(member.clone()).value));
    let alone = structural.len() <= 1 && !outer.contains_key("properties");
    let words = words.into_iter().rev().map(|member| (member, speaks));
    words.chain(structural.into_iter().map(|member| (member, speaks && alone))).collect()
}

fn says_something(schema: &Value) -> bool {
    let Some(keywords) = schema.as_object() else { return true };
    let structural = |key: &String| {
        let bare_object = key == "type" && keywords[key] == "object";
        !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-") && !bare_object
    };
    keywords.keys().any(structural)
}

/// Whether null is the only value that fits.
fn is_null(document: &Document, schema: &Place<'_>) -> bool {
    let schema = document.resolved(schema.clone()).value;
    let only = |key: &str, null: &Value| match schema.get(key) {
        Some(Value::Array(values)) => !values.is_empty() && values.iter().all(|one| one == null),
        Some(value) => value == null,
        None => false,
    };
    only("type", &Value::from("null")) || only("enum", &Value::Null) || only("const", &Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parts(schemas: Value, look: impl Fn(&Parts<'_>)) {
        let document = Document::from_value(json!({
            "openapi": "3.1.0", "components": {"schemas": schemas}
        }))
        .unwrap();
        let place = document.target("#/components/schemas/X").unwrap();
        look(&of(&document, &Node::new(place)));
    }

    #[test]
    fn references_and_all_of_are_seen_through() {
        let schemas = json!({
            "X": {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {}}}]},
            "A": {"allOf": [{"$ref": "#/components/schemas/X"}, {"properties": {"a": {}}}]},
        });
        parts(schemas, |parts| {
            let places: Vec<String> =
                parts.plain.iter().map(|part| part.place.at.to_string()).collect();
            assert_eq!(
                places,
                [
                    "/components/schemas/X",
                    "/components/schemas/X/allOf/0",
                    "/components/schemas/A",
                    "/components/schemas/A/allOf/0",
                    "/components/schemas/A/allOf/1",
                    "/components/schemas/X/allOf/1",
                ]
            );
        });
    }

    #[test]
    fn null_branches_are_no_choice() {
        for keyword in ["anyOf", "oneOf"] {
            for branch in [json!({"type": "null"}), json!({"const": null}), json!({"enum": [null]})]
            {
                let schemas = json!({"X": {keyword: [{"type": "string"}, branch]}});
                parts(schemas, |parts| {
                    assert!(parts.nullable && parts.choices.is_empty());
                    assert_eq!(parts.plain.len(), 2);
                });
            }
        }
    }

    #[test]
    fn words_of_one_member_are_words_of_the_whole() {
        let schemas = json!({
            "X": {"allOf": [{"type": "string", "description": "one"}, {"description": "own"}]},
        });
        parts(schemas, |parts| {
            assert!(parts.plain.iter().all(|part| part.speaks));
            assert_eq!(parts.plain[1].place.at.to_string(), "/components/schemas/X/allOf/1");
        });
    }
}
