//! Rewrites JSON Schema 2020-12 (OpenAPI 3.1) in the dialect of OpenAPI 3.0: one spelling of null,
//! `const` as an enum of one value, one spelling of a union.

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::schemas_mut;
use crate::error::{Error, Pointer};
use crate::extensions::DISCRIMINATOR;
use crate::schema::{is_any, is_nullable, is_structural, set_nullable};

/// Keywords that OpenAPI 3.0 lacks, or that do not decide a Rust type.
const DROPPED: [&str; 22] = [
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "example",
    "examples",
    "externalDocs",
    "if",
    "not",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

pub(super) fn downgrade_to_3_0(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut downgrade)
}

fn downgrade(at: &Pointer, node: &mut Value) -> Result<(), Error> {
    match node {
        Value::Bool(true) => *node = json!({}),
        Value::Object(_) => {}
        other => {
            return Err(Error::new(
                at,
                format!("no value matches the schema {other}"),
                "write a schema object",
            ));
        }
    }
    let Value::Object(keywords) = node else { return Ok(()) };
    // What lowering notes by extensions is its own.
    keywords.retain(|keyword, _| !keyword.starts_with("x-"));
    check_keywords(at, keywords)?;
    if let Some(value) = keywords.remove("const") {
        keywords.insert("enum".to_owned(), json!([value]));
    }
    refuse_unsupported(at, keywords)?;
    if keywords.remove("discriminator").is_some() {
        keywords.insert(DISCRIMINATOR.to_owned(), true.into());
    }
    for keyword in DROPPED {
        keywords.remove(keyword);
    }
    beside_reference(keywords);
    if let Some(choice) = keywords.remove("oneOf") {
        keywords.entry("anyOf").or_insert(choice);
    }
    if keywords.get("anyOf").is_some_and(|choice| choice.as_array().is_none_or(Vec::is_empty)) {
        return Err(Error::new(at, "the union has no branches", "list at least one schema"));
    }
    null_in_type(node);
    null_in_enum(node);
    null_in_branches(node);
    several_types(node);
    Ok(())
}

/// What the value of a keyword must be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    List,
    Texts,
    TypeNames,
    Schemas,
    SchemasByName,
}

/// The keywords that a later step, or progenitor, relies on.
const KEYWORDS: [(&str, Kind); 13] = [
    ("allOf", Kind::Schemas),
    ("anyOf", Kind::Schemas),
    ("deprecated", Kind::Flag),
    ("description", Kind::Text),
    ("enum", Kind::List),
    ("format", Kind::Text),
    ("nullable", Kind::Flag),
    ("oneOf", Kind::Schemas),
    ("properties", Kind::SchemasByName),
    ("readOnly", Kind::Flag),
    ("required", Kind::Texts),
    ("type", Kind::TypeNames),
    ("writeOnly", Kind::Flag),
];

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

impl Kind {
    /// Returns what is expected instead of a value.
    fn refuses(self, value: &Value) -> Option<&'static str> {
        let all =
            |fits: fn(&Value) -> bool| value.as_array().is_some_and(|all| all.iter().all(fits));
        let names_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
        let (fits, expected) = match self {
            Kind::Text => (value.is_string(), "a string"),
            Kind::Flag => (value.is_boolean(), "true or false"),
            Kind::List => (value.is_array(), "an array"),
            Kind::Texts => (all(Value::is_string), "an array of strings"),
            Kind::TypeNames => {
                (names_type(value) || all(names_type), "the name of a type or an array of names")
            }
            Kind::Schemas => (value.is_array(), "an array of schemas"),
            Kind::SchemasByName => (value.is_object(), "an object of schemas"),
        };
        (!fits).then_some(expected)
    }
}

/// Refuses keywords with values of the wrong kind: to find one, a reader that tries every kind of schema
/// at every level would take forever.
fn check_keywords(at: &Pointer, keywords: &Map<String, Value>) -> Result<(), Error> {
    let mut found = KEYWORDS.into_iter().filter_map(|(keyword, kind)| {
        let expected = kind.refuses(keywords.get(keyword)?)?;
        Some(Error::new(at.child(keyword), format!("must be {expected}"), "correct the document"))
    });
    found.next().map_or(Ok(()), Err)
}

