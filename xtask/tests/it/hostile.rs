//! Hostile documents.

use serde_json::{Map, Value, json};
use xtask::compare::{Side, compare};
use xtask::diff::Document;

use crate::support::{diff, ids, operation, returns};

fn reference(name: impl std::fmt::Display) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn every_kind_of_cycle_terminates() {
    let schemas = |leaf: &str| {
        json!({
            "Self": reference("Self"),
            "All": {"allOf": [reference("All"), {"type": "object", "properties": {"a": reference("All")}}]},
            "Any": {"anyOf": [reference("Any"), reference("One"), {"type": leaf}]},
            "One": {"oneOf": [reference("Any"), {"type": "null"}]},
            "List": {"type": "array", "items": reference("List")},
            "Tree": {"type": "object", "properties": {
                "left": reference("Tree"), "right": reference("Tree"), "leaf": {"type": leaf},
                "self": reference("Self"), "all": reference("All"), "any": reference("Any"), "list": reference("List")}},
        })
    };
    let old = operation(reference("Tree"), reference("Tree"), schemas("string"));
    let new = operation(reference("Tree"), reference("Tree"), schemas("boolean"));
    assert!(diff(&old, &old).is_empty());
    let found = diff(&old, &new);
    let leaves =
        found.iter().filter(|one| one.location == "/components/schemas/Tree/properties/leaf");
    assert_eq!(leaves.count(), 2, "{found:#?}");
}

#[test]
fn cycles_of_different_lengths_terminate() {
    let ring = |length: usize| -> Value {
        let all = (0..length).map(|index| {
            let next = reference(format!("R{}", (index + 1) % length));
            (format!("R{index}"), json!({"type": "object", "properties": {"next": next}}))
        });
        Value::Object(all.collect::<Map<_, _>>())
    };
    let (old, new) = (
        operation(json!({}), reference("R0"), ring(97)),
        operation(json!({}), reference("R0"), ring(89)),
    );
    assert!(diff(&old, &new).iter().all(|finding| finding.id.starts_with("schema-")));
}

#[test]
fn megabytes_of_nesting_are_refused_or_compared() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("{}{}", open.repeat(count), close.repeat(count))
    };
    let text = format!(
        "{{\"openapi\": \"3.1.0\", \"paths\": {{}}, \"x\": {}}}",
        deep("[", "]", 1_000_000)
    );
    assert!(Document::parse(&text).unwrap_err().to_string().contains("not JSON"));
    // Schemas that the parser accepts can still be deep by reference.
    let chain = |leaf: &str, inner: fn(Value) -> Value| -> Value {
        let links = (0..20_000)
            .map(|index| (format!("L{index}"), inner(reference(format!("L{}", index + 1)))));
        let mut schemas: Map<String, Value> = links.collect();
        schemas.insert("L20000".to_owned(), json!({"type": leaf}));
        operation(json!({}), reference("L0"), Value::Object(schemas))
    };
    let list = |next: Value| json!({"type": "array", "items": next});
    let found = diff(&chain("string", list), &chain("boolean", list));
    assert_eq!(ids(&found), ["response-type-changed"]);
    assert_eq!(found[0].location, "/components/schemas/L20000");
    let merged = |next: Value| json!({"allOf": [next, {"description": "a"}]});
    assert!(diff(&chain("string", merged), &chain("string", merged)).is_empty());
}

#[test]
fn huge_lists_are_compared_quickly() {
    let values = |prefix: &str| -> Vec<String> {
        (0..50_000).map(|index| format!("{prefix}{index}")).collect()
    };
    let old = returns(json!({"type": "string", "enum": values("a")}));
    let new = returns(json!({"type": "string", "enum": values("b")}));
    assert_eq!(diff(&old, &new).len(), 100_000);
    let parameters = |prefix: &str| -> Value {
        let all = (0..20_000)
            .map(|index| json!({"in": "query", "name": format!("{prefix}{index}"), "schema": {}}));
        json!({"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": all.collect::<Value>()}}}})
    };
    assert_eq!(diff(&parameters("a"), &parameters("b")).len(), 40_000);
    let branches = |format: &str| -> Value {
        let all = (0..2_000)
            .map(|index| json!({"type": "object", "properties": {format!("{format}{index}"): {}}}));
        returns(json!({"anyOf": all.collect::<Value>()}))
    };
    assert!(!diff(&branches("a"), &branches("b")).is_empty());
}

#[test]
fn wide_and_shared_schemas_are_compared_once() {
    // Every component refers to every other, so the number of paths is astronomical.
    let schemas = |leaf: &str| -> Value {
        let all = (0..60).map(|index| {
            let fields = (0..60).map(|other| (format!("f{other}"), reference(format!("S{other}"))));
            let mut fields: Map<String, Value> = fields.collect();
            fields.insert("leaf".to_owned(), json!({"type": leaf}));
            (format!("S{index}"), json!({"type": "object", "properties": fields}))
        });
        Value::Object(all.collect::<Map<_, _>>())
    };
    let old = operation(json!({}), reference("S0"), schemas("string"));
    let new = operation(json!({}), reference("S0"), schemas("boolean"));
    let found = diff(&old, &new);
    assert_eq!(found.len(), 60);
    assert_eq!(ids(&found[..1]), ["response-type-changed"]);
}

#[test]
fn constraints_that_lead_everywhere_are_compared() {
    let schemas = |leaf: &str| -> Value {
        let all = (0..12).map(|index| {
            let mut any: Vec<Value> = (0..12).map(|other| reference(format!("S{other}"))).collect();
            any.push(json!({"type": leaf}));
            (format!("S{index}"), json!({"anyOf": any}))
        });
        Value::Object(all.collect::<Map<_, _>>())
    };
    let document =
        |leaf: &str| operation(json!({"not": reference("S0")}), json!({}), schemas(leaf));
    let found = diff(&document("string"), &document("boolean"));
    assert!(found.iter().any(|finding| finding.id == "request-constraint-changed"), "{found:#?}");
}

#[test]
fn thousands_of_items_are_attributed() {
    let document = |prefix: &str| {
        let values: Vec<String> = (0..2_000).map(|index| format!("{prefix}{index}")).collect();
        returns(json!({"type": "object", "properties": {"a": {"type": "string", "enum": values}}}))
    };
    let side = |value: Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(document("a")), &side(document("b"))).unwrap();
    assert_eq!(report.findings.len(), 4_000);
    assert!(report.findings.iter().all(|finding| finding.rust.len() == 1));
}
