//! What no document of the API uses: each kind is generated right, or the operation that uses it is
//! left out, with everything else intact.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use sendmux_client_codegen::{Generated, Surface, generate};
use serde_json::{Map, Value, json};

/// Returns a document with a plain operation and another one, and these schemas.
fn document(path: &str, item: Value, schemas: Value) -> Value {
    let plain = json!({"get": {"operationId": "plain", "responses": {"200": {"content": {
        "application/json": {"schema": to("Plain")}}}}}});
    let mut components = schemas.as_object().cloned().unwrap_or_default();
    components.insert("Plain".to_owned(), object(json!({"id": {"type": "string"}})));
    json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "components": {"schemas": components},
        "paths": {path: item, "/plain": plain},
    })
}

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn run(document: &Value) -> Generated {
    let generated = generate(&document.to_string(), Surface::Management);
    let generated = generated.unwrap_or_else(|error| panic!("{error}: {document}"));
    syn::parse_file(generated.source()).unwrap_or_else(|error| panic!("{error}: {document}"));
    let plain = "management::Client::plain";
    assert!(generated.items.iter().any(|item| item.path == plain), "{document}");
    generated
}

/// Asserts that only the operation besides the plain one is left out, because of this place.
fn assert_left_out(document: &Value, pointer: &str) {
    let generated = run(document);
    let notes: Vec<String> = generated.notes.iter().map(ToString::to_string).collect();
    assert_eq!(generated.operations, 1, "{pointer}: {notes:?}");
    assert_eq!(generated.notes.len(), 1, "{pointer}: {notes:?}");
    let note = &generated.notes[0];
    assert_eq!(note.reason().pointer(), pointer, "{note}");
    assert!(!note.reason().remedy().is_empty() && note.subject().starts_with('`'), "{note}");
    assert!(generated.source().contains("Not generated: "), "{note}");
}

/// Asserts that both operations are generated, and returns what the items of this path are.
fn signature(document: &Value, path: &str) -> String {
    let generated = run(document);
    assert!(generated.notes.is_empty(), "{path}: {:?}", generated.notes);
    assert_eq!(generated.operations, 2, "{path}");
    let path = format!("management::{path}");
    let found = generated.items.iter().find(|item| item.path == path);
    found.unwrap_or_else(|| panic!("no {path} in {:#?}", generated.items)).signature.clone()
}

fn with_operation(operation: Value) -> Value {
    document("/odd/{id}", json!({ "post": operation }), json!({}))
}

fn with_parameters(parameters: Value) -> Value {
    with_operation(
        json!({"operationId": "odd", "parameters": parameters, "responses": {"204": {}}}),
    )
}

fn with_schema(schema: Value) -> Value {
    let responses = json!({"200": {"content": {"application/json": {"schema": to("Odd")}}}});
    let get = json!({"operationId": "odd", "responses": responses});
    document("/odd", json!({ "get": get }), json!({ "Odd": schema }))
}

fn with_body(content: Value) -> Value {
    with_operation(json!({"operationId": "odd", "requestBody": {"content": content},
        "responses": {"204": {}}}))
}

#[test]
fn properties_of_one_rust_name() {
    let text = || json!({"type": "string"});
    for (first, second) in [("fooBar", "foo_bar"), ("a.b", "a-b"), ("self", "Self"), ("_", "-")] {
        let generated = run(&with_schema(object(json!({ first: text(), second: text() }))));
        assert!(generated.notes.is_empty(), "{first} {second}: {:?}", generated.notes);
        let fields = generated.items.iter().filter(|item| item.path.contains("types::Odd::"));
        assert_eq!(fields.count(), 2, "{first} {second}: {:#?}", generated.items);
        for name in [first, second].into_iter().filter(|name| *name != "foo_bar") {
            let renamed = format!("rename = {name:?}");
            assert!(generated.source().contains(&renamed), "{name}: {}", generated.source());
        }
    }
    for name in ["self", "Self", "_", "-", "type", "24h", ""] {
        let mut properties = Map::new();
        properties.insert(name.to_owned(), text());
        let generated = run(&with_schema(object(properties.into())));
        if generated.notes.is_empty() {
            let renamed = format!("rename = {name:?}");
            assert!(generated.source().contains(&renamed), "{name}: {}", generated.source());
        }
    }
}

#[test]
fn a_property_called_like_the_constructor() {
    let schema = object(json!({"new": {"type": "string"}}));
    let body = json!({"operationId": "odd", "responses": {"204": {}},
        "requestBody": {"content": {"application/json": {"schema": to("Odd")}}}});
    let document = document("/odd", json!({ "post": body }), json!({ "Odd": schema }));
    assert_eq!(signature(&document, "types::Odd::new_value"), "Option<String>");
    assert_eq!(signature(&document, "types::Odd::new"), "fn()");
}

