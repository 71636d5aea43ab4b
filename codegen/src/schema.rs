//! Questions to ask of one schema, and the walk over its subschemas.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::{Error, Pointer};

const PREFIX: &str = "#/components/schemas/";

/// Longest chain of references, and deepest nesting of schemas, that is followed.
pub(crate) const MAX_DEPTH: usize = 100;

/// What a walk calls on each schema, or on each operation, with its place.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&Pointer, &mut Value) -> Result<(), Error>;

/// Keywords that describe a schema to people and say nothing about its values.
const ANNOTATIONS: [&str; 11] = [
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

/// Returns the name of the component that a schema refers to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

/// Returns a schema that refers to a component.
pub(crate) fn reference_to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{PREFIX}{name}") })
}

/// Returns the component that a schema refers to, if it is a reference.
pub(crate) fn target<'a>(
    components: Option<&'a Map<String, Value>>,
    at: &Pointer,
    schema: &'a Value,
) -> Result<Option<(&'a str, &'a Value)>, Error> {
    let Some(text) = schema.get("$ref") else { return Ok(None) };
    let name = reference(schema).ok_or_else(|| {
        Error::new(
            at,
            format!("the reference {text} does not point to a component schema"),
            "use `#/components/schemas/…`",
        )
    })?;
    let component = components.and_then(|all| all.get(name)).ok_or_else(|| {
        Error::new(
            at,
            format!("there is no component schema `{name}`"),
            "add the schema or correct the reference",
        )
    })?;
    Ok(Some((name, component)))
}

/// Follows a chain of references to its end.
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
    Err(Error::new(place, "the reference leads back to itself", "break the cycle of `$ref`"))
}

/// Returns the components that a set of components leads to, including the set itself.
pub(crate) fn reachable(
    components: &mut Map<String, Value>,
    from: impl IntoIterator<Item = String>,
) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<String> = from.into_iter().collect();
    while let Some(name) = pending.pop() {
        if let Some(schema) = components.get_mut(&name).filter(|_| !found.contains(&name)) {
            visit(&Pointer::schema(&name), schema, &mut |_, node| {
                pending.extend(reference(node).map(str::to_owned));
                Ok(())
            })?;
        }
        found.insert(name);
    }
    Ok(found)
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

/// Returns the properties of a schema, if it has at least one.
pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object().filter(|properties| !properties.is_empty())
}

pub(crate) fn is_required(schema: &Value, property: &str) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|names| names.iter().any(|name| name == property))
}

/// Returns the values of an enum of strings.
pub(crate) fn enum_values(schema: &Value) -> Option<Vec<&str>> {
    let values = schema.get("enum")?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

/// Returns the branches of a union.
pub(crate) fn branches(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("anyOf")?.as_array()
}

/// Returns a word for a branch of a union: the name of its type, or of the first property that no
/// other branch requires.
pub(crate) fn branch_label(branches: &[Value], index: usize) -> String {
    let Some(branch) = branches.get(index) else { return String::new() };
    if let Some(name) = reference(branch) {
        return name.to_owned();
    }
    let others = || branches.iter().enumerate().filter(|(other, _)| *other != index);
    let required = branch.get("required").and_then(Value::as_array);
    let own = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|name| others().all(|(_, other)| !is_required(other, name)));
    if let Some(name) = own {
        return name.to_owned();
    }
    match type_name(branch) {
        Some("array") => "list".to_owned(),
        Some("object") if properties(branch).is_none() => "map".to_owned(),
        Some("string") => "text".to_owned(),
        Some("object") | None => format!("form {}", index + 1),
        Some(name) => name.to_owned(),
    }
}

/// Returns what a branch of a union holds, in words that another branch does not change: the name of
/// its type, or the properties that it requires.
pub(crate) fn branch_key(branches: &[Value], index: usize) -> String {
    let key = |branch: &Value| {
        let mut required: Vec<&str> = match branch.get("required").and_then(Value::as_array) {
            Some(names) => names.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        };
        required.sort_unstable();
        match reference(branch).or_else(|| type_name(branch)) {
            Some("object") if !required.is_empty() => required.join(","),
            name => name.unwrap_or("any").to_owned(),
        }
    };
    let Some(branch) = branches.get(index) else { return String::new() };
    let own = key(branch);
    match branches.iter().take(index).filter(|other| key(other) == own).count() {
        0 => own,
        before => format!("{own} {}", before + 1),
    }
}

/// Returns whether a schema becomes a Rust type: it has fields, values or branches.
pub(crate) fn is_type(schema: &Value) -> bool {
    reference(schema).is_none()
        && (properties(schema).is_some()
            || enum_values(schema).is_some()
            || branches(schema).is_some())
}

/// Returns whether a keyword restricts values.
pub(crate) fn is_structural(keyword: &str) -> bool {
    !ANNOTATIONS.contains(&keyword) && !keyword.starts_with("x-")
}

/// Returns whether a schema accepts every value.
pub(crate) fn is_any(schema: &Value) -> bool {
    match schema {
        Value::Bool(accepts) => *accepts,
        Value::Object(keywords) => !keywords.keys().any(|key| is_structural(key)),
        _ => false,
    }
}

/// Returns the schema without annotations, for comparisons.
pub(crate) fn skeleton(schema: &Value) -> Value {
    let mut copy = schema.clone();
    let stripped = visit(&Pointer::root(), &mut copy, &mut |_, node| {
        if let Value::Object(keywords) = node {
            keywords.retain(|keyword, _| is_structural(keyword));
        }
        Ok(())
    });
    debug_assert!(stripped.is_ok(), "the document was walked before");
    copy
}

/// Calls `call` on every subschema of a schema, then on the schema.
pub(crate) fn visit(at: &Pointer, schema: &mut Value, call: Visit<'_>) -> Result<(), Error> {
    visit_nested(at, schema, call, 0)
}

fn visit_nested(
    at: &Pointer,
    schema: &mut Value,
    call: Visit<'_>,
    depth: usize,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(
            at,
            format!("schemas are nested more than {MAX_DEPTH} levels deep"),
            "move inner schemas to components",
        ));
    }
    if let Value::Object(keywords) = schema {
        for (keyword, key, child) in subschemas_mut(keywords) {
            let at = at.child(keyword);
            let at = match key {
                Some(key) => at.child(key),
                None => at,
            };
            visit_nested(&at, child, call, depth + 1)?;
        }
    }
    call(at, schema)
}

/// Returns the direct subschemas of a schema, each with the keyword that holds it, and its name or
/// number there.
fn subschemas_mut(
    keywords: &mut Map<String, Value>,
) -> impl Iterator<Item = (&str, Option<Cow<'_, str>>, &mut Value)> {
    keywords.iter_mut().flat_map(|(keyword, value)| {
        let keyword = keyword.as_str();
        let found: Vec<_> = match (keyword, value) {
            ("properties", Value::Object(properties)) => properties
                .iter_mut()
                .map(|(name, child)| (keyword, Some(Cow::Borrowed(name.as_str())), child))
                .collect(),
            ("allOf" | "anyOf" | "oneOf", Value::Array(members)) => members
                .iter_mut()
                .enumerate()
                .map(|(index, child)| (keyword, Some(Cow::Owned(index.to_string())), child))
                .collect(),
            ("items" | "additionalProperties", child @ (Value::Object(_) | Value::Bool(_))) => {
                vec![(keyword, None, child)]
            }
            _ => Vec::new(),
        };
        found
    })
}
