//! Selects the operations of one module and completes them: parameters of the path, and references to
//! parameters, bodies and responses, are written out, and every operation gets an id.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Context, webhook_payload};
use crate::document::METHODS;
use crate::error::{Error, Pointer};
use crate::extensions::{METHOD_NAME, PERMISSIONS, PUBLIC, PUBLISHED_ID};
use crate::module::{Module, Surface};
use crate::naming::{self, Table};
use crate::schema::MAX_DEPTH;

pub(super) fn select_operations(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let source = std::mem::take(document);
    let paths = match context.module {
        Module::Surface(surface) => operations(&source, context.table, surface)?,
        Module::Webhooks => webhook_payload::operations(&source)?,
    };
    let schemas = source.pointer("/components/schemas").cloned().unwrap_or_else(|| json!({}));
    if !schemas.is_object() {
        return Err(Error::new(
            "/components/schemas",
            "expected an object",
            "correct the document",
        ));
    }
    let text = |pointer: &str| source.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    *document = json!({
        "openapi": "3.0.3",
        "info": {"title": text("/info/title"), "version": text("/info/version")},
        "servers": source.get("servers").cloned().unwrap_or_else(|| json!([])),
        "paths": paths,
        "components": {"schemas": schemas},
    });
    Ok(())
}

/// Returns the paths of a surface with their operations.
fn operations(
    source: &Value,
    table: &Table,
    surface: Surface,
) -> Result<Map<String, Value>, Error> {
    let empty = Map::new();
    let all = source.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    let mut paths = Map::new();
    let mut names = BTreeMap::new();
    for (path, item) in all.iter().filter(|(path, _)| surface.covers(path)) {
        let at = Pointer::root().child("paths").child(path);
        template_names(&at, path)?;
        let mut operations = Map::new();
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let at = at.child(method);
            let selected = select(source, table, surface, path, method, item, operation)?;
            let name = selected[METHOD_NAME].to_string();
            if let Some(other) = names.insert(name.clone(), at.clone()) {
                return Err(Error::new(
                    &at,
                    format!("operation {name} has the same name as the operation at {other}"),
                    "give each operation a unique `operationId`",
                ));
            }
            operations.insert(method.to_owned(), selected);
        }
        if !operations.is_empty() {
            paths.insert(path.clone(), Value::Object(operations));
        }
    }
    if paths.is_empty() {
        return Err(Error::new(
            "/paths",
            format!("the document has no operation of the {} surface", surface.module()),
            "check that the document belongs to this surface",
        ));
    }
    Ok(paths)
}

fn select(
    source: &Value,
    table: &Table,
    surface: Surface,
    path: &str,
    method: &str,
    item: &Value,
    operation: &Value,
) -> Result<Value, Error> {
    let at = Pointer::operation(path, method);
    if !operation.is_object() {
        return Err(Error::new(&at, "the operation is not an object", "correct the document"));
    }
    let id = operation.get("operationId").and_then(Value::as_str);
    let name = naming::method_name(table, surface, id, method, path);
    let mut selected = Map::new();
    for key in ["summary", "description", "deprecated", "tags"] {
        if let Some(value) = operation.get(key) {
            selected.insert(key.to_owned(), value.clone());
        }
    }
    let parameters = parameters(source, &at, path, item, operation)?;
    selected.insert("parameters".to_owned(), Value::Array(parameters));
    if let Some(body) = operation.get("requestBody") {
        let body = written_out(source, &at.child("requestBody"), body)?;
        selected.insert("requestBody".to_owned(), body.clone());
    }
    let mut responses = Map::new();
    if let Some(Value::Object(all)) = operation.get("responses") {
        for (status, response) in all {
            let at = at.child("responses").child(status);
            responses.insert(status.clone(), written_out(source, &at, response)?.clone());
        }
    }
    selected.insert("responses".to_owned(), Value::Object(responses));
    let security = operation.get("security").or_else(|| source.get("security"));
    selected.insert(PERMISSIONS.to_owned(), permissions(security));
    selected.insert(PUBLIC.to_owned(), Value::Bool(security == Some(&json!([]))));
    selected.insert(PUBLISHED_ID.to_owned(), id.unwrap_or(&name).into());
    selected.insert("operationId".to_owned(), name.clone().into());
    selected.insert(METHOD_NAME.to_owned(), name.into());
    Ok(Value::Object(selected))
}