#[test]
fn parameters_of_one_rust_name() {
    let parameter = |place: &str, name: &str| json!({"in": place, "name": name, "required": place == "path", "schema": {"type": "string"}});
    for (first, other, input, sent) in [
        (("path", "id"), ("query", "id"), "query_id", "id"),
        (("path", "id"), ("header", "Id"), "header_id", "Id"),
        (("query", "a-b"), ("query", "a_b"), "a_b_2", "a-b"),
        (("query", "self"), ("query", "Self"), "self_2", "Self"),
        (("query", "timeout"), ("query", "timeout_value"), "timeout_value_2", "timeout"),
        (("query", "header_map"), ("query", "plain"), "header_map_2", "header_map"),
    ] {
        let parameters = json!([parameter(first.0, first.1), parameter(other.0, other.1)]);
        let document = with_parameters(parameters);
        assert_eq!(signature(&document, &format!("Odd::{input}")), "String");
        let source = run(&document).source().to_owned();
        assert!(source.contains(&format!("{sent:?}")), "{source}");
        assert!(!source.contains(&format!("{input:?}")), "{source}");
    }
    let twice = json!([parameter("header", "X-A"), parameter("header", "x-a")]);
    assert_left_out(&with_parameters(twice), "/paths/~1odd~1{id}/post/parameters/1");
    let twins = json!([parameter("query", "last_event_id"), parameter("header", "Last-Event-ID")]);
    assert_eq!(signature(&with_parameters(twins), "Odd::last_event_id"), "String");
}

#[test]
fn lists_in_parameters() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let at = "/paths/~1odd~1{id}/post/parameters/0";
    for (place, name) in [("header", "X-Ids"), ("path", "id")] {
        let parameter = json!({"in": place, "name": name, "required": true, "schema": list});
        assert_left_out(&with_parameters(json!([parameter])), at);
    }
    let cookie = json!({"in": "cookie", "name": "c", "required": true, "schema": list});
    assert_left_out(&with_parameters(json!([cookie])), at);
    let query = json!({"in": "query", "name": "tags", "schema": list});
    let taken = signature(&with_parameters(json!([query])), "Odd::tags");
    assert_eq!(taken, "Vec<String>");
}

#[test]
fn other_styles_of_parameters() {
    let at = "/paths/~1odd~1{id}/post/parameters/0";
    let list = || json!({"type": "array", "items": {"type": "string"}});
    let parameter =
        |style: &str, schema| json!({"in": "query", "name": "q", "style": style, "schema": schema});
    for style in ["deepObject", "pipeDelimited", "spaceDelimited"] {
        let document = with_parameters(json!([parameter(style, list())]));
        assert_left_out(&document, &format!("{at}/style"));
    }
    let joined = json!({"in": "query", "name": "q", "explode": false, "schema": list()});
    assert_left_out(&with_parameters(json!([joined])), &format!("{at}/explode"));
    let fields =
        json!({"in": "query", "name": "q", "schema": object(json!({"a": {"type": "string"}}))});
    assert_left_out(&with_parameters(json!([fields])), at);
    let lists = json!({"type": "array", "items": list()});
    assert_left_out(&with_parameters(json!([{"in": "query", "name": "q", "schema": lists}])), at);
    let either = json!({"oneOf": [{"type": "string"}, list()]});
    assert_left_out(&with_parameters(json!([{"in": "query", "name": "q", "schema": either}])), at);
    let media =
        json!({"in": "query", "name": "q", "content": {"application/json": {"schema": {}}}});
    assert_left_out(&with_parameters(json!([media])), &format!("{at}/content"));
    let whole = json!({"in": "querystring", "name": "q", "schema": {"type": "string"}});
    assert_left_out(&with_parameters(json!([whole])), at);
}

#[test]
fn other_bodies() {
    for media_type in [
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/csv",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/xml",
    ] {
        let body = with_body(json!({ media_type: {"schema": {"type": "object"}} }));
        assert_left_out(&body, "/paths/~1odd~1{id}/post/requestBody/content");
        let either = json!({ media_type: {"schema": {"type": "string"}},
            "application/json": {"schema": object(json!({"a": {"type": "string"}}))} });
        assert!(signature(&with_body(either), "types::Odd::a").contains("String"));
    }
}

#[test]
fn unions_with_a_discriminator() {
    let branch = |name: &str| object(json!({"kind": {"const": name}, "id": {"type": "string"}}));
    let schema =
        json!({"oneOf": [branch("a"), branch("b")], "discriminator": {"propertyName": "kind"}});
    assert_left_out(&with_schema(schema), "/components/schemas/Odd/discriminator");
}

