//! JSON Schema 2020-12 (OpenAPI 3.1) to the dialect of OpenAPI 3.0: one spelling of null,
//! `const` as a one-value enum, one spelling of a choice.

use schemars::Schema;
use schemars::transform::{AddNullable, ReplaceConstValue, Transform};
use serde_json::{Value, json};

use super::Context;
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{self, set_nullable};
use crate::walk;

/// Keywords that progenitor cannot read and that do not decide a Rust type.
const UNREADABLE: [&str; 22] = [
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
    "discriminator",
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
];

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    walk::schemas_mut(document, &mut respell)
}

fn respell(at: &Pointer, node: &mut Value) -> Result<(), Error> {
    match node {
        Value::Bool(true) => *node = json!({}),
        Value::Object(_) => {}
        other => {
            return Err(Error::new(
                at,
                format!("{other} is not a schema that a value could match"),
                "write a schema object",
            ));
        }
    }
    apply_transforms(node);
    let Value::Object(keywords) = node else { return Ok(()) };
    for keyword in UNREADABLE {
        keywords.remove(keyword);
    }
    if let Some(choice) = keywords.remove("oneOf") {
        keywords.entry("anyOf").or_insert(choice);
    }
    if keywords.get("anyOf").is_some_and(|choice| choice.as_array().is_none_or(Vec::is_empty)) {
        return Err(Error::new(at, "a choice without branches", "list at least one schema"));
    }
    null_in_enum(node);
    null_branch(node);
    several_types(node);
    Ok(())
}

/// schemars' transforms visit subschemas as well; the walk has already put those right, and a
/// second visit changes nothing.
fn apply_transforms(node: &mut Value) {
    if let Ok(mut schema) = Schema::try_from(node.take()) {
        let mut nullable = AddNullable::default();
        nullable.add_const_null = false;
        ReplaceConstValue::default().transform(&mut schema);
        nullable.transform(&mut schema);
        *node = schema.into();
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}

/// `enum: [a, null]` says nullable in other words.
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

/// A null branch makes the rest nullable; a single remaining branch is the schema itself.
fn null_branch(node: &mut Value) {
    let Some(Value::Array(branches)) = node.get_mut("anyOf") else { return };
    let count = branches.len();
    branches.retain(|branch| !is_null(branch));
    let nullable = branches.len() < count || branches.iter().any(schema::is_nullable);
    for branch in branches.iter_mut() {
        if let Value::Object(keywords) = branch {
            keywords.remove("nullable");
        }
    }
    let only = (branches.len() == 1).then(|| branches.remove(0));
    if let (Some(Value::Object(only)), Value::Object(keywords)) = (only, &mut *node) {
        keywords.remove("anyOf");
        let alone = !keywords.keys().any(|keyword| schema::is_structural(keyword));
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

/// `type: [a, b]` is a choice between the two.
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

    fn respelled(schema: Value) -> Value {
        on_schemas(run, json!({ "X": schema })).unwrap()["X"].take()
    }

    #[test]
    fn every_spelling_of_null_is_one() {
        let expected = json!({"type": "string", "nullable": true});
        for spelling in [
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "null"}, {"type": "string"}]}),
            json!({"anyOf": [{"type": "string"}, {"const": null}]}),
            json!({"anyOf": [{"type": ["string", "null"]}]}),
        ] {
            assert_eq!(respelled(spelling.clone()), expected, "{spelling}");
        }
        assert_eq!(
            respelled(json!({"type": ["string", "null"], "enum": ["a", null]})),
            json!({"type": "string", "enum": ["a"], "nullable": true})
        );
        assert_eq!(
            respelled(json!({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]})),
            json!({"$ref": "#/components/schemas/A", "nullable": true})
        );
    }

    #[test]
    fn constants_and_choices() {
        assert_eq!(respelled(json!({"const": "USD"})), json!({"enum": ["USD"]}));
        assert_eq!(
            respelled(json!({"type": ["string", "integer", "null"]})),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true})
        );
        assert_eq!(
            respelled(json!({"oneOf": [{"type": "string"}, {"type": "integer"}]})),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})
        );
        assert_eq!(
            respelled(json!({"type": "object", "properties": {"x": true}})),
            json!({"type": "object", "properties": {"x": {}}})
        );
    }

    #[test]
    fn what_no_value_can_match_is_refused() {
        for schema in [json!({"anyOf": []}), json!(false), json!("string")] {
            let error = on_schemas(run, json!({ "X": schema })).unwrap_err();
            assert_eq!(error.pointer(), "/components/schemas/X");
        }
    }
}
