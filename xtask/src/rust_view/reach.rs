//! What a place in a document leads to.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::Document;

const SCHEMAS: &str = "#/components/schemas/";

/// Pointers to the component schemas that a place refers to, directly or through others.
pub(super) fn components(document: &Document, pointer: &str) -> BTreeSet<String> {
    let root = document.value();
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = root.pointer(pointer).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(keys) => {
                let reference = keys.get("$ref").and_then(Value::as_str);
                if let Some(reference) = reference.filter(|text| text.starts_with(SCHEMAS)) {
                    let target = reference.trim_start_matches('#');
                    if found.insert(target.to_owned()) {
                        open.extend(root.pointer(target));
                    }
                }
                open.extend(keys.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    found
}

/// Pointers to the schemas that make up the answers of an operation, or that a schema is made of:
/// through `$ref` and `allOf` alone.
pub(super) fn spine(document: &Document, pointer: &str) -> BTreeSet<String> {
    let root = document.value();
    let mut found = BTreeSet::new();
    let mut open = answers(root, pointer);
    if open.is_empty() {
        open.push(pointer.to_owned());
    }
    while let Some(pointer) = open.pop() {
        let Some(schema) = root.pointer(&pointer).filter(|_| !found.contains(&pointer)) else {
            continue;
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            open.push(target.trim_start_matches('#').to_owned());
        }
        let members = schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        open.extend((0..members).map(|index| format!("{pointer}/allOf/{index}")));
        found.insert(pointer);
    }
    found
}

/// What findings call the operation that a pointer is to.
pub(super) fn label(document: &Document, pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/paths/")?;
    let (path, method) = rest.split_once('/')?;
    let operation = document.value().pointer(pointer)?;
    Some(match operation.get("operationId").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => {
            let path = path.replace("~1", "/").replace("~0", "~");
            format!("{} {path}", method.to_uppercase())
        }
    })
}

/// Pointers to the schemas of the successful answers, if the pointer is to an operation.
fn answers(root: &Value, operation: &str) -> Vec<String> {
    let escaped = |key: &String| key.replace('~', "~0").replace('/', "~1");
    let mut schemas = Vec::new();
    let responses = root.pointer(operation).and_then(|value| value.get("responses")?.as_object());
    for (status, response) in responses.into_iter().flatten() {
        let content = response.get("content").and_then(Value::as_object);
        for media in content.into_iter().flat_map(|content| content.keys()) {
            let (status, media) = (escaped(status), escaped(media));
            schemas.push(format!("{operation}/responses/{status}/content/{media}/schema"));
        }
    }
    schemas
}
