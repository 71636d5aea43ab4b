//! A table of small changes, each at every kind of place, with the level that users of the crate
//! need to know.

use serde_json::{Value, json};
use xtask::diff::Level;

use crate::support::{put, reported};

use Level::{Breaking as B, Compatible as C, Docs as D};

type Levels = [Option<Level>; 2];

const NONE: Levels = [None, None];

const fn levels(there: Level, back: Level) -> Levels {
    [Some(there), Some(back)]
}

/// A change of a schema, and its levels there and back in requests and in responses.
struct SchemaCase {
    before: Value,
    after: Value,
    request: Levels,
    response: Levels,
}

fn both(before: Value, after: Value, request: Levels, response: Levels) -> SchemaCase {
    SchemaCase { before, after, request, response }
}

/// A change that rejects values of requests and means nothing for responses.
fn tighter(before: Value, after: Value) -> SchemaCase {
    both(before, after, levels(B, C), levels(C, C))
}

/// A change that the crate's types show in both directions.
fn typed(before: Value, after: Value) -> SchemaCase {
    both(before, after, levels(B, B), levels(B, B))
}

fn same(before: Value, after: Value) -> SchemaCase {
    both(before, after, NONE, NONE)
}

fn prose(before: Value, after: Value) -> SchemaCase {
    both(before, after, levels(D, D), levels(D, D))
}

fn text(keys: Value) -> Value {
    with(json!({"type": "string"}), keys)
}

fn number(keys: Value) -> Value {
    with(json!({"type": "integer"}), keys)
}

fn list(keys: Value) -> Value {
    with(json!({"type": "array", "items": {"type": "string"}}), keys)
}

fn map(keys: Value) -> Value {
    with(json!({"type": "object"}), keys)
}

fn object(keys: Value) -> Value {
    with(json!({"type": "object", "properties": {"a": {"type": "string"}}}), keys)
}

fn with(mut schema: Value, keys: Value) -> Value {
    let keys = keys.as_object().unwrap().clone();
    schema.as_object_mut().unwrap().extend(keys);
    schema
}

fn constants(values: &[&str]) -> Value {
    json!({"oneOf": values.iter().map(|value| json!({"const": value})).collect::<Value>()})
}

