//! Names inline schemas. Every inline object, enum and union becomes a component whose name says
//! where it was found, so that names are the document's rather than the generator's guess; equal ones
//! are merged, so that a filter and the field that it filters share their enum.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Context, rename};
use crate::document::{components, components_mut, operations_mut};
use crate::error::{Error, Pointer};
use crate::extensions::{EVENT_SCHEMA, JSON_SCHEMA, ORIGIN, PLACES, PROPERTY};
use crate::naming::{pascal, singular};
use crate::schema::{
    branch_key, branch_label, enum_values, is_nullable, is_type, reference, reference_to,
    set_nullable, skeleton, type_name,
};

/// On a hoisted component: what makes it equal to another one.
const IDENTITY: &str = "x-identity";
/// On a hoisted component: whether an operation, rather than a schema, owns it.
const OF_OPERATION: &str = "x-of-operation";

/// Moves every inline object, enum and union to the components.
pub(super) fn hoist_inline_schemas(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let mut hoist =
        Hoist { found: Map::new(), taken: components(document).cloned().unwrap_or_default() };
    if let Some(components) = components_mut(document) {
        for (name, schema) in components {
            let at = Pointer::schema(name);
            hoist.inside(&Site::new(pascal(name), at.clone(), false), schema);
            schema[ORIGIN] = at.to_string().into();
            schema[PLACES] = json!([at.to_string()]);
        }
    }
    operations_mut(document, &mut |at, operation| {
        hoist.operation(at, operation);
        Ok(())
    })?;
    if let Some(components) = components_mut(document) {
        components.extend(hoist.found);
    }
    Ok(())
}

/// Where a schema was found.
struct Site {
    owner: String,
    at: Pointer,
    /// The same place without numbers, which an addition would change: parameters by their names,
    /// branches by what they hold.
    place: Pointer,
    of_operation: bool,
}

impl Site {
    fn new(owner: String, at: Pointer, of_operation: bool) -> Site {
        Site { owner, place: at.clone(), at, of_operation }
    }

    fn below(&self, owner: String, tokens: &[&str]) -> Site {
        let below = |at: &Pointer| tokens.iter().fold(at.clone(), |at, token| at.child(token));
        Site {
            owner,
            at: below(&self.at),
            place: below(&self.place),
            of_operation: self.of_operation,
        }
    }

    /// Returns an element of an array, by its number and by what identifies it.
    fn element(&self, array: &str, index: usize, key: &str) -> Site {
        Site {
            owner: self.owner.clone(),
            at: self.at.child(array).child(index),
            place: self.place.child(array).child(key),
            of_operation: self.of_operation,
        }
    }
}

struct Hoist {
    found: Map<String, Value>,
    taken: Map<String, Value>,
}

impl Hoist {
    fn operation(&mut self, at: &Pointer, operation: &mut Value) {
        let name = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let owner = pascal(name);
        let site = Site::new(owner.clone(), at.clone(), true);
        for (index, parameter) in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                let site = site.element("parameters", index, &name);
                self.child(&site.below(owner.clone(), &["schema"]), &name, schema);
            }
        }
        if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema")
        {
            let site = site
                .below(owner.clone(), &["requestBody", "content", "application/json", "schema"]);
            self.child(&site, "body", schema);
        }
        if let Some(schema) = operation.pointer_mut(JSON_SCHEMA) {
            self.child(&site.below(owner.clone(), &["responses"]), "result", schema);
        }
        if let Some(schema) = operation.pointer_mut(EVENT_SCHEMA) {
            self.child(&site.below(owner, &["responses"]), "event", schema);
        }
    }

    /// Hoists the properties and branches of a schema that has a name.
    fn inside(&mut self, site: &Site, schema: &mut Value) {
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (name, child) in properties {
                self.child(&site.below(site.owner.clone(), &["properties", name]), name, child);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            let all = 0..branches.len();
            let words: Vec<(String, String)> = all
                .map(|index| (branch_label(branches, index), branch_key(branches, index)))
                .collect();
            for (index, (branch, (label, key))) in branches.iter_mut().zip(words).enumerate() {
                self.child(&site.element("anyOf", index, &key), &label, branch);
            }
        }
    }

    fn child(&mut self, site: &Site, property: &str, schema: &mut Value) {
        if reference(schema).is_some() {
            return;
        }
        if is_type(schema) {
            self.extract(site, property, schema);
        } else if type_name(schema) == Some("array") {
            if let Some(items) = schema.get_mut("items") {
                self.child(&site.below(site.owner.clone(), &["items"]), &singular(property), items);
            }
        } else if let Some(values) = schema.get_mut("additionalProperties") {
            let site = site.below(site.owner.clone(), &["additionalProperties"]);
            self.child(&site, &singular(property), values);
        }
    }

    fn extract(&mut self, site: &Site, property: &str, schema: &mut Value) {
        let name = self.free_name(format!("{}{}", site.owner, pascal(property)));
        let mut reference = reference_to(&name);
        if is_nullable(schema) {
            set_nullable(&mut reference);
        }
        if let Some(description) = schema.get("description") {
            reference["description"] = description.clone();
        }
        let mut component = std::mem::replace(schema, reference);
        if let Value::Object(keywords) = &mut component {
            keywords.remove("nullable");
        }
        component[IDENTITY] = identity(property, &component);
        component[PROPERTY] = property.into();
        component[OF_OPERATION] = site.of_operation.into();
        component[ORIGIN] = site.at.to_string().into();
        component[PLACES] = json!([site.place.to_string()]);
        self.taken.insert(name.clone(), Value::Null);
        self.inside(&site.below(name.clone(), &[]), &mut component);
        self.found.insert(name, component);
    }

    fn free_name(&self, name: String) -> String {
        let free = |name: &String| !self.taken.contains_key(name);
        if free(&name) {
            return name;
        }
        let mut number = 2;
        loop {
            let numbered = format!("{name}{number}");
            if free(&numbered) {
                return numbered;
            }
            number += 1;
        }
    }
}