fn parameters(
    source: &Value,
    at: &Pointer,
    path: &str,
    item: &Value,
    operation: &Value,
) -> Result<Vec<Value>, Error> {
    let mut merged: Vec<Value> = Vec::new();
    for (holder, at) in
        [(item, Pointer::root().child("paths").child(path)), (operation, at.clone())]
    {
        let Some(Value::Array(list)) = holder.get("parameters") else { continue };
        for (index, parameter) in list.iter().enumerate() {
            let at = at.child("parameters").child(index);
            let parameter = written_out(source, &at, parameter)?;
            if parameter.get("name").and_then(Value::as_str).is_none() {
                return Err(Error::new(&at, "the parameter has no name", "add `name`"));
            }
            merged.retain(|other| !same_parameter(other, parameter));
            merged.push(parameter.clone());
        }
    }
    let in_path = |parameter: &Value| parameter.get("in") == Some(&json!("path"));
    let template = template_names(at, path)?;
    merged.retain(|parameter| {
        !in_path(parameter) || template.iter().any(|name| parameter["name"] == *name)
    });
    for name in template {
        match merged.iter_mut().find(|parameter| in_path(parameter) && parameter["name"] == name) {
            Some(parameter) => parameter["required"] = Value::Bool(true),
            None => merged.push(json!({
                "name": name, "in": "path", "required": true, "schema": {"type": "string"}
            })),
        }
    }
    Ok(merged)
}

fn same_parameter(left: &Value, right: &Value) -> bool {
    left.get("name") == right.get("name") && left.get("in") == right.get("in")
}

/// Returns the names in a path template such as `/a/{id}`.
fn template_names(at: &Pointer, path: &str) -> Result<Vec<String>, Error> {
    let broken = |what: &str| Error::new(at, what, "write the path like `/words/{name}`");
    if !path.starts_with('/') {
        return Err(broken("the path does not start with a slash"));
    }
    if path.contains(['?', '#']) {
        return Err(broken("the path has a query or a fragment"));
    }
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(start) = rest.find(['{', '}']) {
        let end = rest[start..].find('}').filter(|_| rest[start..].starts_with('{'));
        let Some(end) = end else {
            return Err(broken("the braces in the path do not match"));
        };
        let name = &rest[start + 1..start + end];
        if name.is_empty() || name.contains(['{', '/']) {
            return Err(broken("the path has a parameter without a valid name"));
        }
        if names.iter().any(|other| other == name) {
            return Err(broken("the path has the same parameter twice"));
        }
        names.push(name.to_owned());
        rest = &rest[start + end + 1..];
    }
    Ok(names)
}

/// Follows references to parameters, request bodies and responses.
fn written_out<'a>(source: &'a Value, at: &Pointer, value: &'a Value) -> Result<&'a Value, Error> {
    let mut current = value;
    for _ in 0..MAX_DEPTH {
        let Some(Value::String(reference)) = current.get("$ref") else {
            return Ok(current);
        };
        let target = reference.strip_prefix('#').and_then(|pointer| source.pointer(pointer));
        current = target.ok_or_else(|| {
            Error::new(
                at,
                format!("the reference `{reference}` leads nowhere"),
                "add its target or correct the reference",
            )
        })?;
    }
    Err(Error::new(at, "the reference leads back to itself", "break the cycle of `$ref`"))
}

/// Returns the scopes of all security requirements.
fn permissions(security: Option<&Value>) -> Value {
    let mut scopes: Vec<&str> = Vec::new();
    for requirement in security.and_then(Value::as_array).into_iter().flatten() {
        for list in requirement.as_object().into_iter().flat_map(Map::values) {
            scopes.extend(list.as_array().into_iter().flatten().filter_map(Value::as_str));
        }
    }
    scopes.sort_unstable();
    scopes.dedup();
    json!(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

    fn selected(paths: Value) -> Result<Value, Error> {
        let mut document = json!({
            "openapi": "3.1.0",
            "components": {"parameters": {
                "Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                "Loop": {"$ref": "#/components/parameters/Loop"},
            }},
            "security": [{"key": []}, {"oauth": ["a.read"]}],
            "paths": paths,
        });
        on_document(select_operations, &mut document).map(|()| document["paths"].take())
    }

    #[test]
    fn operations_are_complete_in_themselves() {
        let paths = selected(json!({
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Limit"},
                               {"name": "q", "in": "query", "required": true}],
                "get": {"parameters": [{"name": "q", "in": "query"}]},
            },
            "/mailbox/b": {"get": {}},
        }))
        .unwrap();
        let operation = &paths["/a/{id}"]["get"];
        assert_eq!(operation["operationId"], "get_a_by_id");
        assert_eq!(operation[PERMISSIONS], json!(["a.read"]));
        assert_eq!(
            operation["parameters"],
            json!([
                {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                {"name": "q", "in": "query"},
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            ])
        );
        assert!(paths.get("/mailbox/b").is_none());
    }

    #[test]
    fn faults_are_refused_with_their_place() {
        let pointer = |paths| selected(paths).unwrap_err().pointer().to_owned();
        let twins = json!({"/a": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}});
        assert_eq!(pointer(twins), "/paths/~1a/put");
        assert_eq!(pointer(json!({"/a/{id": {"get": {}}})), "/paths/~1a~1{id");
        assert_eq!(pointer(json!({"a": {"get": {}}})), "/paths/a");
        assert_eq!(pointer(json!({})), "/paths");
        let reference = |to: &str| json!({"/a": {"get": {"parameters": [{"$ref": to}]}}});
        for to in ["#/components/parameters/Loop", "#/components/parameters/None", "other.json"] {
            assert_eq!(pointer(reference(to)), "/paths/~1a/get/parameters/0", "{to}");
        }
    }
}