fn schema_cases() -> Vec<SchemaCase> {
    let plain = || text(json!({}));
    let field = |keys: Value| json!({"a": {"type": "string"}, "b": text(keys)});
    vec![
        typed(plain(), number(json!({}))),
        typed(plain(), json!({"type": ["string", "integer"]})),
        typed(number(json!({})), json!({"type": "number"})),
        typed(plain(), json!({"type": ["string", "null"]})),
        typed(plain(), json!({})),
        typed(plain(), text(json!({"format": "date-time"}))),
        typed(plain(), text(json!({"enum": ["a"]}))),
        typed(plain(), list(json!({}))),
        typed(map(json!({"additionalProperties": {"type": "string"}})), map(json!({}))),
        tighter(plain(), text(json!({"maxLength": 5}))),
        tighter(text(json!({"maxLength": 9})), text(json!({"maxLength": 5}))),
        tighter(plain(), text(json!({"minLength": 1}))),
        tighter(plain(), text(json!({"pattern": "^a"}))),
        tighter(text(json!({"pattern": ".*"})), text(json!({"pattern": "^a"}))),
        tighter(text(json!({"pattern": "^.*$"})), text(json!({"pattern": "^a"}))),
        tighter(plain(), text(json!({"format": "email"}))),
        tighter(plain(), text(json!({"not": {"const": "a"}}))),
        tighter(plain(), text(json!({"if": {"const": "a"}, "then": {"maxLength": 1}}))),
        tighter(number(json!({"minimum": 1})), number(json!({"minimum": 2}))),
        tighter(number(json!({"maximum": 9})), number(json!({"maximum": 2}))),
        tighter(number(json!({"minimum": 1})), number(json!({"exclusiveMinimum": 1}))),
        tighter(number(json!({})), number(json!({"multipleOf": 5}))),
        tighter(number(json!({"multipleOf": 5})), number(json!({"multipleOf": 10}))),
        tighter(number(json!({"format": "int64"})), number(json!({"format": "int32"}))),
        tighter(list(json!({})), list(json!({"minItems": 1}))),
        tighter(list(json!({})), list(json!({"maxItems": 1}))),
        tighter(list(json!({})), list(json!({"uniqueItems": true}))),
        tighter(list(json!({})), list(json!({"unevaluatedItems": false}))),
        tighter(list(json!({})), list(json!({"contains": {"const": "a"}}))),
        tighter(list(json!({})), list(json!({"prefixItems": [{"const": "a"}]}))),
        tighter(map(json!({})), map(json!({"minProperties": 1}))),
        tighter(map(json!({})), map(json!({"maxProperties": 1}))),
        tighter(map(json!({})), map(json!({"propertyNames": {"maxLength": 3}}))),
        tighter(map(json!({})), map(json!({"patternProperties": {"^a": {"type": "string"}}}))),
        tighter(map(json!({})), map(json!({"dependentRequired": {"a": ["b"]}}))),
        tighter(
            map(json!({"dependentRequired": {"a": ["b"]}})),
            map(json!({"dependentRequired": {"a": ["b", "c"]}})),
        ),
        tighter(map(json!({})), map(json!({"dependentSchemas": {"a": {"required": ["b"]}}}))),
        tighter(map(json!({})), map(json!({"required": ["a"]}))),
        tighter(map(json!({"required": ["a"]})), map(json!({"required": ["a", "b"]}))),
        both(
            text(json!({"pattern": "^a"})),
            text(json!({"pattern": "^b"})),
            levels(B, B),
            levels(C, C),
        ),
        both(
            text(json!({"format": "email"})),
            text(json!({"format": "uri"})),
            levels(B, B),
            levels(C, C),
        ),
        both(
            map(json!({"propertyNames": {"maxLength": 3}})),
            map(json!({"propertyNames": {"pattern": "^a"}})),
            levels(B, B),
            levels(C, C),
        ),
        both(
            text(json!({"default": "a"})),
            text(json!({"default": "b"})),
            levels(B, B),
            levels(C, C),
        ),
        both(plain(), text(json!({"default": "b"})), levels(C, C), levels(C, C)),
        both(
            text(json!({"enum": ["a", "b"]})),
            text(json!({"enum": ["a", "b", "c"]})),
            levels(C, B),
            levels(C, B),
        ),
        both(constants(&["a"]), constants(&["a", "b"]), levels(C, B), levels(C, B)),
        both(constants(&["a"]), text(json!({"enum": ["a", "b"]})), levels(C, B), levels(C, B)),
        both(
            object(json!({})),
            object(json!({"properties": field(json!({}))})),
            levels(C, B),
            levels(C, B),
        ),
        both(
            object(json!({})),
            object(json!({"properties": field(json!({})), "required": ["b"]})),
            levels(B, B),
            levels(C, B),
        ),
        both(
            object(json!({})),
            object(json!({"properties": field(json!({"readOnly": true})), "required": ["b"]})),
            levels(C, B),
            levels(C, B),
        ),
        both(
            object(json!({"properties": field(json!({"readOnly": true}))})),
            object(json!({"properties": field(json!({"readOnly": true, "maxLength": 3}))})),
            levels(C, C),
            levels(C, C),
        ),
        both(
            object(json!({"properties": field(json!({}))})),
            object(json!({"properties": field(json!({"readOnly": true}))})),
            levels(B, C),
            NONE,
        ),
        typed(object(json!({})), object(json!({"required": ["a"]}))),
        both(map(json!({})), map(json!({"additionalProperties": false})), levels(B, C), NONE),
        both(object(json!({})), object(json!({"additionalProperties": false})), levels(C, C), NONE),
        both(
            object(json!({})),
            object(json!({"unevaluatedProperties": false})),
            levels(C, C),
            NONE,
        ),
        prose(plain(), text(json!({"description": "Words."}))),
        prose(plain(), text(json!({"title": "Words"}))),
        prose(plain(), text(json!({"example": "a"}))),
        prose(plain(), text(json!({"deprecated": true}))),
        prose(plain(), text(json!({"x-zz": 1}))),
        prose(
            map(json!({"propertyNames": {"maxLength": 3, "description": "One."}})),
            map(json!({"propertyNames": {"maxLength": 3, "description": "Two."}})),
        ),
        prose(
            text(json!({"not": {"enum": ["a"]}})),
            text(json!({"not": {"enum": ["a"], "title": "A"}})),
        ),
        prose(
            map(
                json!({"patternProperties": {"^a": {"description": "One."}, "^b": {"type": "string"}}}),
            ),
            map(
                json!({"patternProperties": {"^a": {"description": "Two."}, "^b": {"type": "string"}}}),
            ),
        ),
        same(text(json!({"enum": ["a", "b"]})), text(json!({"enum": ["b", "a", "b"]}))),
        same(text(json!({"enum": ["a", "b"]})), constants(&["b", "a"])),
        same(number(json!({"enum": [1, 2]})), number(json!({"enum": [1.0, 2]}))),
        same(number(json!({"maximum": 3})), number(json!({"maximum": 3.0}))),
        same(number(json!({"default": 3})), number(json!({"default": 3.0}))),
        same(plain(), text(json!({"minLength": 0}))),
        same(plain(), text(json!({"pattern": "^.*$"}))),
        same(plain(), text(json!({"not": false}))),
        same(map(json!({})), map(json!({"propertyNames": true}))),
        same(map(json!({})), map(json!({"required": []}))),
        same(map(json!({})), map(json!({"dependentRequired": {}}))),
        same(list(json!({})), list(json!({"unevaluatedItems": true}))),
        same(list(json!({})), list(json!({"uniqueItems": false}))),
    ]
}

