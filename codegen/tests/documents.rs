//! What holds for both vendored documents, however their prose and envelopes are written.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use std::collections::BTreeSet;

use sendmux_client_codegen::{Generated, Module, Surface, generate, repairs};
use serde_json::{Map, Value, json};
use syn::visit::Visit;

fn document(module: impl Into<Module>) -> String {
    let path = format!("{}/../{}", env!("CARGO_MANIFEST_DIR"), module.into().document());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn generated(module: impl Into<Module> + Copy) -> Generated {
    generate(&document(module), module).unwrap_or_else(|error| panic!("{error}"))
}

fn operations_in(document: &Value, surface: Surface) -> usize {
    let covers = |path: &str| match surface {
        Surface::Management => !path.starts_with("/mailbox/"),
        Surface::Mailbox => path.starts_with("/mailbox/"),
        Surface::Sending => true,
    };
    let paths = document["paths"].as_object().unwrap();
    let items = paths.iter().filter(|(path, _)| covers(path)).map(|(_, item)| item);
    items.map(|item| item.as_object().unwrap().len()).sum()
}

#[test]
fn every_operation_has_a_method_a_request_type_and_a_case() {
    for surface in Surface::ALL {
        let generated = generated(surface);
        let document = serde_json::from_str(&document(surface)).unwrap();
        let expected = operations_in(&document, surface);
        assert!(expected > 0);
        assert_eq!(generated.operations, expected, "{surface:?}");
        let requests = generated
            .items
            .iter()
            .filter(|item| item.signature == "struct" && item.path.matches("::").count() == 1);
        assert_eq!(requests.count(), expected, "{surface:?}");
        let cases =
            generated.cases().lines().filter(|line| line.trim_start().starts_with("client."));
        assert_eq!(cases.count(), expected, "{surface:?}");
    }
}

#[derive(Default)]
struct Inventory {
    types: Vec<String>,
    faults: Vec<String>,
}

impl<'ast> Visit<'ast> for Inventory {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.types.push(item.ident.to_string());
        if item.attrs.iter().any(|attribute| tokens(attribute).contains("deny_unknown_fields")) {
            self.faults.push(format!("{} denies unknown fields", item.ident));
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.types.push(item.ident.to_string());
        if item.variants.is_empty() {
            self.faults.push(format!("{} has no variant", item.ident));
        }
        for variant in &item.variants {
            let name = variant.ident.to_string();
            if name.starts_with("Variant") || name.starts_with("Subtype") {
                self.faults.push(format!("{}::{name}", item.ident));
            }
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        let text = item.mac.tokens.to_string();
        if let Some((_, rest)) = text.split_once("pub enum ") {
            self.types.extend(rest.split_whitespace().next().map(str::to_owned));
            if !rest.contains('=') {
                self.faults.push(format!("an open enum without values: {text}"));
            }
        }
    }
}

fn tokens(node: &impl quote::ToTokens) -> String {
    node.to_token_stream().to_string()
}

#[test]
fn no_type_is_silently_wrong_or_there_twice() {
    for module in Module::ALL {
        let file = syn::parse_file(generated(module).source()).unwrap();
        let mut inventory = Inventory::default();
        let types = file.items.iter().find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
            _ => None,
        });
        for item in &types.unwrap().1 {
            inventory.visit_item(item);
        }
        assert_eq!(inventory.faults, [""; 0], "{module:?}");
        let distinct: BTreeSet<_> = inventory.types.iter().collect();
        assert_eq!(distinct.len(), inventory.types.len(), "{module:?}");
        assert!(distinct.len() > 4, "{module:?}");
    }
}

#[test]
fn no_name_has_a_number_to_tell_it_from_another() {
    for module in Module::ALL {
        let items = generated(module).items;
        let types = items.iter().filter_map(|item| item.path.split("::types::").nth(1));
        let words = document(module).to_ascii_lowercase().replace(['_', '-'], "");
        // A number that the document has in a name tells nothing apart.
        let numbered = |name: &&str| {
            let last = name.rfind(char::is_uppercase).map_or(*name, |start| &name[start..]);
            last.ends_with(|last: char| last.is_ascii_digit())
                && !words.contains(&last.to_ascii_lowercase())
        };
        let odd: Vec<&str> = types.filter(|name| !name.contains("::")).filter(numbered).collect();
        assert!(odd.is_empty(), "{module:?}: {odd:?}");
    }
}

