//! Questions to ask of one schema.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::pointer::Pointer;
use crate::walk::MAX_DEPTH;

const PREFIX: &str = "#/components/schemas/";

/// Keywords that describe a schema to people and say nothing about its values.
pub(crate) const ANNOTATIONS: [&str; 11] = [
    "$comment",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
];

/// Name of the component that this schema refers to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

/// A schema that refers to a component.
pub(crate) fn reference_to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{PREFIX}{name}") })
}

/// The component that a reference names, or the reason why there is none.
pub(crate) fn target<'a>(
    components: Option<&'a Map<String, Value>>,
    at: &Pointer,
    schema: &'a Value,
) -> Result<Option<(&'a str, &'a Value)>, Error> {
    let Some(Value::String(text)) = schema.get("$ref") else {
        return Ok(None);
    };
    let name = reference(schema).ok_or_else(|| {
        Error::new(
            at,
            format!("reference `{text}` is not to a component schema"),
            "refer to `#/components/schemas/…`",
        )
    })?;
    let component = components.and_then(|all| all.get(name)).ok_or_else(|| {
        Error::new(
            at,
            format!("reference to `{name}`, which is not in components"),
            "add the schema or correct the reference",
        )
    })?;
    Ok(Some((name, component)))
}

/// The schema behind a chain of references.
pub(crate) fn resolve<'a>(
    components: Option<&'a Map<String, Value>>,
    at: &Pointer,
    schema: &'a Value,
) -> Result<&'a Value, Error> {
    let mut current = schema;
    let mut place = at.clone();
    for _ in 0..MAX_DEPTH {
        match target(components, &place, current)? {
            Some((name, component)) => {
                current = component;
                place = Pointer::schema(name);
            }
            None => return Ok(current),
        }
    }
    Err(Error::new(place, "references lead back to themselves", "break the cycle of `$ref`"))
}

pub(crate) fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

pub(crate) fn set_nullable(schema: &mut Value) {
    if let Value::Object(keywords) = schema {
        keywords.insert("nullable".to_owned(), Value::Bool(true));
    }
}

pub(crate) fn type_name(schema: &Value) -> Option<&str> {
    schema.get("type")?.as_str()
}

pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object().filter(|properties| !properties.is_empty())
}

pub(crate) fn is_required(schema: &Value, property: &str) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|names| names.iter().any(|name| name == property))
}

/// The values of a string enum.
pub(crate) fn enum_values(schema: &Value) -> Option<Vec<&str>> {
    let values = schema.get("enum")?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

pub(crate) fn branches(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("anyOf")?.as_array()
}

/// Whether a keyword says something about values.
pub(crate) fn is_structural(keyword: &str) -> bool {
    !ANNOTATIONS.contains(&keyword) && !keyword.starts_with("x-")
}

/// Whether the schema accepts any value at all.
pub(crate) fn is_any(schema: &Value) -> bool {
    match schema {
        Value::Bool(accepts) => *accepts,
        Value::Object(keywords) => !keywords.keys().any(|key| is_structural(key)),
        _ => false,
    }
}

/// The schema without what only people read, for comparisons.
pub(crate) fn skeleton(schema: &Value) -> Value {
    let mut copy = schema.clone();
    let stripped = crate::walk::schema_mut(&Pointer::root(), &mut copy, &mut |_, node| {
        if let Value::Object(keywords) = node {
            keywords.retain(|keyword, _| is_structural(keyword));
        }
        Ok(())
    });
    debug_assert!(stripped.is_ok(), "the document was walked before");
    copy
}