/// A document with a schema at a place of each kind: a query parameter, a body and what is inside it
/// if `sent`; a response, a header, the payload of a webhook and of a callback otherwise.
fn documents(schema: &Value) -> Vec<(&'static str, bool, Value)> {
    let around = |inner: Value| {
        [
            json!({"type": "object", "properties": {"x": inner.clone()}}),
            json!({"type": "array", "items": inner.clone()}),
            json!({"type": "object", "additionalProperties": inner}),
            json!({"$ref": "#/components/schemas/X"}),
        ]
    };
    let document = |operation: Value| {
        json!({
            "openapi": "3.1.0",
            "paths": {"/a": {"post": operation}},
            "components": {"schemas": {}},
        })
    };
    let json_of = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
    let reply = |response: Value| json!({"responses": {"200": response}});
    let mut all = vec![
        (
            "query",
            true,
            document(json!({"parameters": [{"in": "query", "name": "q", "schema": schema}]})),
        ),
        ("header", false, document(reply(json!({"headers": {"H": {"schema": schema}}})))),
        ("body", true, document(json!({"requestBody": json_of(schema.clone())}))),
        ("response", false, document(reply(json_of(schema.clone())))),
        (
            "reply to a webhook",
            true,
            json!({"openapi": "3.1.0", "webhooks": {"w": {"post": reply(json_of(schema.clone()))}}}),
        ),
    ];
    for inner in around(schema.clone()) {
        all.push(("in a body", true, document(json!({"requestBody": json_of(inner.clone())}))));
        all.push(("in a response", false, document(reply(json_of(inner.clone())))));
        let event = json!({"post": {"requestBody": json_of(inner.clone())}});
        let mut webhook = document(json!({}));
        put(&mut webhook, "/webhooks", Some(json!({"w": event})));
        all.push(("webhook", false, webhook));
        all.push(("callback", false, document(json!({"callbacks": {"c": {"{$u}": event}}}))));
    }
    for (_, _, document) in &mut all {
        if document.to_string().contains("$ref") {
            put(document, "/components/schemas/X", Some(schema.clone()));
        }
    }
    all
}