#[test]
fn a_list_is_never_read_as_an_object() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let union = with_schema(object(json!({"a": {"oneOf": [to("Plain"), list]}})));
    assert_eq!(signature(&union, "types::OddA::List"), "Vec<String>");
    let source = run(&union).source().to_owned();
    assert!(source.find("List(").unwrap() < source.find("Plain(").unwrap(), "{source}");
}

#[test]
fn path_items_by_reference() {
    let item = json!({"get": {"operationId": "odd", "responses": {"204": {}}}});
    let mut document = document("/odd", json!({"$ref": "#/components/pathItems/Odd"}), json!({}));
    document["components"]["pathItems"] = json!({ "Odd": item });
    assert_eq!(signature(&document, "Client::odd"), "fn -> crate::Response<()>");
    document["paths"]["/odd"]["$ref"] = "other.json".into();
    assert_left_out(&document, "/paths/~1odd");
}

#[test]
fn other_servers() {
    let elsewhere = json!([{"url": "https://other.example.com"}]);
    let mut operation = json!({"operationId": "odd", "responses": {"204": {}}});
    let item = json!({"post": operation, "servers": elsewhere});
    assert_left_out(&document("/odd", item, json!({})), "/paths/~1odd/servers");
    operation["servers"] = elsewhere;
    let at = "/paths/~1odd~1{id}/post/servers";
    assert_left_out(&with_operation(operation), at);
    let mut with_variables = with_parameters(json!([]));
    with_variables["servers"] = json!([{"url": "https://{region}.example.com",
        "variables": {"region": {"default": "eu"}}}]);
    assert!(run(&with_variables).source().contains("\"https://eu.example.com\""));
    for url in ["/api/v1", "https://{region}.example.com", "api.example.com"] {
        let mut relative = with_parameters(json!([]));
        relative["servers"] = json!([{"url": url}]);
        let generated = run(&relative);
        assert_eq!(generated.operations, 2);
        assert_eq!(generated.notes[0].reason().pointer(), "/servers/0/url");
        assert!(generated.source().contains("const SERVER: &str = \"\";"));
    }
}

#[test]
fn event_streams_of_another_surface() {
    let events = json!({"200": {"content": {"text/event-stream": {"schema": {"type": "string"}}}}});
    let operation = json!({"operationId": "odd", "responses": events});
    assert_left_out(&with_operation(operation), "/paths/~1odd~1{id}/post/responses");
}

#[test]
fn other_methods() {
    let operation = json!({"operationId": "odd", "responses": {"204": {}}});
    for method in ["trace", "options", "query"] {
        let document = document("/odd", json!({ method: operation }), json!({}));
        assert_left_out(&document, &format!("/paths/~1odd/{method}"));
    }
    let other = json!({"additionalOperations": {"LINK": operation}});
    let document = document("/odd", other, json!({}));
    assert_left_out(&document, "/paths/~1odd/additionalOperations");
    let head = json!({"head": {"operationId": "odd", "responses": {"200": {"content": {
        "application/json": {"schema": {"type": "object"}}}}}}});
    assert_left_out(&self::document("/odd", head, json!({})), "/paths/~1odd/head/responses");
}

#[test]
fn schemas_beyond_types() {
    let text = || json!({"type": "string"});
    let property = |schema: Value| with_schema(object(json!({ "a": schema })));
    let at = "/components/schemas/Odd/properties/a";
    assert_left_out(&property(json!(false)), at);
    let tuple = json!({"type": "array", "prefixItems": [text(), {"type": "integer"}]});
    assert_left_out(&property(tuple), &format!("{at}/prefixItems"));
    let tuple = json!({"type": "array", "items": [text()]});
    assert_left_out(&property(tuple), &format!("{at}/items"));
    assert_left_out(&property(json!({"$ref": "#/components/schemas/Odd/properties/b"})), at);
    assert_left_out(&property(json!({"$ref": "#/$defs/X"})), at);
    assert_left_out(&property(json!({"$defs": {"X": text()}, "$ref": "#/$defs/X"})), at);
}

#[test]
fn deep_all_of() {
    let mut schemas = json!({"Odd": object(json!({"p0": {"type": "string"}}))});
    for level in 1..30 {
        let base = if level == 1 { "Odd".to_owned() } else { format!("Level{}", level - 1) };
        let name = format!("p{level}");
        schemas[format!("Level{level}")] =
            json!({"allOf": [to(&base), object(json!({ name: {"type": "string"} }))]});
    }
    let responses = json!({"200": {"content": {"application/json": {"schema": to("Level29")}}}});
    let get = json!({"operationId": "odd", "responses": responses});
    let document = document("/odd", json!({ "get": get }), schemas);
    assert_eq!(signature(&document, "types::Level29::p0"), "Option<String>");
}