#[test]
fn no_line_of_code_is_long() {
    for module in Module::ALL {
        let generated = generated(module);
        for line in generated.source().lines().chain(generated.mocks().lines()) {
            let line = line.trim_start();
            let is_text = line.starts_with('"') || line.starts_with("///");
            assert!(is_text || line.len() <= 400, "{module:?}: {line}");
        }
    }
}

#[test]
fn the_header_names_the_generator_and_the_document() {
    let header = generated(Surface::Sending).header().to_owned();
    assert!(
        header.starts_with("// @generated by sendmux-client-codegen from openapi-sending.json")
    );
    let other = generate(&document(Surface::Sending).replace("200", "201"), Surface::Sending);
    assert_ne!(other.unwrap().header(), header);
}

#[test]
fn output_is_deterministic() {
    for module in Module::ALL {
        let (first, second) = (generated(module), generated(module));
        assert_eq!(first.source(), second.source());
        assert_eq!(first.items, second.items);
    }
}

/// Calls `change` on every object that is not a map of properties, schemas or paths.
fn each_object(value: &mut Value, names: bool, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            if !names {
                change(members);
            }
            for (key, child) in members {
                let maps = ["properties", "schemas", "paths", "content", "responses", "headers"];
                each_object(child, !names && maps.contains(&key.as_str()), change);
            }
        }
        Value::Array(items) => {
            for item in items {
                each_object(item, false, change);
            }
        }
        _ => {}
    }
}

fn items_without_origin(generated: Generated) -> Vec<(String, String)> {
    generated.items.into_iter().map(|item| (item.path, item.signature)).collect()
}

#[test]
fn prose_decides_nothing() {
    for module in Module::ALL {
        let mut other: Value = serde_json::from_str(&document(module)).unwrap();
        each_object(&mut other, false, &mut |object| {
            for key in ["description", "summary", "title"] {
                if object.get(key).is_some_and(Value::is_string) {
                    object.insert(key.to_owned(), "Variant0 <b> [x] ```rust\nfn main() {}".into());
                }
            }
            object.remove("examples");
            object.remove("example");
            if object.contains_key("type") {
                object.insert("title".to_owned(), "Another Title".into());
            }
        });
        let changed =
            generate(&other.to_string(), module).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            items_without_origin(changed),
            items_without_origin(generated(module)),
            "{module:?}"
        );
    }
}

/// Writes every envelope as one object, the way the vendor sometimes does.
fn flat(document: &mut Value) {
    let base = document["components"]["schemas"]["SuccessEnvelope"].clone();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for schema in schemas.values_mut() {
        let Some(members) = schema.get("allOf").and_then(Value::as_array) else { continue };
        if members[0]["$ref"] != "#/components/schemas/SuccessEnvelope" {
            continue;
        }
        let mut merged = base.clone();
        let own = members[1]["properties"].as_object().unwrap().clone();
        merged["properties"].as_object_mut().unwrap().extend(own);
        let required = members[1].get("required").and_then(Value::as_array).cloned();
        merged["required"].as_array_mut().unwrap().extend(required.unwrap_or_default());
        *schema = merged;
    }
    schemas.remove("SuccessEnvelope");
}

#[test]
fn flat_envelopes_generate_the_same_code() {
    for module in Module::ALL {
        let mut other: Value = serde_json::from_str(&document(module)).unwrap();
        flat(&mut other);
        // One response writes its envelope in the operation.
        if let Some(schema) = other.pointer_mut(
            "/paths/~1webhooks~1{public_id}~1test/post/responses/200/content/application~1json/schema",
        ) {
            *schema = json!({"type": "object", "properties": {
                "ok": {"type": "boolean"}, "data": {"$ref": "#/components/schemas/WebhookTestResponse"},
                "meta": {"type": "object"}}, "required": ["ok", "data", "meta"]});
        }
        let changed =
            generate(&other.to_string(), module).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(changed.source(), generated(module).source(), "{module:?}");
    }
}

