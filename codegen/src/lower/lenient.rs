//! What the API posts unasked is read leniently: an event with a field missing is still an event,
//! and refusing it would only make the API post it again. Nothing but what names the event is
//! required.

use serde_json::{Map, Value, json};

use super::{Context, note, payload};
use crate::error::Error;
use crate::module::Module;
use crate::pointer::Pointer;
use crate::schema::{enum_values, properties, reference, set_nullable, type_name};
use crate::walk;

const ID: &str = "id";
const TYPE: &str = "type";

pub(super) fn run(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    if context.module != Module::Webhooks {
        return Ok(());
    }
    let name = payload::component(document)?.to_owned();
    let Some(components) = walk::components_mut(document) else { return Ok(()) };
    names_events(components, &name)?;
    let inner = inner_objects(components, &name);
    for (owner, schema) in components.iter_mut() {
        let Some(all) = schema.get("properties").and_then(Value::as_object) else { continue };
        let names: Vec<String> = all.keys().cloned().collect();
        for property in &names {
            let field = &mut schema["properties"][property];
            if *owner == name && [ID, TYPE].contains(&property.as_str()) {
                hold(field);
            } else {
                loosen(field, &inner);
            }
        }
        schema["required"] = json!(names);
        if inner.contains(owner) {
            schema[note::DEFAULT] = true.into();
        }
    }
    Ok(())
}

/// Refuses a payload that no event could be told by.
fn names_events(components: &Map<String, Value>, name: &str) -> Result<(), Error> {
    let at = Pointer::schema(name).child("properties");
    let refuse = |property: &str, what: &str| {
        Err(Error::new(at.child(property), what, "describe events as `{id, type, data}`"))
    };
    let all = components.get(name).and_then(properties);
    let property = |property: &str| all.and_then(|all| all.get(property));
    let id = property(ID).filter(|id| id.get(note::SPECIAL).is_none());
    if id.and_then(type_name) != Some("string") {
        return refuse(ID, "an event's id is a string");
    }
    let values = property(TYPE).and_then(reference).and_then(|name| components.get(name));
    if values.and_then(enum_values).is_none() {
        return refuse(TYPE, "an event's type is one of several strings");
    }
    Ok(())
}

/// Objects that stand directly in the payload.
fn inner_objects(components: &Map<String, Value>, name: &str) -> Vec<String> {
    let fields = components.get(name).and_then(properties).into_iter().flat_map(Map::values);
    let is_object = |inner: &&str| components.get(*inner).and_then(properties).is_some();
    let inner = fields.filter_map(reference).filter(|inner| *inner != name).filter(is_object);
    inner.map(str::to_owned).collect()
}

/// What names an event is never null.
fn hold(schema: &mut Value) {
    if let Value::Object(keywords) = schema {
        keywords.remove("nullable");
    }
}

/// A list, a map or an inner object that is not there is an empty one; anything else is null.
fn loosen(schema: &mut Value, inner: &[String]) {
    let is_inner = reference(schema).is_some_and(|name| inner.iter().any(|other| other == name));
    if is_inner || matches!(type_name(schema), Some("array" | "object")) {
        hold(schema);
        schema[note::DEFAULT] = true.into();
    } else {
        set_nullable(schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_module;
    use crate::schema::reference_to;

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
        on_module(run, &mut document, Module::Webhooks)?;
        Ok(document["components"]["schemas"].take())
    }

    #[test]
    fn only_what_names_an_event_is_required() {
        let schemas = lenient(json!({
            "id": {"type": "string", "nullable": true}, "type": reference_to("T"), "data": reference_to("D"),
            "at": {"type": "string"}}))
        .unwrap();
        let properties = &schemas["P"]["properties"];
        assert_eq!(properties["id"], json!({"type": "string"}));
        assert_eq!(properties["type"], reference_to("T"));
        assert_eq!(properties["at"]["nullable"], true);
        assert_eq!(properties["data"][note::DEFAULT], true);
        assert_eq!(schemas["P"].get(note::DEFAULT), None);
        assert_eq!(schemas["D"][note::DEFAULT], true);
        let list = &schemas["D"]["properties"]["list"];
        assert!(list[note::DEFAULT] == true && list.get("nullable").is_none());
        assert_eq!(schemas["D"]["properties"]["p"]["nullable"], true);
        assert_eq!(schemas["D"]["required"], json!(["list", "p"]));
    }

    #[test]
    fn a_payload_without_a_name_is_refused() {
        let pointer = |payload| lenient(payload).unwrap_err().pointer().to_owned();
        assert_eq!(
            pointer(json!({"type": reference_to("T")})),
            "/components/schemas/P/properties/id"
        );
        let text = json!({"type": "string"});
        let moment = json!({"type": "string", note::SPECIAL: "Timestamp"});
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
