//! Documents to compare.

use std::io::Read;
use std::sync::LazyLock;

use lzma_rust2::XzReader;
use serde_json::{Value, json};
use xtask::diff::{Document, Finding, compare};
use xtask::spec::canonical;

/// An earlier document of the app host, so that no test depends on the vendored one.
pub(crate) static APP: LazyLock<String> = LazyLock::new(|| earlier("app-052-2026-09-08"));
/// An earlier document of the sending host.
pub(crate) static SENDING: LazyLock<String> = LazyLock::new(|| earlier("sending-006-2026-07-28"));

fn earlier(name: &str) -> String {
    let packed = include_bytes!("../../../codegen/tests/history/documents.jsonl.xz");
    let mut text = String::new();
    XzReader::new(&packed[..], true).read_to_string(&mut text).unwrap();
    let mut lines = text.lines().map(parsed);
    let mut document = lines.find(|line| line["name"] == name).unwrap()["document"].take();
    // Earlier documents have no prose here, and no alternatives of credentials.
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            operation["summary"] = json!("Does it");
            operation["security"] = json!([{"bearerAuth": []}, {"oauth2": ["a.read"]}]);
        }
    }
    canonical(&document)
}

/// Parses a document.
pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Compares two documents.
pub(crate) fn diff(old: &Value, new: &Value) -> Vec<Finding> {
    let document = |value: &Value| Document::from_value(value.clone()).unwrap();
    compare(&document(old), &document(new)).unwrap()
}

/// Compares two documents and returns the findings that are reported without the Rust view.
pub(crate) fn reported(old: &Value, new: &Value) -> Vec<Finding> {
    let mut findings = diff(old, new);
    findings.retain(|finding| finding.id != "schema-moved");
    findings
}

/// Returns the ids of findings in their order.
pub(crate) fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id).collect()
}

/// Returns a document with one operation that sends and returns the given schemas.
pub(crate) fn operation(request: Value, response: Value, schemas: Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {"/things": {"post": {
            "operationId": "managementMakeThing",
            "requestBody": {"required": true, "content": {"application/json": {"schema": request}}},
            "responses": {"200": {"description": "", "content": {
                "application/json": {"schema": response}}}},
        }}},
        "components": {"schemas": schemas},
    })
}

/// Returns a document that sends one schema.
pub(crate) fn sends(schema: Value) -> Value {
    operation(schema, json!({}), json!({}))
}

/// Returns a document that returns one schema.
pub(crate) fn returns(schema: Value) -> Value {
    operation(json!({}), schema, json!({}))
}

/// Sets or removes the value at a pointer.
pub(crate) fn put(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(holder).unwrap(), value) {
        (Value::Object(holder), Some(value)) => {
            holder.insert(key, value);
        }
        (Value::Object(holder), None) => {
            holder.remove(&key);
        }
        (Value::Array(holder), Some(value)) => {
            let index: usize = key.parse().unwrap();
            if index < holder.len() {
                holder[index] = value;
            } else {
                holder.push(value);
            }
        }
        (Value::Array(holder), None) => {
            let index: usize = key.parse().unwrap();
            holder.truncate(index);
        }
        (other, _) => panic!("{holder} is {other}"),
    }
}
