//! A finding names the items that it adds, removes or changes, and no others.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::compare::{Side, compare};
use xtask::diff::Finding;

use crate::support::{SENDING, parsed, put};

fn findings(old: &Value, new: &Value) -> Vec<Finding> {
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    compare(&side(old), &side(new)).unwrap().findings
}

/// One change of the document of the sending host.
type Edit = (&'static str, fn(&mut Value));

fn remove_field(document: &mut Value, schema: &str, field: &str) {
    let schema = document.pointer_mut(&format!("/components/schemas/{schema}")).unwrap();
    schema["properties"].as_object_mut().unwrap().remove(field).unwrap();
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != field);
    }
}

fn add_field(document: &mut Value, schema: &str) {
    let at = format!("/components/schemas/{schema}/properties/zz_new");
    put(document, &at, Some(json!({"type": "string"})));
}

const EDITS: [Edit; 12] = [
    ("a response field is added", |document| add_field(document, "SendSuccessData")),
    ("a response field is removed", |document| {
        remove_field(document, "SendSuccessData", "status");
    }),
    ("a request field is added", |document| add_field(document, "EmailSendRequest")),
    ("a request field is removed", |document| remove_field(document, "EmailSendRequest", "cc")),
    ("an operation is removed", |document| put(document, "/paths/~1me", None)),
    ("an operation is added", |document| {
        let operation =
            json!({"operationId": "sendingZzNew", "responses": {"204": {"description": ""}}});
        put(document, "/paths/~1zz", Some(json!({"delete": operation})));
    }),
    ("a parameter is added", |document| {
        let parameter = json!({"in": "query", "name": "zz_new", "schema": {"type": "string"}});
        let list = document["paths"]["/emails/send"]["post"]["parameters"].as_array_mut();
        list.unwrap().push(parameter);
    }),
    ("a parameter is renamed", |document| {
        document["paths"]["/emails/send"]["post"]["parameters"][0]["name"] = json!("Zz-Other");
    }),
    ("a credential is added", |document| {
        document["paths"]["/emails/send"]["post"]["security"] = json!([{"zz": []}]);
    }),
    ("a description changes", |document| {
        document["components"]["schemas"]["SendSuccessData"]["description"] = json!("Zz.");
    }),
    ("a limit is set", |document| {
        put(
            document,
            "/components/schemas/EmailSendRequest/properties/subject/maxLength",
            Some(json!(7)),
        );
    }),
    ("a server is added", |document| {
        document["servers"].as_array_mut().unwrap().push(json!({"url": "https://zz.example"}));
    }),
];

fn items(found: &[Finding]) -> BTreeMap<(String, String), Vec<String>> {
    found
        .iter()
        .map(|finding| ((finding.id.to_owned(), finding.location.clone()), finding.rust.clone()))
        .collect()
}

#[test]
fn a_finding_names_the_same_items_beside_any_other_change() {
    let old = parsed(&SENDING);
    let alone: Vec<_> = EDITS
        .iter()
        .map(|(_, edit)| {
            let mut new = old.clone();
            edit(&mut new);
            items(&findings(&old, &new))
        })
        .collect();
    for (index, (one, first)) in EDITS.iter().enumerate() {
        for (other, (two, second)) in EDITS.iter().enumerate().skip(index + 1) {
            let mut new = old.clone();
            first(&mut new);
            second(&mut new);
            let mut expected = alone[index].clone();
            expected.extend(alone[other].clone());
            let found = items(&findings(&old, &new));
            assert_eq!(found, expected, "{one}, and {two}");
        }
    }
}
