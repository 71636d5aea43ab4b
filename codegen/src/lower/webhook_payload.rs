//! The body of a webhook delivery. Lowering treats it as the response of an operation, so that every
//! step reads it as it reads responses, and finds its parts wherever the document describes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Context, rename};
use crate::document::{components, components_mut, operations};
use crate::error::{Error, Pointer};
use crate::extensions::{DEFAULT, JSON_SCHEMA, METHOD_NAME, ScalarType};
use crate::module::Module;
use crate::schema::{enum_values, properties, reference, reference_to, set_nullable, type_name};

/// Name of the schema that describes the body of a webhook delivery.
const SCHEMA: &str = Module::EVENT_SCHEMA;

const PATH: &str = "/";
const METHOD: &str = "get";

const ID: &str = "id";
const TYPE: &str = "type";

/// Returns one path with one operation whose response is the payload.
pub(super) fn payload_operation(source: &Value) -> Result<Map<String, Value>, Error> {
    let at = Pointer::schema(SCHEMA);
    if source.pointer(&at.to_string()).is_none() {
        return Err(Error::new(
            at,
            format!("there is no schema `{SCHEMA}` to describe webhook deliveries"),
            "add it, check that this is the document of the app host, or build without the feature `webhooks`",
        ));
    }
    let operation = json!({
        "operationId": "payload",
        METHOD_NAME: "payload",
        "responses": {"200": {"description": "", "content": {
            "application/json": {"schema": reference_to(SCHEMA)}}}},
    });
    Ok(Map::from_iter([(PATH.to_owned(), json!({ METHOD: operation }))]))
}

/// Gives the payload, its type and its data the names that `names.json` knows.
pub(super) fn name_webhook_payload(
    document: &mut Value,
    context: &Context<'_>,
) -> Result<(), Error> {
    if context.module != Module::Webhooks || operations(document).next().is_none() {
        return Ok(());
    }
    let parts = parts(document, component(document)?);
    let Some(components) = components_mut(document) else { return Ok(()) };
    let mut renamed = BTreeMap::new();
    for (part, name) in parts {
        if !components.contains_key(&name)
            && let Some(schema) = components.remove(&part)
        {
            components.insert(name.clone(), schema);
            renamed.insert(part, name);
        }
    }
    rename::references(document, &renamed)
}

/// Returns the components of the payload, its type and its data, each with the name to give it.
fn parts(document: &Value, payload: &str) -> Vec<(String, String)> {
    let schema = components(document).and_then(|components| components.get(payload));
    let field = |name: &str| schema.and_then(properties).and_then(|all| reference(all.get(name)?));
    let inner = [("type", "Type"), ("data", "Data")];
    let inner = inner.into_iter().filter_map(|(name, ending)| {
        let part = field(name).filter(|part| *part != payload)?;
        Some((part.to_owned(), format!("{SCHEMA}{ending}")))
    });
    std::iter::once((payload.to_owned(), SCHEMA.to_owned())).chain(inner).collect()
}

/// Returns the name of the component that the payload became.
fn component(document: &Value) -> Result<&str, Error> {
    let operation = document.get("paths").and_then(|paths| paths.get(PATH)?.get(METHOD));
    let schema = operation.and_then(|operation| operation.pointer(JSON_SCHEMA));
    schema.and_then(reference).ok_or_else(|| {
        Error::new(
            Pointer::schema(SCHEMA),
            "the body of a webhook delivery is not an object with properties",
            "describe events as `{id, type, data}`",
        )
    })
}

/// Requires nothing of a payload but what identifies the event: refusing one that lacks a field would
/// only make the API deliver it again.
pub(super) fn loosen_webhook_payload(
    document: &mut Value,
    context: &Context<'_>,
) -> Result<(), Error> {
    if context.module != Module::Webhooks || operations(document).next().is_none() {
        return Ok(());
    }
    let name = component(document)?.to_owned();
    let Some(components) = components_mut(document) else { return Ok(()) };
    check_identity(components, &name)?;
    let inner = inner_objects(components, &name);
    for (owner, schema) in components.iter_mut() {
        let Some(all) = schema.get("properties").and_then(Value::as_object) else { continue };
        let names: Vec<String> = all.keys().cloned().collect();
        for property in &names {
            let field = &mut schema["properties"][property];
            if *owner == name && [ID, TYPE].contains(&property.as_str()) {
                remove_nullable(field);
            } else {
                loosen(field, &inner);
            }
        }
        schema["required"] = json!(names);
        if inner.contains(owner) {
            schema[DEFAULT] = true.into();
        }
    }
    Ok(())
}

