//! Every mutation of mutation, applied all over the vendored documents, is found once, with the right
//! level and location.

use serde_json::{Map, Value, json};
use xtask::diff::{Finding, Level};

use crate::support::{APP, SENDING, parsed, reported};

/// How many places of each document a mutation is applied to.
const PLACES: usize = 3;

/// Changes an object of the document, if possible.
type Mutate = fn(&mut Map<String, Value>) -> bool;

struct Mutation {
    /// The id of the rule, without the direction.
    id: &'static str,
    level: Level,
    /// The objects it is applied to.
    at: At,
    mutate: Mutate,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Operation,
    Parameter,
    Response,
    /// Schemas in requests.
    Sent,
    /// Schemas in responses.
    Returned,
}

use At::{Operation, Parameter, Response, Returned, Sent};
use Level::{Breaking, Compatible, Docs};

fn mutation(id: &'static str, level: Level, at: At, mutate: Mutate) -> Mutation {
    Mutation { id, level, at, mutate }
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

fn mutations() -> Vec<Mutation> {
    vec![
        mutation("operation-id-changed", Breaking, Operation, |one| {
            one.insert("operationId".to_owned(), json!("managementZzNew")).is_some()
        }),
        mutation("operation-tags-changed", Docs, Operation, |one| {
            one.insert("tags".to_owned(), json!(["Zz"])).is_some()
        }),
        mutation("deprecated", Docs, Operation, |one| set(one, "deprecated", json!(true))),
        mutation("summary-changed", Docs, Operation, |one| {
            one.insert("summary".to_owned(), json!("Zz")).is_some()
        }),
        mutation("optional-parameter-added", Compatible, Operation, add_parameter),
        mutation("required-parameter-added", Breaking, Operation, add_required_header),
        mutation("security-scopes-narrowed", Breaking, Operation, add_scope),
        mutation("security-alternative-removed", Breaking, Operation, lose_alternative),
        mutation("response-error-status-added", Compatible, Operation, |one| {
            responses(one).is_some_and(|all| set(all, "418", json!({"description": ""})))
        }),
        mutation("response-success-status-changed", Breaking, Operation, change_success),
        mutation("optional-request-body-removed", Breaking, Operation, |one| {
            one.remove("requestBody").is_some_and(|body| body.get("required").is_none())
        }),
        mutation("parameter-became-required", Breaking, Parameter, |one| {
            one.insert("required".to_owned(), json!(true)) == Some(json!(false))
        }),
        mutation("parameter-style-changed", Breaking, Parameter, |one| {
            one.get("in") == Some(&json!("query")) && set(one, "style", json!("pipeDelimited"))
        }),
        mutation("deprecated", Docs, Parameter, |one| set(one, "deprecated", json!(true))),
        mutation("response-header-added", Compatible, Response, |one| {
            let headers = one.entry("headers").or_insert_with(|| json!({}));
            headers.as_object_mut().is_some_and(|all| set(all, "Zz-New", json!({"schema": {}})))
        }),
        mutation("response-header-removed", Breaking, Response, |one| {
            let headers = one.get_mut("headers").and_then(Value::as_object_mut);
            headers.is_some_and(|all| all.remove("ETag").is_some())
        }),
        mutation("response-media-type-changed", Breaking, Response, change_media),
        mutation("optional-property-added", Compatible, Sent, add_field),
        mutation("optional-property-added", Compatible, Returned, add_field),
        mutation("required-property-added", Breaking, Sent, add_required_field),
        mutation("required-property-added", Compatible, Returned, add_required_field),
        mutation("optional-property-removed", Breaking, Sent, remove_optional_field),
        mutation("optional-property-removed", Breaking, Returned, remove_optional_field),
        mutation("property-became-required", Breaking, Sent, require_field),
        mutation("property-became-required", Breaking, Returned, require_field),
        mutation("property-became-optional", Breaking, Sent, relax_field),
        mutation("property-became-optional", Breaking, Returned, relax_field),
        mutation("type-changed", Breaking, Sent, change_type),
        mutation("type-changed", Breaking, Returned, change_type),
        mutation("type-changed", Breaking, Sent, to_union),
        mutation("type-changed", Breaking, Returned, to_union),
        mutation("became-nullable", Breaking, Sent, nullable),
        mutation("became-nullable", Breaking, Returned, nullable),
        mutation("enum-value-added", Compatible, Sent, add_value),
        mutation("enum-value-added", Compatible, Returned, add_value),
        mutation("enum-value-removed", Breaking, Sent, remove_value),
        mutation("enum-value-removed", Breaking, Returned, remove_value),
        mutation("bound-tightened", Breaking, Sent, tighten),
        mutation("bound-tightened", Compatible, Returned, tighten),
        mutation("bound-loosened", Compatible, Sent, loosen),
        mutation("pattern-added", Breaking, Sent, pattern),
        mutation("pattern-added", Compatible, Returned, pattern),
        mutation("deprecated", Docs, Returned, |one| set(one, "deprecated", json!(true))),
    ]
}

/// Returns pointers to the objects that a mutation applies to, following the references of schemas.
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
                Sent => found.extend(body(format!("{operation}/requestBody"))),
                Returned => found.extend(
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

/// Collects the schemas below a place, except those that `allOf` merges.
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

/// Collects the schemas of the properties and items of a schema.
fn inside(document: &Value, pointer: &str, found: &mut Vec<String>, depth: usize) {
    let Some(schema) = document.pointer(pointer) else { return };
    let fields = schema.get("properties").and_then(Value::as_object);
    for name in fields.into_iter().flat_map(Map::keys) {
        // Several members of the merged envelope describe these.
        if !["ok", "meta"].contains(&name.as_str()) {
            schemas(document, &format!("{pointer}/properties/{name}"), found, depth + 1);
        }
    }
    if schema.get("items").is_some() {
        schemas(document, &format!("{pointer}/items"), found, depth + 1);
    }
}

/// Returns places in an order that is spread over the document.
fn spread(all: Vec<String>) -> impl Iterator<Item = String> {
    const STRIDE: usize = 7_919;
    let count = all.len();
    (0..count).map(move |index| all[index * STRIDE % count].clone())
}

fn check(mutation: &Mutation, pointer: &str, findings: &[Finding]) {
    let context = format!("{} at {pointer}: {findings:#?}", mutation.id);
    // A schema that is both sent and returned yields a finding for each direction.
    let prefix = if mutation.at == Sent { "request-" } else { "response-" };
    let expected = |finding: &&Finding| {
        finding.id == mutation.id || finding.id == format!("{prefix}{}", mutation.id)
    };
    let matching: Vec<&Finding> = findings.iter().filter(expected).collect();
    assert_eq!(matching.len(), 1, "{context}");
    assert_eq!(matching[0].level, mutation.level, "{context}");
    assert!(matching[0].location.starts_with(pointer), "{context}");
    assert!(!matching[0].operations.is_empty(), "{context}");
    let other_way = |finding: &Finding| {
        let stem = |id: &str| id.split_once('-').map(|(_, stem)| stem.to_owned());
        stem(finding.id) == stem(matching[0].id)
    };
    assert!(findings.len() <= 2 && findings.iter().all(other_way), "{context}");
}

#[test]
fn every_mutation_is_found_once_at_its_level_and_location() {
    let mut total = 0;
    for mutation in mutations() {
        let mut applied = 0;
        for text in [&*APP, &*SENDING] {
            let old = parsed(text);
            let mut found = 0;
            for pointer in spread(places(&old, mutation.at)) {
                let mut new = old.clone();
                let place = new.pointer_mut(&pointer).and_then(Value::as_object_mut).unwrap();
                if !(mutation.mutate)(place) {
                    continue;
                }
                check(&mutation, &pointer, &reported(&old, &new));
                found += 1;
                if found == PLACES {
                    break;
                }
            }
            applied += found;
        }
        assert!(applied > 0, "{} applies nowhere", mutation.id);
        total += applied;
    }
    assert!(total > 150, "{total}");
}
