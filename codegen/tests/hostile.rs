//! Documents that try to break the generator: each ends in an error with a place, or in code.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use std::fmt::Write;

use sendmux_client_codegen::{Error, Generated, Module, Surface, generate};
use serde_json::{Value, json};

fn with_schemas(schemas: Value, used: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "components": {"schemas": schemas},
        "paths": {"/things": {"get": {"operationId": "listThings", "responses": {"200": {
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{used}")}}}
        }}}}},
    })
}

fn with_operation(path: &str, operation: Value) -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"post": operation}}})
}

fn run(document: &Value) -> Result<Generated, Error> {
    let generated = generate(&document.to_string(), Surface::Management)?;
    syn::parse_file(generated.source()).unwrap_or_else(|error| panic!("{error}: {document}"));
    Ok(generated)
}

fn pointer(document: &Value) -> String {
    run(document).unwrap_err().pointer().to_owned()
}

fn signature(generated: &Generated, path: &str) -> String {
    let found = generated.items.iter().find(|item| item.path == path);
    found.unwrap_or_else(|| panic!("no {path} in {:#?}", generated.items)).signature.clone()
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn references_that_lead_nowhere_or_back() {
    assert_eq!(pointer(&with_schemas(json!({"A": to("None")}), "A")), "/components/schemas/A");
    assert_eq!(
        pointer(&with_schemas(json!({"A": object(json!({"b": to("None")}))}), "A")),
        "/components/schemas/A/properties/b"
    );
    assert!(run(&with_schemas(json!({"A": to("B"), "B": to("A")}), "A")).is_err());
    assert!(
        run(&with_schemas(json!({"A": {"allOf": [to("A"), object(json!({"x": {}}))]}}), "A"))
            .is_err()
    );
    assert!(run(&with_schemas(json!({"A": {"type": "array", "items": to("A")}}), "A")).is_err());
    for reference in [json!(null), json!({}), json!("other.json"), json!("#/paths")] {
        let members = json!([{"$ref": reference}, object(json!({"x": {}}))]);
        let schemas = json!({"A": {"allOf": members}});
        assert_eq!(pointer(&with_schemas(schemas, "A")), "/components/schemas/A/allOf/0");
    }
    let choice = json!({"A": {"anyOf": [to("B"), {"type": "string"}]},
        "B": {"anyOf": [to("A"), {"type": "array", "items": {"type": "string"}}]}});
    assert_eq!(pointer(&with_schemas(choice, "A")), "/components/schemas/A");
    let choice = json!({"A": {"anyOf": [to("A"), {"type": "string"}]}});
    assert_eq!(pointer(&with_schemas(choice, "A")), "/components/schemas/A");
    let outside = json!({"A": {"$ref": "other.json#/A"}});
    assert_eq!(pointer(&with_schemas(outside, "A")), "/components/schemas/A");
}

#[test]
fn types_that_contain_themselves_are_boxed() {
    let tree = json!({
        "Node": {"type": "object", "required": ["left"], "properties": {
            "left": to("Node"), "children": {"type": "array", "items": to("Node")}}},
    });
    let generated = run(&with_schemas(tree, "Node")).unwrap();
    assert!(signature(&generated, "management::types::Node::left").contains("Box<"));
    let through_union = json!({
        "Expression": {"anyOf": [{"type": "string"}, to("Call")]},
        "Call": {"type": "object", "required": ["argument"], "properties": {"argument": to("Expression")}},
    });
    let generated = run(&with_schemas(through_union, "Call")).unwrap();
    assert!(signature(&generated, "management::types::Expression::Call").contains("Box<"));
}

#[test]
fn members_that_do_not_fit() {
    let schemas = json!({"A": {"allOf": [{"type": "string"}, {"type": "integer"}]}});
    assert_eq!(pointer(&with_schemas(schemas, "A")), "/components/schemas/A/allOf/1");
    let schemas = json!({"A": {"allOf": "x"}});
    assert!(run(&with_schemas(schemas, "A")).is_err());
    let schemas = json!({"A": {"anyOf": []}});
    assert_eq!(pointer(&with_schemas(schemas, "A")), "/components/schemas/A");
    let schemas = json!({"A": "text"});
    assert_eq!(pointer(&with_schemas(schemas, "A")), "/components/schemas/A");
}

#[test]
fn names_that_rust_cannot_have() {
    let properties = json!({
        "type": {"type": "string"}, "self": {"type": "string"},
        "24h": {"type": "integer"}, "a.b": {"type": "string"},
        "": {"type": "string"}, "日本": {"type": "string"}, "crate": {"type": "boolean"},
    });
    run(&with_schemas(json!({"Odd": object(properties)}), "Odd")).unwrap();
    let schemas = json!({
        "foo": object(json!({"a": {"type": "string"}})), "Foo": object(json!({"b": to("foo")})),
        "f-o-o": object(json!({"c": to("Foo")})), "Self": object(json!({"d": to("f-o-o")})),
        "Option": object(json!({"e": to("Self"), "f": to("String")})),
        "String": object(json!({"g": {"type": "string"}})),
    });
    run(&with_schemas(schemas, "Option")).unwrap();
    let values = json!({"A": object(json!({"v": {"type": "string",
        "enum": ["", "a", "A", "a.", "1", "-1", "Self", "unknown", "日本", "\"", "`"]}}))});
    run(&with_schemas(values, "A")).unwrap();
    let parameters = json!([
        {"in": "query", "name": "type", "schema": {"type": "string"}},
        {"in": "query", "name": "request", "schema": {"type": "string"}},
        {"in": "query", "name": "endpoint", "schema": {"type": "string"}},
        {"in": "query", "name": "call", "schema": {"type": "string"}},
        {"in": "query", "name": "url", "schema": {"type": "string"}},
        {"in": "query", "name": "timeout", "schema": {"type": "string"}},
        {"in": "query", "name": "retry", "schema": {"type": "string"}},
        {"in": "query", "name": "header", "schema": {"type": "string"}},
        {"in": "query", "name": "self", "schema": {"type": "string"}},
        {"in": "query", "name": "await", "required": true, "schema": {"type": "string"}},
        {"in": "query", "name": "pages", "schema": {"type": "string"}},
    ]);
    let operation = json!({"operationId": "fn", "parameters": parameters, "responses": {"204": {}},
        "requestBody": {"content": {"application/json": {"schema": object(json!({"a": {}}))}}}});
    let generated = run(&with_operation("/x", operation.clone())).unwrap();
    assert_eq!(signature(&generated, "management::Fn::timeout_value"), "String");
    let mut twice = operation;
    twice["parameters"] = json!([{"in": "query", "name": "body", "schema": {"type": "string"}}]);
    let generated = run(&with_operation("/x", twice)).unwrap();
    assert_eq!(signature(&generated, "management::Fn::body_2"), "String");
}

#[test]
fn a_header_named_like_a_part_of_the_generator_stays() {
    for name in ["api-version", "Api-Version"] {
        let parameters = json!([{"in": "header", "name": name, "schema": {"type": "string"}}]);
        let operation =
            json!({"operationId": "get", "parameters": parameters, "responses": {"204": {}}});
        let generated = run(&with_operation("/x", operation)).unwrap();
        assert_eq!(signature(&generated, "management::Get::api_version"), "String");
        assert!(generated.source().contains(&format!("\"{name}\"")));
    }
}

#[test]
fn operations_that_collide() {
    let document = json!({"openapi": "3.1.0", "paths": {
        "/a": {"get": {"operationId": "same", "responses": {}}},
        "/b": {"get": {"operationId": "same", "responses": {}}},
    }});
    let generated = run(&document).unwrap();
    assert_eq!(generated.operations, 1);
    let error = generated.notes[0].reason();
    assert_eq!(error.pointer(), "/paths/~1b/get");
    assert!(error.to_string().contains("/paths/~1a/get"), "{error}");
}

#[test]
fn bodies_are_never_unit() {
    for content in [json!({}), json!({"image/png": {}}), json!({"application/pdf": {"schema": {}}})]
    {
        let operation = json!({"operationId": "get", "responses": {"200": {"content": content}}});
        let generated = run(&with_operation("/x", operation)).unwrap();
        assert_eq!(signature(&generated, "management::Client::get"), "fn -> crate::Download");
    }
    let operation = json!({"operationId": "get", "responses": {"204": {}}});
    let generated = run(&with_operation("/x", operation)).unwrap();
    assert_eq!(signature(&generated, "management::Client::get"), "fn -> crate::Response<()>");
    let image = json!({"operationId": "put", "responses": {"204": {}},
        "requestBody": {"content": {"image/png": {"schema": {"type": "object"}}}}});
    let generated = run(&with_operation("/x", image)).unwrap();
    assert!(generated.source().contains("Upload"));
}

#[test]
fn version_3_0_is_read_as_well() {
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "components": {"schemas": {"A": {"type": "object", "required": ["n"], "properties": {
            "n": {"type": "string", "nullable": true},
            "m": {"type": "integer", "minimum": 0, "exclusiveMinimum": true}}}}},
        "paths": {"/a": {"get": {"responses": {"200": {"description": "", "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}},
    });
    let generated = run(&document).unwrap();
    assert_eq!(signature(&generated, "management::types::A::n"), "Option<String>");
    assert_eq!(signature(&generated, "management::types::A::m"), "Option<i64>");
    assert_eq!(
        signature(&generated, "management::Client::get_a"),
        "fn -> crate::Response<types::A>"
    );
}

#[test]
fn every_mixture_of_null_and_absence_has_its_type() {
    let schemas = json!({"A": {"type": "object", "required": ["r", "rn"], "properties": {
        "r": {"type": "string"}, "rn": {"type": ["string", "null"]},
        "o": {"type": "array", "items": {"type": "string"}}, "on": {"type": ["array", "null"], "items": {"type": "string"}},
        "m": {"type": "object", "additionalProperties": {"type": "boolean"}}, "any": {}}}});
    let generated = run(&with_schemas(schemas, "A")).unwrap();
    let ty = |field: &str| signature(&generated, &format!("management::types::A::{field}"));
    assert_eq!(ty("r"), "String");
    assert_eq!(ty("rn"), "Option<String>");
    assert_eq!(ty("o"), "Option<Vec<String>>");
    assert_eq!(ty("on"), "crate::Nullable<Vec<String>>");
    assert_eq!(ty("m"), "Option<BTreeMap<String,bool>>");
    assert_eq!(ty("any"), "Option<serde_json::Value>");
}

#[test]
fn a_required_null_is_decided_by_the_caller() {
    let body = json!({"type": "object", "required": ["at", "id"], "properties": {
        "at": {"type": ["string", "null"], "format": "date-time"}, "id": {"type": "string"},
        "note": {"type": ["string", "null"]}}});
    let operation = json!({"operationId": "plan", "responses": {"204": {}}, "requestBody":
        {"required": true, "content": {"application/json": {"schema": body}}}});
    let generated = run(&with_operation("/x", operation)).unwrap();
    assert_eq!(signature(&generated, "management::types::Plan::new"), "fn(at,id)");
    assert!(generated.source().contains("at: ::std::option::Option<crate::Timestamp>,"));
}

#[test]
fn a_required_if_match_is_set_on_the_request() {
    let header =
        json!({"in": "header", "name": "If-Match", "required": true, "schema": {"type": "string"}});
    let operation = json!({"operationId": "put", "parameters": [header], "responses": {"204": {}}});
    let generated = run(&with_operation("/x", operation)).unwrap();
    assert_eq!(signature(&generated, "management::Put::if_match"), "crate::ETag");
    assert!(generated.source().contains("impl crate::IfMatch for Put"));
}

#[test]
fn only_a_download_that_takes_a_range_is_resumed_with_one() {
    for (name, send) in [("Range", "self.call.download("), ("X-Other", "self.call.download_whole(")]
    {
        let header = json!({"in": "header", "name": name, "schema": {"type": "string"}});
        let operation = json!({"operationId": "raw", "parameters": [header], "responses":
            {"200": {"content": {"message/rfc822": {}}}}});
        let generated = run(&with_operation("/x", operation)).unwrap();
        assert!(generated.source().contains(send), "{name}");
    }
}

#[test]
fn yaml_html_and_broken_json_are_told_apart() {
    let what = |text: &str| generate(text, Surface::Management).unwrap_err().to_string();
    assert!(what("openapi: 3.1.0").contains("YAML"));
    assert!(what("<html>").contains("HTML"));
    assert!(what("{\"openapi\": ").contains("JSON"));
}

#[test]
fn nesting_without_end_neither_hangs_nor_overflows() {
    let deep = |open: &str, close: &str, times: usize| {
        format!(
            "{{\"openapi\":\"3.1.0\",\"paths\":{}1{}}}",
            open.repeat(times),
            close.repeat(times)
        )
    };
    assert!(generate(&deep("{\"a\":", "}", 5_000_000), Surface::Management).is_err());
    assert!(generate(&"[".repeat(20_000_000), Surface::Management).is_err());
    let mut chain = String::from("{\"openapi\":\"3.1.0\",\"components\":{\"schemas\":{");
    for index in 0..20_000 {
        let _ = write!(chain, "\"S{index}\":{{\"$ref\":\"#/components/schemas/S{}\"}},", index + 1);
    }
    chain.push_str("\"S20000\":{\"type\":\"string\"}}},\"paths\":{\"/a\":{\"get\":{\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/S0\"}}}}}}}}}");
    assert!(generate(&chain, Surface::Management).is_err());
}

#[test]
fn an_invalid_leaf_is_found_under_any_number_of_schemas() {
    for (leaf, keyword) in [
        (json!({"type": 5}), "type"),
        (json!({"type": "text"}), "type"),
        (json!({"enum": "a"}), "enum"),
        (json!({"properties": []}), "properties"),
        (json!({"required": "a"}), "required"),
        (json!({"nullable": "yes"}), "nullable"),
        (json!({"type": "string", "format": {}}), "format"),
        (json!({"description": 1}), "description"),
    ] {
        for wrap in [
            (|inner| json!({"type": "array", "items": inner})) as fn(Value) -> Value,
            |inner| json!({"type": "object", "properties": {"a": inner}}),
            |inner| json!({"oneOf": [inner, {"type": "integer"}]}),
        ] {
            let schema = (0..50).fold(leaf.clone(), |inner, _| wrap(inner));
            let found = pointer(&with_schemas(json!({ "A": schema }), "A"));
            assert!(found.ends_with(&format!("/{keyword}")), "{found}");
        }
    }
    let deep = (0..90)
        .fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}));
    let deep = with_schemas(json!({"A": object(json!({ "a": deep }))}), "A");
    assert!(generate(&deep.to_string(), Surface::Management).is_ok());
}

#[test]
fn prose_cannot_smuggle_code_or_break_the_build() {
    let words = "\"#] mod evil {} ```\nfn main() { panic!() }\n```\n    indented\n<script> [link] */ /** \u{0}";
    let document = json!({
        "openapi": "3.1.0", "info": {"title": words, "version": words},
        "components": {"schemas": {"A": {"type": "object", "description": words, "properties": {
            "f": {"type": "string", "description": words, "pattern": "`\"*/"}}}}},
        "paths": {"/a": {"get": {"summary": words, "description": words, "operationId": "a",
            "parameters": [{"in": "query", "name": "q", "schema": {"type": "string", "description": words}}],
            "responses": {"200": {"content": {"application/json": {"schema": to("A")}}}}}}},
    });
    let generated = run(&document).unwrap();
    let file = syn::parse_file(generated.source()).unwrap();
    assert!(
        !file
            .items
            .iter()
            .any(|item| matches!(item, syn::Item::Mod(module) if module.ident == "evil"))
    );
}

fn events(payload: &Value) -> Result<Generated, Error> {
    let document = json!({"openapi": "3.1.0", "paths": {}, "components": {"schemas": {
        "WebhookEventPayload": payload, "Kind": {"enum": ["a", "b"]}}}});
    let generated = generate(&document.to_string(), Module::Webhooks)?;
    syn::parse_file(generated.source()).unwrap_or_else(|error| panic!("{error}: {document}"));
    Ok(generated)
}

#[test]
fn events_that_cannot_be_told_apart() {
    let text = json!({"type": "string"});
    for payload in [
        json!({}),
        json!(null),
        json!([]),
        text.clone(),
        json!({"enum": ["a"]}),
        json!({"type": "object"}),
        json!({"type": "array", "items": object(json!({"id": text, "type": to("Kind")}))}),
        to("WebhookEventPayload"),
        to("None"),
        object(json!({"type": to("Kind")})),
        object(json!({"id": text, "type": text})),
        object(json!({"id": {"type": "integer"}, "type": to("Kind")})),
        json!({"oneOf": [object(json!({"id": text})), object(json!({"type": to("Kind")}))]}),
    ] {
        let error = events(&payload).unwrap_err();
        let place = error.pointer();
        assert!(place.starts_with("/components/schemas/WebhookEventPayload"), "{payload}: {error}");
    }
}

#[test]
fn events_in_unusual_words() {
    let text = json!({"type": ["string", "null"]});
    let kind = json!({"anyOf": [to("Kind"), {"type": "null"}]});
    for data in [
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"type": ["object", "null"], "properties": {"attempts": {"type": "number"}}}),
        json!({"oneOf": [object(json!({"a": text})), object(json!({"b": text}))]}),
        json!({"type": "array", "items": to("WebhookEventPayload")}),
        to("WebhookEventPayload"),
        to("Kind"),
        json!(true),
    ] {
        let payload = object(json!({"id": text, "type": kind, "data": data}));
        let generated = events(&payload).unwrap_or_else(|error| panic!("{data}: {error}"));
        assert_eq!(signature(&generated, "webhooks::types::Event::id"), "String");
        assert!(signature(&generated, "webhooks::types::Event::type_").ends_with("::EventType"));
    }
}