/// What is wrong with properties of any name beside those that are listed, and the remedy.
pub(super) const BESIDE_PROPERTIES: (&str, &str) = (
    "other properties beside those that are listed have a type, and would be lost",
    "describe them as a map in a property of its own",
);

/// Refuses keywords that decide how a value is written or read, and that Rust types would not honour.
fn refuse_unsupported(at: &Pointer, keywords: &Map<String, Value>) -> Result<(), Error> {
    let refuse =
        |keyword: &str, what: &str, remedy: &str| Err(Error::new(at.child(keyword), what, remedy));
    if keywords.contains_key("anyOf") && keywords.contains_key("oneOf") {
        return refuse("oneOf", "two unions stand beside each other", "describe one union");
    }
    if keywords.contains_key("prefixItems") || keywords.get("items").is_some_and(Value::is_array) {
        let keyword = if keywords.contains_key("prefixItems") { "prefixItems" } else { "items" };
        return refuse(keyword, "tuples are not supported", "describe an object");
    }
    let own = |name: &str| keywords.get("properties").is_some_and(|all| all.get(name).is_some());
    let hides = |keyword: &&&str| {
        let branch = keywords.get(**keyword).into_iter();
        let dependent = branch.clone().filter(|_| **keyword == "dependentSchemas");
        let dependent = dependent.filter_map(Value::as_object).flat_map(Map::values);
        let all = branch.chain(dependent).filter_map(|branch| branch.get("properties"));
        all.filter_map(Value::as_object).flat_map(Map::keys).any(|name| !own(name))
    };
    if let Some(keyword) = ["then", "else", "dependentSchemas"].iter().find(hides) {
        return refuse(
            keyword,
            "properties that only some values have are not supported",
            "list them in `properties` too",
        );
    }
    let of_any_name = ["patternProperties", "unevaluatedProperties"];
    let says_something = |value: &Value| value.is_object() && !is_any(value);
    if let Some(keyword) = of_any_name.iter().find(|keyword| {
        keywords.get("properties").is_some_and(|all| *all != json!({}))
            && keywords.get(**keyword).is_some_and(says_something)
    }) {
        return refuse(keyword, BESIDE_PROPERTIES.0, BESIDE_PROPERTIES.1);
    }
    Ok(())
}

/// Joins a reference and what JSON Schema 2020-12 lets stand beside it.
fn beside_reference(keywords: &mut Map<String, Value>) {
    let restricts = |key: &String| key != "$ref" && key != "nullable" && is_structural(key);
    if !keywords.contains_key("$ref") || !keywords.keys().any(restricts) {
        return;
    }
    let beside: Vec<String> = keywords.keys().filter(|key| restricts(key)).cloned().collect();
    let beside: Map<String, Value> =
        beside.into_iter().filter_map(|key| keywords.remove_entry(&key)).collect();
    let reference = keywords.remove("$ref");
    keywords.insert("allOf".to_owned(), json!([{ "$ref": reference }, beside]));
}

fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}

/// Turns `type: [a, null]` into a nullable `a`, and `type: null` into no type at all.
fn null_in_type(node: &mut Value) {
    let Some(types) = node.get_mut("type") else { return };
    let is_null = match &mut *types {
        Value::Array(names) => {
            let count = names.len();
            names.retain(|name| name != "null");
            names.len() < count
        }
        name => *name == "null",
    };
    if is_null {
        *types = match types.take() {
            Value::Array(mut names) if names.len() == 1 => names.remove(0),
            Value::Array(names) => Value::Array(names),
            _ => json!([]),
        };
        set_nullable(node);
    }
}

/// Turns `enum: [a, null]` into a nullable enum.
fn null_in_enum(node: &mut Value) {
    let Some(Value::Array(values)) = node.get_mut("enum") else { return };
    let count = values.len();
    if count > 1 {
        values.retain(|value| !value.is_null());
        if values.len() < count {
            set_nullable(node);
        }
    }
}

