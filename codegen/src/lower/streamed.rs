//! Events that are streamed are read leniently: an event with a field missing is still an event,
//! and the stream would not bring it again. Nothing but what tells one kind from another is
//! required.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Context, note};
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{
    enum_values, is_nullable, is_required, properties, reference, set_nullable, type_name,
};
use crate::walk;

const CONTENT: &str = "/responses/2XX/content/text~1event-stream/schema";

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let mut events = BTreeSet::new();
    let mut elsewhere = BTreeSet::new();
    let mut others = document.clone();
    walk::operations_mut(&mut others, &mut |at, operation| {
        if let Some(schema) = operation.pointer_mut(CONTENT) {
            events.extend(reference(schema).map(str::to_owned));
            *schema = Value::Object(Map::new());
        }
        walk::operation_schemas_mut(at, operation, &mut |_, node| {
            elsewhere.extend(reference(node).map(str::to_owned));
            Ok(())
        })
    })?;
    let Some(components) = walk::components_mut(document) else { return Ok(()) };
    let elsewhere = closure(components, elsewhere)?;
    let streamed = closure(components, events.clone())?;
    for name in streamed.difference(&elsewhere) {
        let tag = components.get(name).filter(|_| events.contains(name)).and_then(|event| {
            properties(event)?.keys().find(|property| is_tag(components, event, property)).cloned()
        });
        if let Some(schema) = components.get_mut(name) {
            loosen(schema, tag.as_deref());
            if let Some(tag) = tag {
                schema[note::TAG] = tag.into();
            }
        }
    }
    Ok(())
}

/// These components, and all that they lead to.
fn closure(
    components: &mut Map<String, Value>,
    start: BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<String> = start.into_iter().collect();
    while let Some(name) = pending.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        if let Some(schema) = components.get_mut(&name) {
            walk::schema_mut(&Pointer::schema(&name), schema, &mut |_, node| {
                pending.extend(reference(node).map(str::to_owned));
                Ok(())
            })?;
        }
    }
    Ok(found)
}

/// Whether a property tells one kind of event from another: it is always there, one of several
/// strings, and called a type.
fn is_tag(components: &Map<String, Value>, event: &Value, property: &str) -> bool {
    let schema = &event["properties"][property];
    let values = reference(schema).and_then(|name| components.get(name)).and_then(enum_values);
    let called_type = property == "type" || property.ends_with("_type");
    called_type && values.is_some() && is_required(event, property) && !is_nullable(schema)
}

/// A list or a map that has to be there may be missing, and then is empty; anything else is null.
fn loosen(schema: &mut Value, tag: Option<&str>) {
    let required: Vec<String> = properties(schema)
        .into_iter()
        .flat_map(Map::keys)
        .filter(|property| is_required(schema, property) && Some(property.as_str()) != tag)
        .cloned()
        .collect();
    for property in required {
        let field = &mut schema["properties"][&property];
        if matches!(type_name(field), Some("array" | "object")) {
            if let Value::Object(keywords) = field {
                keywords.remove("nullable");
            }
            field[note::DEFAULT] = true.into();
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
    fn only_what_tells_kinds_apart_is_required() {
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
        on_document(run, &mut document).unwrap();
        let schemas = &document["components"]["schemas"];
        let event = &schemas["Event"]["properties"];
        assert_eq!(schemas["Event"][note::TAG], "event_type");
        assert_eq!(event["event_type"], reference_to("Kind"));
        assert_eq!(event["list"][note::DEFAULT], true);
        assert_eq!(
            (event["id"]["nullable"].as_bool(), event["extra"].clone()),
            (Some(true), text())
        );
        assert_eq!(event["own"]["nullable"], true);
        assert_eq!(schemas["Own"]["properties"]["id"]["nullable"], true);
        assert_eq!(schemas["Shared"]["properties"]["id"], text());
    }

    #[test]
    fn a_document_without_a_stream_stays_as_it_is() {
        let mut document = json!({"paths": {"/a": {"get": {"responses": {"2XX": {}}}}},
            "components": {"schemas": {"A": {"type": "object", "required": ["b"],
                "properties": {"b": {"type": "string"}}}}}});
        let before = document.clone();
        on_document(run, &mut document).unwrap();
        assert_eq!(document, before);
    }
}