#[test]
fn all_of_that_excludes_null() {
    let inner = json!({"type": ["object", "null"], "properties": {"b": {"type": "string"}}});
    let nullable = |members: Value| {
        let schema =
            json!({"type": "object", "required": ["a"], "properties": {"a": {"allOf": members}}});
        let responses = json!({"200": {"content": {"application/json": {"schema": to("Odd")}}}});
        let get = json!({"operationId": "odd", "responses": responses});
        let schemas = json!({"Odd": schema, "Inner": inner});
        let ty = signature(&document("/odd", json!({ "get": get }), schemas), "types::Odd::a");
        ty.starts_with("Option<")
    };
    assert!(nullable(json!([to("Inner")])));
    assert!(nullable(json!([to("Inner"), {"description": "d"}])));
    assert!(!nullable(json!([to("Inner"), {"type": "object"}])));
    assert!(!nullable(json!([{"type": "object"}, to("Inner")])));
    assert!(!nullable(json!([to("Inner"), object(json!({"c": {"type": "string"}}))])));
    assert!(nullable(json!([to("Inner"), {"type": ["object", "null"]}])));
}

#[test]
fn values_of_enums() {
    let of =
        |schema: Value| signature(&with_schema(object(json!({ "a": schema }))), "types::Odd::a");
    assert_eq!(of(json!({"type": "integer", "enum": [1, 2]})), "Option<i64>");
    assert_eq!(of(json!({"enum": ["a", 1, true]})), "Option<serde_json::Value>");
    let twice = with_schema(object(json!({"a": {"type": "string", "enum": ["x", "x", "y"]}})));
    assert_eq!(signature(&twice, "types::OddA::X"), "variant \"x\"");
    let source = run(&twice).source().to_owned();
    assert_eq!(source.matches("= \"x\"").count(), 1, "{source}");
    let cases = with_schema(object(json!({"a": {"type": "string", "enum": ["x", "X"]}})));
    assert_eq!(signature(&cases, "types::OddA::X"), "variant \"x\"");
    assert_eq!(signature(&cases, "types::OddA::XX"), "variant \"X\"");
}

#[test]
fn what_stands_beside_a_reference() {
    let schema =
        json!({"$ref": "#/components/schemas/Plain", "properties": {"b": {"type": "string"}}});
    assert_eq!(signature(&with_schema(schema.clone()), "types::Odd::b"), "Option<String>");
    assert_eq!(signature(&with_schema(schema), "types::Odd::id"), "Option<String>");
}

#[test]
fn documents_of_version_3_2() {
    let mut document = with_parameters(json!([]));
    document["openapi"] = "3.2.0".into();
    document["$self"] = "https://api.example.com/openapi.json".into();
    assert_eq!(signature(&document, "Client::odd"), "fn -> crate::Response<()>");
    let items = json!({"200": {"content": {"application/jsonl": {"itemSchema": {}}}}});
    let operation = json!({"operationId": "odd", "responses": items});
    let at = "/paths/~1odd~1{id}/post/responses/200/content/application~1jsonl/itemSchema";
    assert_left_out(&with_operation(operation), at);
}

#[test]
fn schemas_that_nothing_uses() {
    let unused = json!({"Tuple": {"type": "array", "prefixItems": [{}]}, "Never": false,
        "Broken": {"$ref": "other.json"}, "Loop": {"$ref": "#/components/schemas/Loop"},
        "Odd": {"discriminator": {}}, "Text": "text"});
    let get = json!({"get": {"operationId": "odd", "responses": {"204": {}, "400": {"content": {
        "application/json": {"schema": to("Tuple")}}}}}});
    let document = document("/odd", get, unused);
    assert_eq!(signature(&document, "Client::odd"), "fn -> crate::Response<()>");
}

#[test]
fn one_fault_costs_every_operation_that_leads_to_it_and_no_other() {
    let mut document = with_schema(object(json!({"a": {"type": "array", "items": false}})));
    document["components"]["schemas"]["Outer"] = object(json!({"odd": to("Odd")}));
    document["paths"]["/outer"] = json!({"get": {"operationId": "outer", "responses": {"200": {
        "content": {"application/json": {"schema": to("Outer")}}}}}});
    let generated = run(&document);
    let subjects: Vec<&str> = generated.notes.iter().map(|note| note.subject()).collect();
    assert_eq!(subjects, ["`GET /odd`", "`GET /outer`"]);
    assert_eq!(generated.operations, 1);
}
