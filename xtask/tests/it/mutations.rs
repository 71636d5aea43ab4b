//! Every kind of mutation, at places all over the vendored documents, is found once, at the right
//! level and place.

use serde_json::{Map, Value, json};
use xtask::diff::{Finding, Level};

use crate::support::{APP, SENDING, loud, parsed};

/// How many places of each document a kind is tried at.
const PLACES: usize = 3;

/// Changes an object of the document, if it applies there.
type Change = fn(&mut Map<String, Value>) -> bool;

struct Kind {
    /// What the id ends with, after the direction if it has one.
    id: &'static str,
    level: Level,
    /// Which objects it is tried at.
    at: At,
    change: Change,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Operation,
    Parameter,
    Response,
    /// Schemas that requests carry.
    Asked,
    /// Schemas that responses carry.
    Told,
}

use At::{Asked, Operation, Parameter, Response, Told};
use Level::{Breaking, Compatible, Docs};

fn kind(id: &'static str, level: Level, at: At, change: Change) -> Kind {
    Kind { id, level, at, change }
}

fn is_text(schema: &Map<String, Value>) -> bool {
    schema.get("type") == Some(&json!("string")) && !schema.contains_key("enum")
}

fn fields(schema: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut().filter(|fields| !fields.is_empty())
}

fn set(schema: &mut Map<String, Value>, key: &str, value: Value) -> bool {
    schema.insert(key.to_owned(), value).is_none()
}

fn add_field(schema: &mut Map<String, Value>) -> bool {
    fields(schema).is_some_and(|fields| set(fields, "zz_new", json!({"type": "string"})))
}

fn add_required_field(schema: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(required)) = schema.get_mut("required") else { return false };
    required.push(json!("zz_new"));
    add_field(schema)
}

fn remove_optional_field(schema: &mut Map<String, Value>) -> bool {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required =
        |name: &str| required.as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let Some(fields) = fields(schema) else { return false };
    let name = fields.keys().find(|name| !is_required(name)).cloned();
    name.is_some_and(|name| fields.remove(&name).is_some())
}

fn require_field(schema: &mut Map<String, Value>) -> bool {
    let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
    let names = required.as_array().cloned().unwrap_or_default();
    let Some(fields) = fields(schema) else { return false };
    let Some(name) = fields.keys().find(|name| !names.contains(&json!(name))).cloned() else {
        return false;
    };
    let mut names = names;
    names.push(json!(name));
    schema.insert("required".to_owned(), Value::Array(names));
    true
}

fn relax_field(schema: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(required)) = schema.get_mut("required") else { return false };
    required.pop().is_some() && fields(schema).is_some()
}

fn change_type(schema: &mut Map<String, Value>) -> bool {
    let plain = is_text(schema) && schema.keys().all(|key| key == "type" || key == "description");
    plain && schema.insert("type".to_owned(), json!("boolean")).is_some()
}

fn to_union(schema: &mut Map<String, Value>) -> bool {
    if !is_text(schema) || !schema.keys().all(|key| key == "type" || key == "description") {
        return false;
    }
    schema.remove("type");
    set(
        schema,
        "anyOf",
        json!([{"type": "string"}, {"type": "array", "items": {"type": "string"}}]),
    )
}

fn nullable(schema: &mut Map<String, Value>) -> bool {
    is_text(schema) && schema.insert("type".to_owned(), json!(["string", "null"])).is_some()
}

fn add_value(schema: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(values)) = schema.get_mut("enum") else { return false };
    values.push(json!("zz_new"));
    values[0].is_string()
}

fn remove_value(schema: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(values)) = schema.get_mut("enum") else { return false };
    values.len() > 2 && values.remove(0).is_string()
}

fn tighten(schema: &mut Map<String, Value>) -> bool {
    is_text(schema) && set(schema, "maxLength", json!(9))
}

fn loosen(schema: &mut Map<String, Value>) -> bool {
    ["maxLength", "maximum", "maxItems"].iter().any(|key| schema.remove(*key).is_some())
}

fn pattern(schema: &mut Map<String, Value>) -> bool {
    is_text(schema) && set(schema, "pattern", json!("^zz"))
}

fn add_parameter(operation: &mut Map<String, Value>) -> bool {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut().is_some_and(|list| {
        list.push(json!({"in": "query", "name": "zz_new", "schema": {"type": "string"}}));
        true
    })
}

fn add_required_header(operation: &mut Map<String, Value>) -> bool {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut().is_some_and(|list| {
        list.push(json!({"in": "header", "name": "Zz-New", "required": true, "schema": {}}));
        true
    })
}

fn add_scope(operation: &mut Map<String, Value>) -> bool {
    let alternatives = operation.get_mut("security").and_then(Value::as_array_mut);
    let schemes = alternatives.into_iter().flatten().filter_map(Value::as_object_mut);
    let mut lists =
        schemes.flat_map(|schemes| schemes.values_mut()).filter_map(Value::as_array_mut);
    lists.next().is_some_and(|scopes| {
        scopes.push(json!("zz.new"));
        true
    })
}

