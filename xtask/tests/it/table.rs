//! Tables of small changes, each with the level that users of the crate need to know: a schema at
//! every kind of place, and everything else in one document.

use serde_json::{Value, json};
use xtask::compare::{Side, compare};
use xtask::diff::{Finding, Level};

use crate::support::{put, reported};

/// A row: the levels there and back, where it applies, and the values before and after.
struct Row {
    levels: Vec<[char; 2]>,
    at: String,
    before: Value,
    after: Value,
}

fn rows(table: &str, columns: usize) -> Vec<Row> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (change, after) = line.split_once(" => ").unwrap();
        let mut words = change.splitn(3, ' ').map(str::to_owned);
        let mut levels = Vec::new();
        for _ in 0..columns {
            let word: Vec<char> = words.next().unwrap().chars().collect();
            levels.push([word[0], word[1]]);
        }
        let at = if columns == 1 { words.next().unwrap() } else { String::new() };
        let before = words.next().unwrap();
        let value = |text: &str| -> Value {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        Row { levels, at, before: value(&before), after: value(after) }
    };
    lines.map(row).collect()
}

/// Tells what is wrong with the findings of a change, if anything.
fn mistake(expected: char, found: &[Finding], (old, new): (&Value, &Value)) -> Option<String> {
    let worst = found.iter().map(|finding| finding.level).max();
    let right = match expected {
        '-' => worst.is_none(),
        'B' => worst == Some(Level::Breaking),
        'C' => worst == Some(Level::Compatible),
        'D' => worst == Some(Level::Docs),
        'T' => worst > Some(Level::Docs),
        other => panic!("{other}"),
    };
    let placed = found.iter().all(|finding| {
        let at = &finding.location;
        old.pointer(at).is_some() || new.pointer(at).is_some()
    });
    let explained = found.iter().all(|finding| finding.id != "unexplained-rust-change");
    let found: Vec<_> =
        found.iter().map(|finding| (finding.level, finding.id, &finding.location)).collect();
    (!right || !placed || !explained).then(|| format!("expected {expected}, found {found:?}"))
}

/// Compares as `diff-spec` does, with the Rust view.
fn compared(old: &Value, new: &Value) -> Vec<Finding> {
    let side = |value: &Value| Side::parse(value.to_string()).unwrap();
    compare(&side(old), &side(new)).unwrap().findings
}

/// Compares both ways and collects what is wrong.
fn check(
    wrong: &mut Vec<String>,
    row: &Row,
    levels: [char; 2],
    place: &str,
    (old, new): (&Value, &Value),
    compare: fn(&Value, &Value) -> Vec<Finding>,
) {
    let (before, after) = (&row.before, &row.after);
    for (level, old, new, change) in [
        (levels[0], old, new, format!("{before} → {after}")),
        (levels[1], new, old, format!("{after} → {before}")),
    ] {
        let mistake = mistake(level, &compare(old, new), (old, new));
        wrong.extend(mistake.map(|mistake| format!("{place}: {change}: {mistake}")));
    }
}

/// Components that rows refer to.
fn components() -> Value {
    let one = |kind: &str, field: &str| {
        json!({"type": "object", "required": ["k"],
               "properties": {"k": {"type": "string", "enum": [kind]}, field: {"type": "string"}}})
    };
    json!({
        "Known": one("a", "n"),
        "Other": one("b", "o"),
        "Third": {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}}},
    })
}

fn document(operation: Value) -> Value {
    let mut all = json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"post": {
            "operationId": "managementMakeThing",
            "responses": {"200": {"description": ""}},
        }}},
        "components": {"schemas": components()},
    });
    let keys = operation.as_object().unwrap().clone();
    all["paths"]["/things"]["post"].as_object_mut().unwrap().extend(keys);
    all
}

fn body(schema: &Value) -> Value {
    json!({"description": "", "content": {"application/json": {"schema": schema}}})
}

fn sent(schema: &Value) -> Value {
    document(json!({"requestBody": body(schema)}))
}

fn returned(schema: &Value) -> Value {
    document(json!({"responses": {"200": body(schema)}}))
}

fn property(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"id": {"type": "string"}, "x": schema}})
}

fn required_property(schema: &Value) -> Value {
    json!({"type": "object", "required": ["x"],
           "properties": {"id": {"type": "string"}, "x": schema}})
}

fn items(schema: &Value) -> Value {
    property(&json!({"type": "array", "items": schema}))
}

fn values(schema: &Value) -> Value {
    property(&json!({"type": "object", "additionalProperties": schema}))
}

fn member(schema: &Value) -> Value {
    json!({"allOf": [{"$ref": "#/components/schemas/Third"}, property(schema)]})
}

