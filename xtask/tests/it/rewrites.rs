//! A rewrite of the same schema is no change, and a change inside a rewrite is still found.

use serde_json::{Value, json};

use crate::support::{APP, SENDING, ids, operation, parsed, reported, returns, sends};

fn envelope() -> Value {
    json!({
        "Success": {"type": "object", "required": ["ok", "meta"], "additionalProperties": false,
            "description": "Every success.",
            "properties": {"ok": {"type": "boolean", "enum": [true]},
                           "meta": {"type": "object", "properties": {"request_id": {"type": "string"}}}}},
        "Thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    })
}

fn wrapped() -> Value {
    let answer = json!({
        "allOf": [
            {"$ref": "#/components/schemas/Success"},
            {"type": "object", "required": ["data"],
             "properties": {"data": {"$ref": "#/components/schemas/Thing"}}},
        ],
        "unevaluatedProperties": false,
    });
    operation(json!({}), answer, envelope())
}

fn flat(thing: Value) -> Value {
    let answer = json!({
        "type": "object",
        "required": ["data", "meta", "ok"],
        "properties": {
            "meta": {"type": "object", "properties": {"request_id": {"type": "string"}}},
            "data": thing,
            "ok": {"type": "boolean", "const": true},
        },
    });
    operation(json!({}), answer, json!({}))
}

#[test]
fn a_flattened_envelope_is_the_same_response() {
    let thing = envelope()["Thing"].clone();
    let findings = reported(&wrapped(), &flat(thing));
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_change_inside_a_flattened_envelope_is_found() {
    let thing =
        json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}});
    let findings = reported(&wrapped(), &flat(thing));
    assert_eq!(ids(&findings), ["response-type-changed"]);
    let place = "/paths/~1things/post/responses/200/content/application~1json/schema";
    assert_eq!(findings[0].location, format!("{place}/properties/data/properties/id"));
}

#[test]
fn all_notations_of_null_are_equal() {
    let schemas = || json!({"T": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let reference = || json!({"$ref": "#/components/schemas/T"});
    let spellings = [
        json!({"anyOf": [reference(), {"type": "null"}]}),
        json!({"oneOf": [{"type": "null"}, reference()]}),
        json!({"anyOf": [reference(), {"const": null}]}),
        json!({"anyOf": [reference(), {"enum": [null]}]}),
        json!({"allOf": [reference(), {"type": "object", "nullable": true}]}),
        json!({"allOf": [reference()], "nullable": true}),
        json!({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}),
        json!({"type": "object", "nullable": true, "properties": {"a": {"type": "string"}}}),
    ];
    for one in &spellings {
        for other in &spellings {
            let old = operation(one.clone(), one.clone(), schemas());
            let new = operation(other.clone(), other.clone(), schemas());
            let findings = reported(&old, &new);
            assert!(findings.is_empty(), "{one} {other} {findings:#?}");
        }
        let plain = operation(reference(), reference(), schemas());
        let null = operation(one.clone(), one.clone(), schemas());
        let findings = reported(&plain, &null);
        assert_eq!(
            ids(&findings),
            ["request-became-nullable", "response-became-nullable"],
            "{one}"
        );
    }
}

#[test]
fn equivalent_notations_of_scalars_are_equal() {
    for (one, other) in [
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"const": "a"}), json!({"enum": ["a"], "type": "string"})),
        (
            json!({"type": ["string", "null"], "enum": ["a", null]}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        ),
        (
            json!({"type": ["string", "integer"]}),
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ),
        (
            json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}),
            json!({"type": "number", "exclusiveMinimum": 0}),
        ),
        (
            json!({"type": "integer", "exclusiveMinimum": 0}),
            json!({"type": "integer", "minimum": 1}),
        ),
        (json!({"type": "string", "minLength": 0}), json!({"type": "string"})),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!({"enum": ["b", "a"], "type": "string"}),
        ),
        (json!({"type": "array", "items": {}}), json!({"type": "array"})),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}),
            json!({"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}}]}),
        ),
        (
            json!({"anyOf": [{"type": "string", "maxLength": 3}, {"anyOf": [{"type": "boolean"}, {"type": "object"}]}]}),
            json!({"anyOf": [{"type": "object"}, {"type": "string", "maxLength": 3}, {"type": "boolean"}]}),
        ),
        (json!({"type": "string", "example": "a"}), json!({"type": "string", "examples": ["a"]})),
    ] {
        for document in [sends, returns] {
            let findings = reported(&document(one.clone()), &document(other.clone()));
            assert!(findings.is_empty(), "{one} {other} {findings:#?}");
        }
    }
}

/// Inlines the references of operations, three levels deep.
fn inlined(document: &Value) -> Value {
    fn inline(value: &mut Value, document: &Value, depth: usize) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            if depth == 0 {
                return;
            }
            let mut target = document.pointer(reference.trim_start_matches('#')).unwrap().clone();
            // Annotations beside a reference override those of the target.
            for (key, value) in value.as_object().unwrap() {
                if key != "$ref" {
                    target[key] = value.clone();
                }
            }
            *value = target;
            inline(value, document, depth - 1);
            return;
        }
        match value {
            Value::Object(keys) => keys.values_mut().for_each(|one| inline(one, document, depth)),
            Value::Array(list) => list.iter_mut().for_each(|one| inline(one, document, depth)),
            _ => {}
        }
    }
    let mut copy = document.clone();
    inline(&mut copy["paths"], document, 3);
    copy
}

#[test]
fn inlining_every_reference_changes_nothing() {
    for text in [&*APP, &*SENDING] {
        let document = parsed(text);
        let findings = reported(&document, &inlined(&document));
        assert!(findings.is_empty(), "{:#?}", &findings[..findings.len().min(5)]);
        let findings = reported(&inlined(&document), &document);
        assert!(findings.is_empty(), "{:#?}", &findings[..findings.len().min(5)]);
    }
}

#[test]
fn a_change_behind_an_inlined_reference_is_found_once() {
    let old = parsed(&SENDING);
    let mut changed = old.clone();
    changed["components"]["schemas"]["SendSuccessData"]["properties"]["zz"] =
        json!({"type": "string"});
    let findings = reported(&old, &inlined(&changed));
    assert_eq!(ids(&findings), ["response-optional-property-added"]);
    assert_eq!(findings[0].operations, ["sendingSendEmail"]);
}