fn lose_alternative(operation: &mut Map<String, Value>) -> bool {
    let alternatives = operation.get_mut("security").and_then(Value::as_array_mut);
    alternatives.is_some_and(|all| all.len() > 1 && all.pop().is_some())
}

fn responses(operation: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    operation.get_mut("responses")?.as_object_mut()
}

fn change_success(operation: &mut Map<String, Value>) -> bool {
    let Some(responses) = responses(operation) else { return false };
    let successes = responses.keys().filter(|status| status.starts_with('2')).count();
    let Some(status) = responses.keys().find(|status| status.starts_with('2')).cloned() else {
        return false;
    };
    let answer = responses.remove(&status).unwrap_or_default();
    responses.insert("203".to_owned(), answer);
    successes == 1
}

fn change_media(response: &mut Map<String, Value>) -> bool {
    let content = response.get_mut("content").and_then(Value::as_object_mut);
    content.is_some_and(|content| match content.remove("application/json") {
        Some(media) => set(content, "application/zz", media),
        None => false,
    })
}

fn kinds() -> Vec<Kind> {
    vec![
        kind("operation-id-changed", Breaking, Operation, |one| {
            one.insert("operationId".to_owned(), json!("managementZzNew")).is_some()
        }),
        kind("operation-tags-changed", Docs, Operation, |one| {
            one.insert("tags".to_owned(), json!(["Zz"])).is_some()
        }),
        kind("deprecated", Docs, Operation, |one| set(one, "deprecated", json!(true))),
        kind("summary-changed", Docs, Operation, |one| {
            one.insert("summary".to_owned(), json!("Zz")).is_some()
        }),
        kind("optional-parameter-added", Compatible, Operation, add_parameter),
        kind("required-parameter-added", Breaking, Operation, add_required_header),
        kind("security-scopes-narrowed", Breaking, Operation, add_scope),
        kind("security-alternative-removed", Breaking, Operation, lose_alternative),
        kind("response-error-status-added", Compatible, Operation, |one| {
            responses(one).is_some_and(|all| set(all, "418", json!({"description": ""})))
        }),
        kind("response-success-status-changed", Breaking, Operation, change_success),
        kind("optional-request-body-removed", Breaking, Operation, |one| {
            one.remove("requestBody").is_some_and(|body| body.get("required").is_none())
        }),
        kind("parameter-became-required", Breaking, Parameter, |one| {
            one.insert("required".to_owned(), json!(true)) == Some(json!(false))
        }),
        kind("parameter-style-changed", Breaking, Parameter, |one| {
            one.get("in") == Some(&json!("query")) && set(one, "explode", json!(false))
        }),
        kind("deprecated", Docs, Parameter, |one| set(one, "deprecated", json!(true))),
        kind("response-header-added", Compatible, Response, |one| {
            let headers = one.entry("headers").or_insert_with(|| json!({}));
            headers.as_object_mut().is_some_and(|all| set(all, "Zz-New", json!({"schema": {}})))
        }),
        kind("response-header-removed", Breaking, Response, |one| {
            let headers = one.get_mut("headers").and_then(Value::as_object_mut);
            headers.is_some_and(|all| all.remove("ETag").is_some())
        }),
        kind("response-media-type-changed", Breaking, Response, change_media),
        kind("optional-property-added", Compatible, Asked, add_field),
        kind("optional-property-added", Compatible, Told, add_field),
        kind("required-property-added", Breaking, Asked, add_required_field),
        kind("required-property-added", Compatible, Told, add_required_field),
        kind("optional-property-removed", Breaking, Asked, remove_optional_field),
        kind("optional-property-removed", Breaking, Told, remove_optional_field),
        kind("property-became-required", Breaking, Asked, require_field),
        kind("property-became-required", Breaking, Told, require_field),
        kind("property-became-optional", Breaking, Asked, relax_field),
        kind("property-became-optional", Breaking, Told, relax_field),
        kind("type-changed", Breaking, Asked, change_type),
        kind("type-changed", Breaking, Told, change_type),
        kind("type-changed", Breaking, Asked, to_union),
        kind("type-changed", Breaking, Told, to_union),
        kind("became-nullable", Breaking, Asked, nullable),
        kind("became-nullable", Breaking, Told, nullable),
        kind("enum-value-added", Compatible, Asked, add_value),
        kind("enum-value-added", Compatible, Told, add_value),
        kind("enum-value-removed", Breaking, Asked, remove_value),
        kind("enum-value-removed", Breaking, Told, remove_value),
        kind("bound-tightened", Breaking, Asked, tighten),
        kind("bound-tightened", Compatible, Told, tighten),
        kind("bound-loosened", Compatible, Asked, loosen),
        kind("pattern-added", Breaking, Asked, pattern),
        kind("pattern-added", Compatible, Told, pattern),
        kind("deprecated", Docs, Told, |one| set(one, "deprecated", json!(true))),
    ]
}

