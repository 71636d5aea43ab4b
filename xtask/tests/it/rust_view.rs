//! Every change of a Rust item is explained by a finding.

use serde_json::{Value, json};
use xtask::compare::{Side, compare};
use xtask::diff::{Finding, Level};
use xtask::report::Bump;

use crate::support::{APP, SENDING, parsed, put};

fn findings(old: &Value, new: &Value) -> Vec<Finding> {
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(old), &side(new)).unwrap();
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    report.findings
}

fn changed(text: &str, changes: &[(&str, Value)]) -> (Value, Value) {
    let old = parsed(text);
    let mut new = old.clone();
    for (pointer, value) in changes {
        put(&mut new, pointer, (!value.is_null()).then(|| value.clone()));
    }
    (old, new)
}

#[test]
fn a_removed_field_removes_its_item() {
    let item = "/components/schemas/DeliveryLogItem";
    let (old, mut new) = changed(&APP, &[(&format!("{item}/properties/subject"), Value::Null)]);
    let required = new.pointer_mut(&format!("{item}/required")).unwrap();
    required.as_array_mut().unwrap().retain(|name| name != "subject");
    let found = findings(&old, &new);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].rust, ["management::types::EmailLog::subject"]);
}

#[test]
fn a_breaking_change_without_rust_items_fails_at_run_time() {
    let pointer = "/components/schemas/WebhookCreateBody/properties/url/pattern";
    let (old, new) = changed(&APP, &[(pointer, json!("^https://"))]);
    let found = findings(&old, &new);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].id, found[0].level), ("request-pattern-added", Level::Breaking));
    assert!(found[0].rust.is_empty() && found[0].message.contains("fail at run time"));
}

#[test]
fn a_compatible_change_that_changes_an_item_is_breaking() {
    // With a second type of response, the method returns a union.
    let status = "/paths/~1emails~1send/post/responses/202";
    let schema = json!({"type": "object", "properties": {"zz": {"type": "string"}}});
    let response = json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let (old, new) = changed(&SENDING, &[(status, response)]);
    let found = findings(&old, &new);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].id, "response-success-status-added");
    assert_eq!(found[0].level, Level::Breaking);
    assert!(found[0].rust.iter().any(|item| item == "sending::Client::send_email"));
}

#[test]
fn a_rename_without_a_rust_type_is_documentation() {
    let old = parsed(&SENDING);
    let text = SENDING.replace("\"SendSuccessResponse\"", "\"SentResponse\"");
    let new = parsed(&text.replace("schemas/SendSuccessResponse\"", "schemas/SentResponse\""));
    let found = findings(&old, &new);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].id, found[0].level), ("schema-renamed", Level::Docs));
}

#[test]
fn an_earlier_document_leaves_nothing_unexplained() {
    // Like an earlier document: without connections and newer fields, with one schema and one
    // operation under other names, and with an enum of fewer values.
    let text = APP.replace("ResourceLimitSnapshot", "LimitSnapshot");
    let mut old = parsed(&text);
    for pointer in [
        "/paths/~1me",
        "/paths/~1mailbox~1connection",
        "/components/schemas/DeliveryLogItem/properties/delivery_group",
    ] {
        put(&mut old, pointer, None);
    }
    put(&mut old, "/paths/~1webhooks/get/operationId", Some(json!("managementListHooks")));
    let events = "/components/schemas/WebhookCreateBody/properties/event_types/items/enum";
    old.pointer_mut(events).unwrap().as_array_mut().unwrap().pop();
    let new = parsed(&APP);
    for (old, new) in [(&old, &new), (&new, &old)] {
        let found = findings(old, new);
        assert!(found.len() >= 5, "{found:#?}");
        let unexplained: Vec<&Finding> =
            found.iter().filter(|finding| finding.id == "unexplained-rust-change").collect();
        assert!(unexplained.is_empty(), "{unexplained:#?}");
    }
}

#[test]
fn two_different_documents_leave_nothing_unexplained() {
    // Everything of one surface is removed, everything of the other added.
    let mut app = parsed(&APP);
    app["paths"].as_object_mut().unwrap().retain(|path, _| !path.starts_with("/mailbox/"));
    let mut sending = parsed(&SENDING.replace("\"sending", "\"management"));
    sending["servers"] = app["servers"].clone();
    for (old, new) in [(&app, &sending), (&sending, &app)] {
        let found = findings(old, new);
        let unexplained: Vec<&Finding> =
            found.iter().filter(|finding| finding.id == "unexplained-rust-change").collect();
        assert!(unexplained.is_empty(), "{:#?}", &unexplained[..unexplained.len().min(3)]);
    }
}

#[test]
fn a_moved_schema_is_a_note_with_its_new_names() {
    let inline = "/components/schemas/SendSuccessData/properties/team";
    let team = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let mut old = parsed(&SENDING);
    put(&mut old, inline, Some(team.clone()));
    let mut new = old.clone();
    put(&mut new, "/components/schemas/Crew", Some(team));
    put(&mut new, inline, Some(json!({"$ref": "#/components/schemas/Crew"})));
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(&old), &side(&new)).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.notes[0].contains("sending::types::EmailSent::team"), "{:?}", report.notes);
    assert_eq!(report.summary().bump, Bump::Major);
}

#[test]
fn without_a_rust_view_the_rules_decide_the_level() {
    let mut old = parsed(&SENDING);
    old["paths"].as_object_mut().unwrap().retain(|path, _| path == "/emails/send");
    let mut new = old.clone();
    let style = "/paths/~1emails~1send/post/parameters/0/style";
    put(&mut new, style, Some(json!("deepObject")));
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(&old), &side(&new)).unwrap();
    assert!(report.notes[0].contains("No Rust view"), "{:?}", report.notes);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].id, "parameter-style-changed");
}

#[test]
fn an_operation_that_is_left_out_is_explained_by_what_keeps_it_out() {
    let servers = "/paths/~1emails~1send/post/servers";
    let (old, new) = changed(&SENDING, &[(servers, json!([{"url": "https://zz.example"}]))]);
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(&old), &side(&new)).unwrap();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let finding = &report.findings[0];
    assert_eq!((finding.id, finding.level), ("server-url-changed", Level::Breaking));
    assert!(finding.rust.iter().any(|item| item == "sending::Client::send_email"));
    assert!(report.notes[0].starts_with("`POST /emails/send` left out: "), "{:?}", report.notes);
}

#[test]
fn loosenings_of_a_document_that_generates_nothing_are_compatible() {
    let document = |schema: Value| {
        let parameter =
            json!({"in": "query", "name": "a", "style": "deepObject", "schema": schema});
        json!({"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [parameter]}}}})
    };
    let (old, new) =
        (document(json!({"type": "object"})), document(json!({"type": ["object", "null"]})));
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    let report = compare(&side(&old), &side(&new)).unwrap();
    assert!(report.notes[0].contains("No Rust view"), "{:?}", report.notes);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].id, "request-became-nullable");
    assert_eq!(report.findings[0].level, Level::Compatible);
}