/// Refuses a payload that does not identify its event.
fn check_identity(components: &Map<String, Value>, name: &str) -> Result<(), Error> {
    let at = Pointer::schema(name).child("properties");
    let refuse = |property: &str, what: &str| {
        Err(Error::new(at.child(property), what, "describe events as `{id, type, data}`"))
    };
    let all = components.get(name).and_then(properties);
    let property = |property: &str| all.and_then(|all| all.get(property));
    let id = property(ID).filter(|id| ScalarType::of(id).is_none());
    if id.and_then(type_name) != Some("string") {
        return refuse(ID, "the id of an event is not a string");
    }
    let values = property(TYPE).and_then(reference).and_then(|name| components.get(name));
    if values.and_then(enum_values).is_none() {
        return refuse(TYPE, "the type of an event is not an enum of strings");
    }
    Ok(())
}

/// Returns the objects that are properties of the payload.
fn inner_objects(components: &Map<String, Value>, name: &str) -> Vec<String> {
    let fields = components.get(name).and_then(properties).into_iter().flat_map(Map::values);
    let is_object = |inner: &&str| components.get(*inner).and_then(properties).is_some();
    let inner = fields.filter_map(reference).filter(|inner| *inner != name).filter(is_object);
    inner.map(str::to_owned).collect()
}

fn remove_nullable(schema: &mut Value) {
    if let Value::Object(keywords) = schema {
        keywords.remove("nullable");
    }
}

/// Lets a list, a map or an inner object be absent, which makes it empty, and anything else be null.
fn loosen(schema: &mut Value, inner: &[String]) {
    let is_inner = reference(schema).is_some_and(|name| inner.iter().any(|other| other == name));
    if is_inner || matches!(type_name(schema), Some("array" | "object")) {
        remove_nullable(schema);
        schema[DEFAULT] = true.into();
    } else {
        set_nullable(schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_module;

    #[test]
    fn a_document_without_events_is_named_as_such() {
        let document = json!({"components": {"schemas": {"Webhook": {}}}, "paths": {}});
        let error = payload_operation(&document).unwrap_err();
        assert_eq!(error.pointer(), "/components/schemas/WebhookEventPayload");
        assert!(error.to_string().contains("build without"));
    }

    fn lenient(payload: Value) -> Result<Value, Error> {
        let mut document = json!({
            "paths": {"/": {"get": {"responses": {"2XX": {"content": {
                "application/json": {"schema": reference_to("P")}}}}}}},
            "components": {"schemas": {
                "P": {"type": "object", "properties": payload, "required": ["id"]},
                "T": {"enum": ["a"]},
                "D": {"type": "object", "properties": {
                    "list": {"type": "array", "nullable": true, "items": {"type": "string"}},
                    "p": reference_to("P")}},
            }},
        });
        on_module(loosen_webhook_payload, &mut document, Module::Webhooks)?;
        Ok(document["components"]["schemas"].take())
    }

    #[test]
    fn only_the_identity_of_an_event_is_required() {
        let schemas = lenient(json!({
            "id": {"type": "string", "nullable": true}, "type": reference_to("T"), "data": reference_to("D"),
            "at": {"type": "string"}}))
        .unwrap();
        let properties = &schemas["P"]["properties"];
        assert_eq!(properties["id"], json!({"type": "string"}));
        assert_eq!(properties["type"], reference_to("T"));
        assert_eq!(properties["at"]["nullable"], true);
        assert_eq!(properties["data"][DEFAULT], true);
        assert_eq!(schemas["P"].get(DEFAULT), None);
        assert_eq!(schemas["D"][DEFAULT], true);
        let list = &schemas["D"]["properties"]["list"];
        assert!(list[DEFAULT] == true && list.get("nullable").is_none());
        assert_eq!(schemas["D"]["properties"]["p"]["nullable"], true);
        assert_eq!(schemas["D"]["required"], json!(["list", "p"]));
    }

    #[test]
    fn a_payload_without_identity_is_refused() {
        let pointer = |payload| lenient(payload).unwrap_err().pointer().to_owned();
        assert_eq!(
            pointer(json!({"type": reference_to("T")})),
            "/components/schemas/P/properties/id"
        );
        let text = json!({"type": "string"});
        let moment = json!({"type": "string", "format": "date-time"});
        assert_eq!(
            pointer(json!({"id": moment, "type": reference_to("T")})),
            "/components/schemas/P/properties/id"
        );
        assert_eq!(
            pointer(json!({"id": text, "type": text})),
            "/components/schemas/P/properties/type"
        );
    }
}