/// A kind of place, whether it is in a request, and how a schema gets there.
type Place = (&'static str, bool, fn(&Value) -> Value);

/// Places that the Rust view shows.
const SHOWN: [Place; 3] = [
    ("body", true, sent),
    ("sent property", true, |schema| sent(&property(schema))),
    ("returned property", false, |schema| returned(&required_property(schema))),
];

/// Places that are compared without the Rust view.
const PLACES: [Place; 17] = [
    ("query", true, |schema| {
        document(json!({"parameters": [{"in": "query", "name": "q", "schema": schema}]}))
    }),
    ("path", true, |schema| {
        let parameter = json!({"in": "path", "name": "q", "required": true, "schema": schema});
        document(json!({"parameters": [parameter]}))
    }),
    ("sent header", true, |schema| {
        document(json!({"parameters": [{"in": "header", "name": "X-Q", "schema": schema}]}))
    }),
    ("body", true, sent),
    ("sent property", true, |schema| sent(&property(schema))),
    ("sent required property", true, |schema| sent(&required_property(schema))),
    ("sent items", true, |schema| sent(&items(schema))),
    ("sent values", true, |schema| sent(&values(schema))),
    ("sent member", true, |schema| sent(&member(schema))),
    ("response", false, returned),
    ("returned property", false, |schema| returned(&property(schema))),
    ("returned items", false, |schema| returned(&items(schema))),
    ("returned member", false, |schema| returned(&member(schema))),
    ("returned component", false, |schema| {
        let mut all = returned(&property(&json!({"$ref": "#/components/schemas/X"})));
        put(&mut all, "/components/schemas/X", Some(schema.clone()));
        all
    }),
    ("returned header", false, |schema| {
        let headers = json!({"description": "", "headers": {"X-Q": {"schema": schema}}});
        document(json!({"responses": {"200": headers}}))
    }),
    ("event", false, |schema| {
        let mut all = document(json!({}));
        let event = json!({"post": {"requestBody": body(&property(schema)), "responses": {}}});
        put(&mut all, "/webhooks", Some(json!({"made": event})));
        all
    }),
    ("reply to a callback", true, |schema| {
        let event = json!({"post": {"responses": {"200": body(schema)}}});
        document(json!({"callbacks": {"done": {"{$url}": event}}}))
    }),
];

fn schemas() -> Vec<Row> {
    rows(include_str!("table/schemas.txt"), 2)
}

#[test]
fn every_change_of_a_schema_has_its_level_with_the_rust_view() {
    let mut wrong = Vec::new();
    for row in schemas() {
        for (place, sent, around) in SHOWN {
            let levels = if sent { row.levels[0] } else { row.levels[1] };
            let (old, new) = (around(&row.before), around(&row.after));
            check(&mut wrong, &row, levels, place, (&old, &new), compared);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_change_of_a_schema_has_its_level_at_every_place() {
    let mut wrong = Vec::new();
    for row in schemas() {
        for (place, sent, around) in PLACES {
            let levels = if sent { row.levels[0] } else { row.levels[1] };
            let (old, new) = (around(&row.before), around(&row.after));
            check(&mut wrong, &row, levels, place, (&old, &new), reported);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn base() -> Value {
    let thing = || json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let event = json!({"post": {
        "requestBody": body(&json!({"type": "object", "properties": {"kind": {"type": "string"}}})),
        "responses": {"200": {"description": ""}},
    }});
    let id = json!([{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}]);
    let returned = json!({
        "description": "d", "headers": {},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Returned"}}},
    });
    let sent = json!({
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}},
    });
    json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "tags": [{"name": "a"}],
        "security": [{"key": []}, {"oauth": ["read"]}],
        "paths": {"/things/{id}": {
            "get": {"operationId": "managementGetThing", "parameters": id,
                    "responses": {"200": returned}},
            "post": {
                "operationId": "managementMakeThing",
                "summary": "One",
                "parameters": id,
                "requestBody": sent,
                "responses": {"200": returned},
                "callbacks": {"ready": {"{$request.body#/url}": event}},
            },
        }},
        "webhooks": {"made": event},
        "components": {
            "schemas": {"Sent": thing(), "Returned": thing()},
            "parameters": {"Zz": {"in": "query", "name": "zz", "schema": {"type": "string"}}},
            "requestBodies": {"Zz": sent},
            "responses": {"Zz": returned},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "oauth": {"type": "oauth2", "flows": {"authorizationCode": {
                    "authorizationUrl": "https://a.example/a", "tokenUrl": "https://a.example/t",
                    "scopes": {"read": "", "write": ""}}}},
            },
        },
    })
}

#[test]
fn every_change_outside_of_schemas_has_its_level() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("table/operations.txt"), 1) {
        let at = row.at.replace("POST/", "/paths/~1things~1{id}/post/");
        let at = at.replace("GET/", "/paths/~1things~1{id}/get/");
        let at = at.replace("EVENT/", "/webhooks/made/post/");
        let with = |value: &Value| {
            let mut all = base();
            put(&mut all, &at, (!value.is_null()).then(|| value.clone()));
            all
        };
        let (old, new) = (with(&row.before), with(&row.after));
        check(&mut wrong, &row, row.levels[0], &row.at, (&old, &new), compared);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