/// Pointers to the objects of a kind, references followed for schemas.
fn places(document: &Value, at: At) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let operation =
                format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1"));
            let count = |key: &str| {
                let list =
                    document.pointer(&format!("{operation}/{key}")).and_then(Value::as_array);
                list.map_or(0, Vec::len)
            };
            let statuses = document.pointer(&format!("{operation}/responses")).unwrap();
            let statuses = statuses.as_object().unwrap().keys();
            let body = |holder: String| {
                let schema = format!("{holder}/content/application~1json/schema");
                let mut inside = Vec::new();
                schemas(document, &schema, &mut inside, 0);
                inside
            };
            match at {
                Operation => found.push(operation.clone()),
                Parameter => {
                    let all = 0..count("parameters");
                    found.extend(all.map(|index| format!("{operation}/parameters/{index}")));
                }
                Response => {
                    found.extend(statuses.map(|status| format!("{operation}/responses/{status}")));
                }
                Asked => found.extend(body(format!("{operation}/requestBody"))),
                Told => found.extend(
                    statuses
                        .filter(|status| status.starts_with('2'))
                        .flat_map(|status| body(format!("{operation}/responses/{status}"))),
                ),
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The schemas below a place, save those that are merged from several.
fn schemas(document: &Value, pointer: &str, found: &mut Vec<String>, depth: usize) {
    let Some(schema) = document.pointer(pointer).filter(|_| depth < 8) else { return };
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        schemas(document, target.trim_start_matches('#'), found, depth + 1);
        return;
    }
    let members = schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
    for index in 0..members {
        inside(document, &format!("{pointer}/allOf/{index}"), found, depth + 1);
    }
    if members == 0 && depth > 0 {
        found.push(pointer.to_owned());
        inside(document, pointer, found, depth);
    }
}

/// The schemas of the fields and items of a schema.
fn inside(document: &Value, pointer: &str, found: &mut Vec<String>, depth: usize) {
    let Some(schema) = document.pointer(pointer) else { return };
    let fields = schema.get("properties").and_then(Value::as_object);
    for name in fields.into_iter().flat_map(Map::keys) {
        // What several members of a merged schema describe is nobody's alone.
        if !["ok", "meta"].contains(&name.as_str()) {
            schemas(document, &format!("{pointer}/properties/{name}"), found, depth + 1);
        }
    }
    if schema.get("items").is_some() {
        schemas(document, &format!("{pointer}/items"), found, depth + 1);
    }
}

/// Places in an order that goes all over the document.
fn spread(all: Vec<String>) -> impl Iterator<Item = String> {
    const STRIDE: usize = 7_919;
    let count = all.len();
    (0..count).map(move |index| all[index * STRIDE % count].clone())
}

fn check(kind: &Kind, pointer: &str, findings: &[Finding]) {
    let context = format!("{} at {pointer}: {findings:#?}", kind.id);
    // A schema that is sent and comes back is judged for both.
    let prefix = if kind.at == Asked { "request-" } else { "response-" };
    let expected =
        |finding: &&Finding| finding.id == kind.id || finding.id == format!("{prefix}{}", kind.id);
    let matching: Vec<&Finding> = findings.iter().filter(expected).collect();
    assert_eq!(matching.len(), 1, "{context}");
    assert_eq!(matching[0].level, kind.level, "{context}");
    assert!(matching[0].location.starts_with(pointer), "{context}");
    assert!(!matching[0].operations.is_empty(), "{context}");
    let other_way = |finding: &Finding| {
        let stem = |id: &str| id.split_once('-').map(|(_, stem)| stem.to_owned());
        stem(finding.id) == stem(matching[0].id)
    };
    assert!(findings.len() <= 2 && findings.iter().all(other_way), "{context}");
}

#[test]
fn every_mutation_is_found_once_at_its_level_and_place() {
    let mut tried = 0;
    for kind in kinds() {
        let mut places_of_kind = 0;
        for text in [APP, SENDING] {
            let old = parsed(text);
            let mut found = 0;
            for pointer in spread(places(&old, kind.at)) {
                let mut new = old.clone();
                let place = new.pointer_mut(&pointer).and_then(Value::as_object_mut).unwrap();
                if !(kind.change)(place) {
                    continue;
                }
                check(&kind, &pointer, &loud(&old, &new));
                found += 1;
                if found == PLACES {
                    break;
                }
            }
            places_of_kind += found;
        }
        assert!(places_of_kind > 0, "{} was tried nowhere", kind.id);
        tried += places_of_kind;
    }
    assert!(tried > 150, "{tried}");
}
