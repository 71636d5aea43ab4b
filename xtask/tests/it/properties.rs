//! Properties that hold for any two documents.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use xtask::diff::rules;

use crate::support::{APP, SENDING, diff, operation, parsed};

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!({"$ref": "#/components/schemas/A"})),
        Just(json!({"$ref": "#/components/schemas/B"})),
        Just(json!({"$ref": "#/components/schemas/Nowhere"})),
        Just(json!({"type": "null"})),
        Just(json!(true)),
        (0..3_u8).prop_map(|limit| json!({"type": "string", "maxLength": limit})),
        (0..3_u8).prop_map(|limit| json!({"type": "integer", "minimum": limit})),
        prop::collection::vec("[a-c]", 1..4)
            .prop_map(|values| json!({"type": "string", "enum": values})),
        Just(json!({"type": ["string", "null"], "format": "date-time"})),
        Just(json!({"type": "boolean", "default": true, "deprecated": true})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            (prop::collection::btree_map("[a-d]", inner.clone(), 0..4), any::<bool>()).prop_map(
                |(fields, closed)| {
                    let required: Vec<&String> = fields.keys().take(1).collect();
                    let fields_of =
                        json!({"type": "object", "required": required, "properties": fields});
                    let mut object = fields_of;
                    if closed {
                        object["additionalProperties"] = json!(false);
                    }
                    object
                }
            ),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            inner
                .clone()
                .prop_map(|values| json!({"type": "object", "additionalProperties": values})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"anyOf": all})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"oneOf": all})),
            prop::collection::vec(inner, 1..3)
                .prop_map(|all| json!({"allOf": all, "description": "d"})),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    (schema(), schema(), schema(), schema())
        .prop_map(|(sent, returned, a, b)| operation(sent, returned, json!({"A": a, "B": b})))
}

/// Generates arbitrary JSON for the parts of a document.
fn nonsense() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["string", "#/components/schemas/A", "#/a/b", "query", "2XX"])
            .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "$ref",
        "allOf",
        "anyOf",
        "content",
        "enum",
        "in",
        "items",
        "name",
        "parameters",
        "properties",
        "required",
        "responses",
        "schema",
        "security",
        "type",
        "200",
        "get",
        "/a",
    ]);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|keys| {
                let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(keys.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Returns the ids of findings, or of their mirror images.
fn ids(old: &Value, new: &Value, mirrored: bool) -> Vec<&'static str> {
    let table = rules::all();
    let id = |id: &'static str| match mirrored {
        true => table.iter().find(|rule| rule.id == id).map_or(id, |rule| rule.mirror),
        false => id,
    };
    let mut ids: Vec<&'static str> = diff(old, new).iter().map(|finding| id(finding.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_document_equals_itself(document in document()) {
        prop_assert_eq!(diff(&document, &document), []);
    }

    #[test]
    fn the_reverse_change_is_the_mirror_image(old in document(), new in document()) {
        prop_assert_eq!(ids(&old, &new, false), ids(&new, &old, true));
    }

    #[test]
    fn comparison_is_deterministic(old in document(), new in document()) {
        prop_assert_eq!(diff(&old, &new), diff(&old, &new));
    }

    #[test]
    fn nonsense_is_compared_without_a_panic(
        paths in nonsense(), components in nonsense(), webhooks in nonsense(), servers in nonsense(),
    ) {
        let object = |value: Value| if value.is_object() { value } else { json!({}) };
        let strange = json!({
            "openapi": "3.0.0", "paths": object(paths), "components": object(components),
            "webhooks": object(webhooks), "servers": servers, "security": [null],
        });
        let plain = operation(json!({}), json!({}), json!({}));
        prop_assert_eq!(diff(&strange, &strange), []);
        prop_assert_eq!(diff(&strange, &plain).is_empty(), diff(&plain, &strange).is_empty());
    }
}

#[test]
fn vendored_documents_equal_themselves() {
    for text in [&*APP, &*SENDING] {
        let document = parsed(text);
        assert!(diff(&document, &document).is_empty());
    }
}