#[test]
fn other_spellings_of_null_generate_the_same_code() {
    for module in Module::ALL {
        let mut other: Value = serde_json::from_str(&document(module)).unwrap();
        each_object(&mut other, false, &mut |object| {
            let Some(Value::Array(types)) = object.get("type") else { return };
            if types.len() != 2 || types[1] != "null" {
                return;
            }
            let mut inner = std::mem::take(object);
            inner.insert("type".to_owned(), inner["type"][0].clone());
            if let Some(Value::Array(values)) = inner.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            let words = inner.remove("description");
            object.extend(words.map(|words| ("description".to_owned(), words)));
            object.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
        });
        let changed =
            generate(&other.to_string(), module).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            items_without_origin(changed),
            items_without_origin(generated(module)),
            "{module:?}"
        );
    }
}

#[test]
fn every_item_points_into_the_document() {
    for module in Module::ALL {
        let document: Value = serde_json::from_str(&document(module)).unwrap();
        for item in generated(module).items {
            assert!(document.pointer(&item.origin).is_some(), "{} {}", item.path, item.origin);
        }
    }
}

#[test]
fn repairs_name_their_step_and_place() {
    let repairs = repairs(&document(Surface::Management), Surface::Management).unwrap();
    for step in [
        "open_objects",
        "downgrade_to_3_0",
        "document_limits",
        "merge_all_of",
        "lower_responses",
        "hoist_inline_schemas",
        "rename_types",
    ] {
        assert!(repairs.iter().any(|repair| repair.step == step), "{step}");
    }
    assert!(repairs.iter().all(|repair| !repair.what.is_empty()));
}

#[test]
fn events_come_without_operations() {
    let generated = generated(Module::Webhooks);
    assert_eq!(generated.operations, 0);
    assert!(!generated.source().contains("reqwest"));
    let types = generated.items.iter().filter(|item| item.path.matches("::").count() == 2);
    let names: Vec<&str> = types.map(|item| item.path.as_str()).collect();
    let expected = ["BounceType", "Event", "EventData", "EventType", "MessageIdKind"];
    assert_eq!(names, expected.map(|name| format!("webhooks::types::{name}")));
}

#[test]
fn an_event_may_be_described_in_other_ways() {
    let expected = generated(Module::Webhooks);
    let mut other: Value = serde_json::from_str(&document(Module::Webhooks)).unwrap();
    let schemas = other["components"]["schemas"].as_object_mut().unwrap();
    // The data written out in place, the type in a schema of its own, the whole merged and aliased.
    let data = schemas.remove("WebhookEventData").unwrap();
    let mut payload = schemas.remove("WebhookEventPayload").unwrap();
    let kind = payload["properties"]["type"].take();
    payload["properties"]["type"] = json!({"$ref": "#/components/schemas/WebhookEventType"});
    payload["properties"]["data"] = data;
    payload["required"] = json!(["id"]);
    schemas.insert("WebhookEventType".to_owned(), kind);
    schemas.insert("Payload".to_owned(), json!({"allOf": [payload, {"type": "object"}]}));
    let alias = json!({"$ref": "#/components/schemas/Payload"});
    schemas.insert("WebhookEventPayload".to_owned(), alias);
    let changed = generate(&other.to_string(), Module::Webhooks).unwrap();
    let fields = |generated: Generated| {
        let types =
            ["Event", "EventData", "EventType"].map(|name| format!("webhooks::types::{name}"));
        let paths = generated.items.into_iter().map(|item| item.path);
        let of_types =
            |path: &String| types.iter().any(|name| path.starts_with(&format!("{name}::")));
        paths.filter(of_types).collect::<Vec<_>>()
    };
    let (changed, expected) = (fields(changed), fields(expected));
    assert!(expected.len() > 20);
    assert_eq!(changed, expected);
}

#[test]
fn a_document_without_events_says_so() {
    let generated = generate(&document(Surface::Sending), Module::Webhooks).unwrap();
    let pointer = generated.notes[0].reason().pointer();
    assert_eq!(pointer, "/components/schemas/WebhookEventPayload");
    assert!(generated.items.is_empty());
}
