//! Reads streamed events leniently: an event that lacks a field is still an event, and the stream
//! would not send it again. Only the property that tells its type stays required.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Context;
use crate::document::{components_mut, operations, operations_mut, references_of_operations};
use crate::error::Error;
use crate::extensions::{DEFAULT, EVENT_SCHEMA, EVENT_TYPE, STREAMED};
use crate::schema::{
    enum_values, is_nullable, is_required, properties, reachable, reference, set_nullable,
    type_name,
};

pub(super) fn loosen_streamed_events(
    document: &mut Value,
    context: &Context<'_>,
) -> Result<(), Error> {
    let schemas =
        operations(document).filter_map(|operation| operation.value.pointer(EVENT_SCHEMA));
    let events: BTreeSet<String> = schemas.filter_map(reference).map(str::to_owned).collect();
    if events.is_empty() {
        return Ok(());
    }
    let mut others = document.clone();
    operations_mut(&mut others, &mut |_, operation| {
        if let Some(schema) = operation.pointer_mut(EVENT_SCHEMA) {
            *schema = Value::Object(Map::new());
        }
        Ok(())
    })?;
    let elsewhere = references_of_operations(&mut others)?;
    let Some(components) = components_mut(document) else { return Ok(()) };
    let elsewhere = reachable(components, elsewhere)?;
    let streamed = reachable(components, events.clone())?;
    let published = |name: &&String| {
        let component = components.get(*name).and_then(|component| context.published(component));
        component.is_some_and(|name| context.names.streamed.contains(name))
    };
    let lenient: Vec<&String> =
        streamed.iter().filter(|name| !elsewhere.contains(*name) || published(name)).collect();
    for name in lenient {
        let event_type = components.get(name).filter(|_| events.contains(name)).and_then(|event| {
            let mut names = properties(event)?.keys();
            names.find(|property| is_event_type(components, event, property)).cloned()
        });
        if let Some(schema) = components.get_mut(name) {
            loosen(schema, event_type.as_deref());
            schema[STREAMED] = true.into();
            if let Some(event_type) = event_type {
                schema[EVENT_TYPE] = event_type.into();
            }
        }
    }
    Ok(())
}

/// Returns whether a property tells the type of an event: it is required, an enum of strings, and
/// named a type.
fn is_event_type(components: &Map<String, Value>, event: &Value, property: &str) -> bool {
    let schema = &event["properties"][property];
    let values = reference(schema).and_then(|name| components.get(name)).and_then(enum_values);
    let is_named_type = property == "type" || property.ends_with("_type");
    is_named_type && values.is_some() && is_required(event, property) && !is_nullable(schema)
}

/// Lets a required list or map be absent, which makes it empty, and any other required property be
/// null.
fn loosen(schema: &mut Value, event_type: Option<&str>) {
    let required: Vec<String> = properties(schema)
        .into_iter()
        .flat_map(Map::keys)
        .filter(|property| is_required(schema, property) && Some(property.as_str()) != event_type)
        .cloned()
        .collect();
    for property in required {
        let field = &mut schema["properties"][&property];
        if matches!(type_name(field), Some("array" | "object")) {
            if let Value::Object(keywords) = field {
                keywords.remove("nullable");
            }
            field[DEFAULT] = true.into();
        } else {
            set_nullable(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_document;
    use crate::schema::reference_to;

    #[test]
    fn only_the_event_type_is_required() {
        let text = || json!({"type": "string"});
        let mut document = json!({
            "paths": {
                "/events": {"get": {"responses": {"2XX": {"content": {
                    "text/event-stream": {"schema": reference_to("Event")}}}}}},
                "/things": {"get": {"responses": {"2XX": {"content": {
                    "application/json": {"schema": reference_to("Shared")}}}}}},
            },
            "components": {"schemas": {
                "Event": {"type": "object", "required": ["event_type", "id", "list", "own", "shared"],
                    "properties": {"event_type": reference_to("Kind"), "id": text(),
                        "list": {"type": "array", "items": text()}, "own": reference_to("Own"),
                        "shared": reference_to("Shared"), "extra": text()}},
                "Kind": {"type": "string", "enum": ["a"]},
                "Own": {"type": "object", "required": ["id"], "properties": {"id": text()}},
                "Shared": {"type": "object", "required": ["id"], "properties": {"id": text()}},
            }},
        });
        on_document(loosen_streamed_events, &mut document).unwrap();
        let schemas = &document["components"]["schemas"];
        let event = &schemas["Event"]["properties"];
        assert_eq!(schemas["Event"][EVENT_TYPE], "event_type");
        assert_eq!(event["event_type"], reference_to("Kind"));
        assert_eq!(event["list"][DEFAULT], true);
        assert_eq!(
            (event["id"]["nullable"].as_bool(), event["extra"].clone()),
            (Some(true), text())
        );
        assert_eq!(event["own"]["nullable"], true);
        assert_eq!(schemas["Own"]["properties"]["id"]["nullable"], true);
        assert_eq!(schemas["Shared"]["properties"]["id"], text());
    }

    #[test]
    fn a_document_without_streams_is_not_changed() {
        let mut document = json!({"paths": {"/a": {"get": {"responses": {"2XX": {}}}}},
            "components": {"schemas": {"A": {"type": "object", "required": ["b"],
                "properties": {"b": {"type": "string"}}}}}});
        let before = document.clone();
        on_document(loosen_streamed_events, &mut document).unwrap();
        assert_eq!(document, before);
    }
}
