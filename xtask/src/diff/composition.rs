//! Takes a schema apart into the subschemas that apply at once: behind `$ref`, inside `allOf`, and in
//! unions with a single branch.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::annotations::is_annotation;
use super::document::Document;
use super::pointer::{Place, Pointer};

/// Returns the schema that a missing one stands for.
pub(crate) fn any_value<'a>(at: Pointer<'a>) -> Place<'a> {
    static ANY: Value = Value::Bool(true);
    Place::new(at, &ANY)
}

/// A schema as an operation uses it: one or more schemas that apply at once.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    /// Where the schemas are used; `allOf` yields several for one property.
    pub(crate) sites: Vec<Place<'a>>,
    /// Whether null is accounted for by the user of the node, as for the branch of a union.
    pub(crate) null_counted: bool,
}

/// The identity of a node within its document.
pub(crate) type NodeKey = (Vec<usize>, bool);

impl<'a> Node<'a> {
    pub(crate) fn new(site: Place<'a>) -> Self {
        Self { sites: vec![site], null_counted: false }
    }

    pub(crate) fn key(&self) -> NodeKey {
        (self.sites.iter().map(Place::identity).collect(), self.null_counted)
    }
}

/// More subschemas than any hand-written schema has; the rest is ignored.
const MAX_SUBSCHEMAS: usize = 512;

/// A schema by itself, without what its `$ref` and `allOf` add.
#[derive(Debug, Clone)]
pub(crate) struct Subschema<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) keywords: &'a Map<String, Value>,
    /// Whether its annotations describe the whole schema.
    pub(crate) annotates: bool,
    /// The site of the node that it belongs to.
    pub(crate) site: usize,
}

/// An `anyOf` or `oneOf` with several branches.
#[derive(Debug, Clone)]
pub(crate) struct Choice<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) keyword: &'static str,
    pub(crate) branches: Vec<Place<'a>>,
}

/// Everything that a schema demands of a value.
#[derive(Debug, Default)]
pub(crate) struct Composition<'a> {
    pub(crate) subschemas: Vec<Subschema<'a>>,
    pub(crate) choices: Vec<Choice<'a>>,
    /// Whether null is a branch of a union.
    pub(crate) nullable: bool,
    /// Whether no value is valid.
    pub(crate) never: bool,
    /// References that cannot be resolved within the document.
    pub(crate) opaque: Vec<&'a str>,
    /// The component that the schema refers to.
    pub(crate) component: Option<Place<'a>>,
    seen: HashSet<usize>,
}

/// Takes a node apart.
pub(crate) fn of<'a>(document: &'a Document, node: &Node<'a>) -> Composition<'a> {
    let mut composition = Composition::default();
    // Depth first and in order, so that outer annotations come before inner ones.
    let mut open: Vec<(Place<'a>, bool, usize)> = Vec::new();
    for (index, site) in node.sites.iter().enumerate().rev() {
        open.push((site.clone(), true, index));
    }
    while let Some((place, annotates, site)) = open.pop() {
        if composition.subschemas.len() >= MAX_SUBSCHEMAS
            || !composition.seen.insert(place.identity())
        {
            continue;
        }
        let inner = composition.take(document, place, annotates, site);
        open.extend(inner.into_iter().rev().map(|(place, annotates)| (place, annotates, site)));
    }
    composition
}

impl<'a> Composition<'a> {
    /// Takes in one schema and returns the schemas inside it that apply as well.
    fn take(
        &mut self,
        document: &'a Document,
        place: Place<'a>,
        annotates: bool,
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
                    if self.component.is_none() && annotates {
                        self.component = Some(target.clone());
                    }
                    inner.push((target, annotates));
                }
                None => self.opaque.push(reference),
            }
        }
        if let Some(all) = place.get("allOf") {
            inner.extend(members(document, &all, annotates, keywords));
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(all) = place.get(keyword) else { continue };
            let count = all.elements().count();
            let mut branches: Vec<Place<'a>> =
                all.elements().filter(|branch| !is_null(document, branch)).collect();
            self.nullable |= branches.len() < count;
            if let ([_], Some(only)) = (branches.as_slice(), branches.first().cloned()) {
                inner.push((only, annotates));
            } else if !branches.is_empty() {
                branches.dedup_by(|one, other| one.value == other.value);
                self.choices.push(Choice { place: place.clone(), keyword, branches });
            }
        }
        self.subschemas.push(Subschema { place, keywords, annotates, site });
        inner
    }
}

/// Returns the members of `allOf`. One with annotations only describes the whole schema, and so does
/// a single structural one; of several structural ones, none does.
fn members<'a>(
    document: &'a Document,
    all: &Place<'a>,
    annotates: bool,
    outer: &Map<String, Value>,
) -> Vec<(Place<'a>, bool)> {
    let (structural, annotating): (Vec<Place<'a>>, Vec<Place<'a>>) =
        all.elements().partition(|member| is_structural(document.resolved(member.clone()).value));
    let alone = structural.len() <= 1 && !outer.contains_key("properties");
    let annotating = annotating.into_iter().rev().map(|member| (member, annotates));
    annotating.chain(structural.into_iter().map(|member| (member, annotates && alone))).collect()
}

fn is_structural(schema: &Value) -> bool {
    const NEUTRAL: [&str; 4] = ["$id", "$schema", "nullable", "unevaluatedProperties"];
    let Some(keywords) = schema.as_object() else { return true };
    keywords.iter().any(|(key, value)| {
        let bare_object = key == "type" && value == "object";
        !is_annotation(key) && !NEUTRAL.contains(&key.as_str()) && !bare_object
    })
}

/// Whether null is the only valid value.
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
    use super::*;
    use serde_json::json;

    fn compose(schemas: Value, look: impl Fn(&Composition<'_>)) {
        let document = Document::from_value(json!({
            "openapi": "3.1.0", "components": {"schemas": schemas}
        }))
        .unwrap();
        let place = document.target("#/components/schemas/X").unwrap();
        look(&of(&document, &Node::new(place)));
    }

    #[test]
    fn references_and_all_of_are_followed() {
        let schemas = json!({
            "X": {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {}}}]},
            "A": {"allOf": [{"$ref": "#/components/schemas/X"}, {"properties": {"a": {}}}]},
        });
        compose(schemas, |composition| {
            let places: Vec<String> = composition
                .subschemas
                .iter()
                .map(|subschema| subschema.place.at.to_string())
                .collect();
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
    fn a_null_branch_makes_nullable() {
        for keyword in ["anyOf", "oneOf"] {
            for branch in [json!({"type": "null"}), json!({"const": null}), json!({"enum": [null]})]
            {
                let schemas = json!({"X": {keyword: [{"type": "string"}, branch]}});
                compose(schemas, |composition| {
                    assert!(composition.nullable && composition.choices.is_empty());
                    assert_eq!(composition.subschemas.len(), 2);
                });
            }
        }
    }

    #[test]
    fn annotations_of_a_single_member_describe_the_whole() {
        let schemas = json!({
            "X": {"allOf": [{"type": "string", "description": "one"}, {"description": "own"}]},
        });
        compose(schemas, |composition| {
            assert!(composition.subschemas.iter().all(|subschema| subschema.annotates));
            assert_eq!(
                composition.subschemas[1].place.at.to_string(),
                "/components/schemas/X/allOf/1"
            );
        });
    }
}