#[test]
fn every_change_of_a_schema_has_its_level_at_every_place() {
    let (mut total, mut wrong) = (0, Vec::new());
    for case in schema_cases() {
        let places = documents(&case.before).into_iter().zip(documents(&case.after));
        for ((place, sent, old), (_, _, new)) in places {
            let expected = if sent { case.request } else { case.response };
            for (expected, old, new) in [(expected[0], &old, &new), (expected[1], &new, &old)] {
                total += 1;
                let found = reported(old, new);
                let found: Vec<_> =
                    found.iter().map(|finding| (finding.id, finding.level)).collect();
                let right = match (expected, found.as_slice()) {
                    (None, []) => true,
                    (Some(level), all) => !all.is_empty() && all.iter().all(|one| one.1 == level),
                    _ => false,
                };
                if !right {
                    let change = format!("{} → {}", case.before, case.after);
                    wrong.push(format!("{place}: {change}: {expected:?}, found {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {total} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(total > 2_000, "{total}");
}

fn base() -> Value {
    json!({
        "openapi": "3.1.0",
        "servers": [{"url": "https://a.example"}],
        "security": [{"key": []}],
        "paths": {"/a/{id}": {"post": {
            "operationId": "managementMakeThing",
            "parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}],
            "requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}},
            "responses": {"200": {"headers": {"H": {"schema": {"type": "array"}}},
                                  "content": {"application/json": {"schema": {"type": "string"}}}}},
        }}},
        "webhooks": {"w": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}},
            "responses": {"200": {"description": ""}},
        }}},
    })
}

#[test]
fn every_change_of_an_operation_has_its_level() {
    let operation = "/paths/~1a~1{id}/post";
    let media = |name: &str| json!({name: {"schema": {"type": "string"}}});
    let parameter = |keys: Value| {
        json!([{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}},
               with(json!({"in": "query", "name": "q", "schema": {"type": "array"}}), keys)])
    };
    let header = |keys: Value| json!([with(json!({"in": "header", "name": "H"}), keys)]);
    let key = |scopes: &[&str]| json!({"key": scopes});
    let cases = [
        ("/security", json!([key(&[])]), json!([key(&[]), key(&[])]), NONE),
        ("/security", json!([key(&["a"])]), json!([key(&["a"]), key(&["b"])]), levels(C, B)),
        ("/security", json!([key(&["a"])]), json!([key(&["a"]), key(&["a", "b"])]), levels(C, C)),
        ("/security", json!([key(&["a"])]), json!([key(&["a", "b"])]), levels(B, C)),
        ("/security", json!([key(&["a"])]), json!([key(&["b"])]), levels(B, B)),
        ("/security", json!([key(&[])]), json!([key(&[]), {}]), levels(C, B)),
        ("/security", json!([key(&[])]), json!([key(&[]), {"key": [], "other": []}]), levels(C, B)),
        ("/servers", Value::Null, json!([{"url": "https://a.example"}]), NONE),
        ("/servers", Value::Null, json!([{"url": "https://b.example"}]), levels(B, B)),
        (
            "/servers",
            Value::Null,
            json!([{"url": "https://a.example"}, {"url": "https://b.example"}]),
            levels(C, B),
        ),
        ("/requestBody/content", media("application/json"), media("Application/JSON"), NONE),
        ("/responses/200/content", media("text/csv"), media("TEXT/csv"), NONE),
        ("/responses/200/content", media("text/csv"), media("text/plain"), levels(B, B)),
        ("/parameters", parameter(json!({})), parameter(json!({"explode": true})), NONE),
        ("/parameters", parameter(json!({})), parameter(json!({"explode": false})), levels(B, B)),
        (
            "/parameters",
            parameter(json!({})),
            parameter(json!({"style": "spaceDelimited"})),
            levels(B, B),
        ),
        (
            "/parameters",
            parameter(json!({})),
            parameter(json!({"allowReserved": true})),
            levels(C, B),
        ),
        (
            "/parameters",
            parameter(json!({})),
            parameter(json!({"allowEmptyValue": true})),
            levels(C, B),
        ),
        ("/parameters", parameter(json!({})), parameter(json!({"required": true})), levels(B, B)),
        ("/responses/200/headers/H/explode", Value::Null, json!(true), levels(B, B)),
        ("/responses/200/headers/H/explode", Value::Null, json!(false), NONE),
        ("/responses/200/headers/Content-Type", Value::Null, json!({"schema": {}}), NONE),
        ("/responses/200/headers/Other", Value::Null, json!({"schema": {}}), levels(C, B)),
        ("/responses/404", Value::Null, json!({"description": ""}), levels(C, C)),
        ("/requestBody", Value::Null, json!({"content": media("text/csv")}), levels(C, B)),
    ];
    let webhook = "/webhooks/w/post";
    let events = [
        ("/parameters", Value::Null, header(json!({"required": true})), levels(C, B)),
        ("/parameters", Value::Null, header(json!({})), levels(C, B)),
        ("/parameters", header(json!({})), header(json!({"required": true})), levels(C, B)),
        ("/requestBody/required", Value::Null, json!(true), levels(C, B)),
        (
            "/requestBody/content/text~1csv",
            Value::Null,
            media("text/csv")["text/csv"].clone(),
            levels(C, B),
        ),
        ("/responses/202", Value::Null, json!({"description": ""}), levels(C, B)),
        ("/description", Value::Null, json!("Words."), levels(D, D)),
    ];
    let mut wrong = Vec::new();
    let cases = cases.into_iter().map(|case| (operation, case));
    for (root, (at, before, after, expected)) in cases.chain(events.map(|case| (webhook, case))) {
        let some = |value: &Value| (!value.is_null()).then(|| value.clone());
        let (mut old, mut new) = (base(), base());
        put(&mut old, &format!("{root}{at}"), some(&before));
        put(&mut new, &format!("{root}{at}"), some(&after));
        for (expected, old, new) in [(expected[0], &old, &new), (expected[1], &new, &old)] {
            let found = reported(old, new);
            let found: Vec<_> = found.iter().map(|finding| (finding.id, finding.level)).collect();
            if found.iter().map(|one| one.1).max() != expected || found.len() > 1 {
                wrong.push(format!("{at}: {before} → {after}: {expected:?}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