/// Turns a null branch into a nullable union; a single remaining branch becomes the schema itself.
fn null_in_branches(node: &mut Value) {
    let Some(Value::Array(branches)) = node.get_mut("anyOf") else { return };
    let count = branches.len();
    branches.retain(|branch| !is_null(branch));
    let nullable = branches.len() < count || branches.iter().any(is_nullable);
    for branch in branches.iter_mut() {
        if let Value::Object(keywords) = branch {
            keywords.remove("nullable");
        }
    }
    let only = (branches.len() == 1).then(|| branches.remove(0));
    if let (Some(Value::Object(only)), Value::Object(keywords)) = (only, &mut *node) {
        keywords.remove("anyOf");
        let alone = !keywords.keys().any(|keyword| is_structural(keyword));
        if alone {
            let outer = std::mem::replace(keywords, only);
            keywords.extend(outer);
        } else {
            keywords.insert("allOf".to_owned(), json!([only]));
        }
    }
    if nullable {
        set_nullable(node);
    }
}

/// Turns `type: [a, b]` into a union of the two, and no type at all into null.
fn several_types(node: &mut Value) {
    let Value::Object(keywords) = node else { return };
    let Some(Value::Array(types)) = keywords.get("type").cloned() else { return };
    keywords.remove("type");
    if types.is_empty() {
        keywords.insert("enum".to_owned(), json!([null]));
        return;
    }
    let branches: Vec<Value> = types
        .iter()
        .map(|name| {
            let mut branch = json!({ "type": name });
            let relevant: &[&str] = match name.as_str() {
                Some("object") => &["properties", "required", "additionalProperties"],
                Some("array") => &["items"],
                _ => &["format", "enum"],
            };
            for key in relevant {
                if let Some(value) = keywords.get(*key) {
                    branch[*key] = value.clone();
                }
            }
            branch
        })
        .collect();
    for key in ["properties", "required", "additionalProperties", "items", "format", "enum"] {
        keywords.remove(key);
    }
    keywords.insert("anyOf".to_owned(), Value::Array(branches));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    fn downgraded(schema: Value) -> Value {
        on_schemas(downgrade_to_3_0, json!({ "X": schema })).unwrap()["X"].take()
    }

    #[test]
    fn every_spelling_of_null_becomes_one() {
        let expected = json!({"type": "string", "nullable": true});
        for spelling in [
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "null"}, {"type": "string"}]}),
            json!({"anyOf": [{"type": "string"}, {"const": null}]}),
            json!({"anyOf": [{"type": ["string", "null"]}]}),
        ] {
            assert_eq!(downgraded(spelling.clone()), expected, "{spelling}");
        }
        assert_eq!(
            downgraded(json!({"type": ["string", "null"], "enum": ["a", null]})),
            json!({"type": "string", "enum": ["a"], "nullable": true})
        );
        assert_eq!(
            downgraded(json!({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]})),
            json!({"$ref": "#/components/schemas/A", "nullable": true})
        );
    }

    #[test]
    fn constants_and_unions() {
        assert_eq!(downgraded(json!({"const": "USD"})), json!({"enum": ["USD"]}));
        assert_eq!(
            downgraded(json!({"type": ["string", "integer", "null"]})),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true})
        );
        assert_eq!(
            downgraded(json!({"oneOf": [{"type": "string"}, {"type": "integer"}]})),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})
        );
        assert_eq!(
            downgraded(json!({"type": "object", "properties": {"x": true}})),
            json!({"type": "object", "properties": {"x": {}}})
        );
    }

    #[test]
    fn schemas_that_no_value_matches_are_refused() {
        for schema in [json!({"anyOf": []}), json!(false), json!("string")] {
            let error = on_schemas(downgrade_to_3_0, json!({ "X": schema })).unwrap_err();
            assert_eq!(error.pointer(), "/components/schemas/X");
        }
    }
}