/// Returns what makes two inline schemas one type: the same name and the same structure.
fn identity(property: &str, schema: &Value) -> Value {
    match enum_values(schema) {
        Some(mut values) => {
            values.sort_unstable();
            json!([property, values])
        }
        None => json!([property, skeleton(schema)]),
    }
}

/// Merges hoisted components that are equal, unless they were published as different types.
pub(super) fn merge_duplicates(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let Some(components) = components_mut(document) else { return Ok(()) };
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, schema) in components.iter() {
        if let Some(identity) = schema.get(IDENTITY) {
            groups.entry(identity.to_string()).or_default().push(name.clone());
        }
    }
    let mut renamed = BTreeMap::new();
    for names in groups.into_values() {
        let rank = |name: &String| {
            let of_operation = components[name].get(OF_OPERATION) == Some(&json!(true));
            let untabled = context.table.type_name(context.module, name).is_none();
            (untabled, of_operation, name.len(), name.clone())
        };
        let mut published: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
        for name in names {
            published.entry(context.published(&components[&name])).or_default().push(name);
        }
        // What has no name yet joins what has one.
        let new = published.remove(&None).unwrap_or_default();
        let host = published.values_mut().min_by_key(|names| names.iter().map(rank).min());
        match host {
            Some(host) => host.extend(new),
            None => drop(published.insert(None, new)),
        }
        for names in published.into_values() {
            let Some(best) = names.iter().min_by_key(|name| rank(name)).cloned() else { continue };
            let others = names.into_iter().filter(|name| *name != best);
            renamed.extend(others.map(|name| (name, best.clone())));
        }
    }
    for (name, best) in &renamed {
        if let Some(merged) = components.remove(name) {
            add_places(&mut components[best], &merged);
        }
    }
    rename::references(document, &renamed)
}

/// Adds the places of a component to those of another one.
pub(super) fn add_places(to: &mut Value, from: &Value) {
    let places = from.get(PLACES).and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Array(all)) = to.get_mut(PLACES) {
        all.extend(places);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{on_document, on_schemas};

    #[test]
    fn names_come_from_the_place() {
        let object = |properties: Value| json!({"type": "object", "properties": properties});
        let mut document = json!({
            "components": {"schemas": {"Order": object(json!({
                "lines": {"type": "array", "items": object(json!({
                    "state": {"type": "string", "enum": ["a"], "nullable": true}}))},
                "choice": {"anyOf": [{"type": "integer"}, {"type": "object",
                    "properties": {"blob": {"type": "string"}}, "required": ["blob"]}]},
            }))}},
            "paths": {"/a": {"get": {
                "operationId": "list_orders",
                "parameters": [{"name": "state", "schema": {"type": "string", "enum": ["a"]}}],
                "responses": {"2XX": {"content": {"application/json": {
                    "schema": object(json!({"id": {"type": "string"}}))}}}},
            }}},
        });
        on_document(hoist_inline_schemas, &mut document).unwrap();
        let names: Vec<_> = components(&document).unwrap().keys().cloned().collect();
        assert_eq!(
            names,
            [
                "ListOrdersResult",
                "ListOrdersState",
                "Order",
                "OrderChoice",
                "OrderChoiceBlob",
                "OrderLine",
                "OrderLineState"
            ]
        );
        let state = document.pointer("/components/schemas/OrderLine/properties/state").unwrap();
        assert_eq!(
            *state,
            json!({"$ref": "#/components/schemas/OrderLineState", "nullable": true})
        );
        let origin = document.pointer("/components/schemas/OrderLineState/x-origin").unwrap();
        assert_eq!(origin, "/components/schemas/Order/properties/lines/items/properties/state");
    }

    #[test]
    fn equal_schemas_keep_the_shortest_name() {
        let state = |of_operation| json!({"enum": ["a"], IDENTITY: ["state", ["a"]], OF_OPERATION: of_operation});
        let lowered = on_schemas(
            merge_duplicates,
            json!({
                "GetState": state(true),
                "OrderState": state(false),
                "OrderLineState": state(false),
                "Order": {"type": "object", "properties": {"state": reference_to("OrderLineState")}},
            }),
        )
        .unwrap();
        let names: Vec<_> = lowered.as_object().unwrap().keys().collect();
        assert_eq!(names, ["Order", "OrderState"]);
        assert_eq!(lowered["Order"]["properties"]["state"], reference_to("OrderState"));
    }
}
