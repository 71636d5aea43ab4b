//! Selects the operations of one module and completes them: parameters of the path, and references to
//! path items, parameters, bodies and responses, are written out, and every operation gets an id.
//! What cannot be honoured is left out, with a note.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::leave_out::{prune, unescaped};
use super::{Context, webhook_payload};
use crate::document::METHODS;
use crate::error::{Error, Pointer};
use crate::extensions::{METHOD_NAME, PERMISSIONS, PUBLIC, PUBLISHED_ID};
use crate::module::{Module, Surface};
use crate::naming;
use crate::note::Note;
use crate::schema::MAX_DEPTH;

/// Members of a path item that describe operations which no method of the client can send.
const UNSENDABLE: [&str; 4] = ["additionalOperations", "options", "query", "trace"];

/// Returns a document with the operations of a module and the schemas that they lead to, and a note
/// for each operation that is left out.
pub(crate) fn select(source: &Value, context: &Context<'_>) -> Result<(Value, Vec<Note>), Error> {
    let mut notes = Vec::new();
    let paths = match context.module {
        Module::Surface(surface) => operations(source, context, surface, &mut notes)?,
        Module::Webhooks => webhook_payload::payload_operation(source).unwrap_or_else(|reason| {
            notes.push(Note::new("the types of events", reason));
            Map::new()
        }),
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
    let mut selected = json!({
        "openapi": "3.0.3",
        "info": {"title": text("/info/title"), "version": text("/info/version")},
        "servers": [{ "url": server(source, &mut notes) }],
        "paths": paths,
        "components": {"schemas": schemas},
    });
    prune(&mut selected);
    Ok((selected, notes))
}

/// Returns the URL of the first server, with the defaults of its variables; empty with a note if it
/// is not absolute.
fn server(source: &Value, notes: &mut Vec<Note>) -> String {
    let Some(server) = source.pointer("/servers/0") else { return String::new() };
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        let default = variable["default"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    let absolute = url.starts_with("https://") || url.starts_with("http://");
    if absolute && !url.contains(['{', '}']) {
        return url;
    }
    let reason = Error::new(
        "/servers/0/url",
        format!("`{url}` is not an absolute URL"),
        "set the base URL of each client, or describe an absolute one",
    );
    notes.push(Note::new("the default base URL", reason));
    String::new()
}

/// Returns the paths of a surface with their operations.
fn operations(
    source: &Value,
    context: &Context<'_>,
    surface: Surface,
    notes: &mut Vec<Note>,
) -> Result<Map<String, Value>, Error> {
    let empty = Map::new();
    let all = source.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    let mut paths = Map::new();
    let mut names = published(source, context, all);
    for (path, item) in all.iter().filter(|(path, _)| surface.covers(path)) {
        let at = Pointer::root().child("paths").child(path);
        let written = written_out(source, &at, item).and_then(|item| {
            template_names(&at, path)?;
            Ok(item)
        });
        let item = match written {
            Ok(item) => item,
            Err(reason) => {
                notes.push(Note::new(format!("`{path}`"), reason));
                continue;
            }
        };
        for method in UNSENDABLE.into_iter().filter(|method| item.get(method).is_some()) {
            let reason = Error::new(
                at.child(method),
                format!("requests of `{method}` are not supported"),
                "send it as a raw request",
            );
            notes.push(Note::new(format!("`{} {path}`", method.to_ascii_uppercase()), reason));
        }
        let mut operations = Map::new();
        for method in METHODS.into_iter().filter(|method| !UNSENDABLE.contains(method)) {
            let Some(operation) = item.get(method) else { continue };
            let place = Pointer::operation(path, method);
            let id = operation.get("operationId").and_then(Value::as_str);
            let name = match context.names.operations.get(&place.to_string()) {
                Some(published) => published.clone(),
                None => naming::method_name(context.table, surface, id, method, path),
            };
            let selected =
                select_one(source, name, path, method, item, operation).and_then(|mut selected| {
                    unique(&mut names, &place, &mut selected)?;
                    Ok(selected)
                });
            match selected {
                Ok(selected) => {
                    operations.insert(method.to_owned(), selected);
                }
                Err(reason) => {
                    let subject = format!("`{} {path}`", method.to_ascii_uppercase());
                    notes.push(Note::new(subject, reason));
                }
            }
        }
        if !operations.is_empty() {
            paths.insert(path.clone(), Value::Object(operations));
        }
    }
    if paths.is_empty() {
        let none = || {
            Error::new(
                "/paths",
                format!("the document has no operation of the {} surface", surface.module()),
                "check that the document belongs to this surface",
            )
        };
        return Err(notes.first().map_or_else(none, |note| note.reason().clone()));
    }
    Ok(paths)
}

/// Returns the request types that were published of the operations that a document has, each with its
/// operation.
fn published(
    source: &Value,
    context: &Context<'_>,
    paths: &Map<String, Value>,
) -> BTreeMap<String, Taken> {
    let operation = |path: &str, method: &str| {
        written_out(source, &Pointer::root(), paths.get(path)?).ok()?.get(method)
    };
    let mut names = BTreeMap::new();
    for (pointer, name) in &context.names.operations {
        let mut tokens = pointer.split('/').skip(2).map(unescaped);
        let (path, method) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
        if let Some(operation) = operation(&path, &method) {
            let taken = Taken { at: pointer.clone(), id: operation["operationId"].clone() };
            names.insert(naming::request_type(name), taken);
        }
    }
    names
}

/// An operation that has a name.
struct Taken {
    at: String,
    id: Value,
}

/// Gives an operation another name if its method or request type would be called like those of another
/// one, and refuses one that has the id of another one.
fn unique(
    names: &mut BTreeMap<String, Taken>,
    at: &Pointer,
    selected: &mut Value,
) -> Result<(), Error> {
    let at = at.to_string();
    let id = selected[PUBLISHED_ID].clone();
    let name = selected[METHOD_NAME].as_str().unwrap_or_default().to_owned();
    let is_free = |name: &str| names.get(&naming::request_type(name)).is_none_or(|it| it.at == at);
    if !is_free(&name) {
        let other = &names[&naming::request_type(&name)];
        let mut tokens = at.split('/').skip(2).map(unescaped);
        let (path, method) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
        let longer = naming::unnamed_operation(&method, &path);
        if other.id == id || !is_free(&longer) {
            return Err(Error::new(
                &at,
                format!("operation \"{name}\" has the same name as the operation at {}", other.at),
                "give each operation a unique `operationId`",
            ));
        }
        selected["operationId"] = longer.clone().into();
        selected[METHOD_NAME] = longer.into();
    }
    let name = selected[METHOD_NAME].as_str().unwrap_or_default();
    names.insert(naming::request_type(name), Taken { at, id });
    Ok(())
}

fn select_one(
    source: &Value,
    name: String,
    path: &str,
    method: &str,
    item: &Value,
    operation: &Value,
) -> Result<Value, Error> {
    let at = Pointer::operation(path, method);
    if !operation.is_object() {
        return Err(Error::new(&at, "the operation is not an object", "correct the document"));
    }
    for (holder, at) in [(operation, &at), (item, &Pointer::root().child("paths").child(path))] {
        if holder.get("servers").is_some_and(|servers| Some(servers) != source.get("servers")) {
            return Err(Error::new(
                at.child("servers"),
                "the operation has servers other than those of the document",
                "send it as a raw request of a client with that base URL",
            ));
        }
    }
    let id = operation.get("operationId").and_then(Value::as_str);
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
        // Errors have one form, whatever the document says of them.
        for (status, response) in all.iter().filter(|(status, _)| status.starts_with('2')) {
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
    if path.contains("//") {
        return Err(broken("a segment of the path is empty"));
    }
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    let is_dots = |segment: &str| segment == "." || segment == "..";
    if plain.split('/').any(is_dots) || plain.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(broken("a URL would be another path"));
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
        if !name.is_ascii() || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(broken("a parameter of the path has a name without letters of ASCII"));
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

/// Returns the alternative sets of scopes that the security requirements name, the smallest first.
/// One that includes another is left out: the other one is sufficient. Requirements without scopes
/// are of credentials whose permissions OpenAPI cannot express.
fn permissions(security: Option<&Value>) -> Value {
    let mut alternatives: BTreeSet<(usize, BTreeSet<&str>)> = BTreeSet::new();
    for requirement in security.and_then(Value::as_array).into_iter().flatten() {
        let lists = requirement.as_object().into_iter().flat_map(Map::values);
        let scopes = lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        let scopes: BTreeSet<&str> = scopes.collect();
        alternatives.insert((scopes.len(), scopes));
    }
    let mut kept: Vec<BTreeSet<&str>> = Vec::new();
    for (_, scopes) in alternatives.into_iter().filter(|(count, _)| *count > 0) {
        if !kept.iter().any(|other| other.is_subset(&scopes)) {
            kept.push(scopes);
        }
    }
    json!(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::context;

    fn selected(paths: Value) -> Result<Value, Error> {
        let document = json!({
            "openapi": "3.1.0",
            "components": {"parameters": {
                "Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                "Loop": {"$ref": "#/components/parameters/Loop"},
            }},
            "security": [{"key": []}, {"oauth": ["a.read"]}],
            "paths": paths,
        });
        let (mut selected, notes) = select(&document, &context())?;
        match notes.into_iter().next() {
            Some(note) => Err(note.reason().clone()),
            None => Ok(selected["paths"].take()),
        }
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
        assert_eq!(operation[PERMISSIONS], json!([["a.read"]]));
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
    fn permissions_are_alternatives() {
        let of = |security: Value| permissions(Some(&security));
        assert_eq!(of(json!([{"key": []}, {"oauth": ["a"]}])), json!([["a"]]));
        assert_eq!(
            of(json!([{"oauth": ["c", "b"]}, {"oauth": ["a"]}])),
            json!([["a"], ["b", "c"]])
        );
        assert_eq!(of(json!([{"oauth": ["a", "b"]}, {"oauth": ["a"]}])), json!([["a"]]));
        assert_eq!(of(json!([{"oauth": ["a"], "other": ["b"]}])), json!([["a", "b"]]));
        assert_eq!(of(json!([{"key": []}])), json!([]));
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
