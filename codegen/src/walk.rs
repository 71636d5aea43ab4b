//! Visits every schema of a document, children before parents.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::pointer::Pointer;

/// Methods an OpenAPI path item can have, in the order of the specification.
pub(crate) const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Deepest chain of references or nested schemas that is followed.
pub(crate) const MAX_DEPTH: usize = 100;

type Visit<'a> = &'a mut dyn FnMut(&Pointer, &mut Value) -> Result<(), Error>;

/// Calls `visit` on every schema: components, parameters, request bodies and responses.
pub(crate) fn schemas_mut(document: &mut Value, visit: Visit<'_>) -> Result<(), Error> {
    if let Some(schemas) = components_mut(document) {
        for (name, schema) in schemas {
            schema_mut(&Pointer::schema(name), schema, visit)?;
        }
    }
    operations_mut(document, &mut |at, operation| operation_schemas_mut(at, operation, visit))
}

/// Calls `visit` on every operation object.
pub(crate) fn operations_mut(document: &mut Value, visit: Visit<'_>) -> Result<(), Error> {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                visit(&Pointer::operation(path, method), operation)?;
            }
        }
    }
    Ok(())
}

/// Calls `visit` on every schema of one operation.
pub(crate) fn operation_schemas_mut(
    at: &Pointer,
    operation: &mut Value,
    visit: Visit<'_>,
) -> Result<(), Error> {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        for (index, parameter) in parameters.iter_mut().enumerate() {
            let at = at.child("parameters").child(index);
            if let Some(schema) = parameter.get_mut("schema") {
                schema_mut(&at.child("schema"), schema, visit)?;
            }
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        content_mut(&at.child("requestBody"), body, visit)?;
    }
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        for (status, response) in responses {
            content_mut(&at.child("responses").child(status), response, visit)?;
        }
    }
    Ok(())
}

fn content_mut(at: &Pointer, holder: &mut Value, visit: Visit<'_>) -> Result<(), Error> {
    let Some(Value::Object(content)) = holder.get_mut("content") else {
        return Ok(());
    };
    for (media_type, media) in content {
        if let Some(schema) = media.get_mut("schema") {
            let at = at.child("content").child(media_type).child("schema");
            schema_mut(&at, schema, visit)?;
        }
    }
    Ok(())
}

/// Calls `visit` on a schema, after its subschemas.
pub(crate) fn schema_mut(at: &Pointer, schema: &mut Value, visit: Visit<'_>) -> Result<(), Error> {
    nested(at, schema, visit, 0)
}

fn nested(at: &Pointer, schema: &mut Value, visit: Visit<'_>, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(
            at,
            format!("schemas are nested more than {MAX_DEPTH} deep"),
            "move inner schemas into components",
        ));
    }
    if let Value::Object(keywords) = schema {
        for (key, child) in subschemas_mut(keywords) {
            let at = key.iter().fold(at.clone(), |at, token| at.child(token));
            nested(&at, child, visit, depth + 1)?;
        }
    }
    visit(at, schema)
}

/// The direct subschemas of a schema, each with the pointer tokens that lead to it.
fn subschemas_mut(keywords: &mut Map<String, Value>) -> Vec<(Vec<String>, &mut Value)> {
    let mut found = Vec::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, child) in properties {
                    found.push((vec![keyword.clone(), name.clone()], child));
                }
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(members)) => {
                for (index, child) in members.iter_mut().enumerate() {
                    found.push((vec![keyword.clone(), index.to_string()], child));
                }
            }
            ("items" | "additionalProperties", child @ (Value::Object(_) | Value::Bool(_))) => {
                found.push((vec![keyword.clone()], child));
            }
            _ => {}
        }
    }
    found
}

/// The component schemas.
pub(crate) fn components(document: &Value) -> Option<&Map<String, Value>> {
    document.pointer("/components/schemas")?.as_object()
}

/// The component schemas, to change.
pub(crate) fn components_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}
