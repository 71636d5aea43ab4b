//! Gives every inline object, enum and choice a name made of where it stands, so that the names
//! are the document's and not the generator's guess.

use serde_json::{Map, Value, json};

use super::{Context, note};
use crate::error::Error;
use crate::naming::{pascal, singular};
use crate::pointer::Pointer;
use crate::schema::{
    branches, enum_values, is_nullable, is_required, properties, reference, reference_to,
    set_nullable, skeleton, type_name,
};
use crate::walk;

/// On a hoisted component: what makes it the same as another one.
pub(super) const IDENTITY: &str = "x-identity";
/// On a hoisted component: the property or parameter it was found at.
pub(crate) const PROPERTY: &str = "x-property";
/// On a hoisted component: set if an operation, not a schema, is its owner.
pub(super) const OF_OPERATION: &str = "x-of-operation";

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let mut hoist =
        Hoist { found: Map::new(), taken: walk::components(document).cloned().unwrap_or_default() };
    if let Some(components) = walk::components_mut(document) {
        for (name, schema) in components {
            let at = Pointer::schema(name);
            hoist
                .inside(&Site { owner: pascal(name), at: at.clone(), of_operation: false }, schema);
            schema[note::ORIGIN] = at.to_string().into();
        }
    }
    walk::operations_mut(document, &mut |at, operation| {
        hoist.operation(at, operation);
        Ok(())
    })?;
    if let Some(components) = walk::components_mut(document) {
        components.extend(hoist.found);
    }
    Ok(())
}

/// Where a schema stands.
struct Site {
    owner: String,
    at: Pointer,
    of_operation: bool,
}

impl Site {
    fn below(&self, owner: String, tokens: &[&str]) -> Site {
        Site {
            owner,
            at: tokens.iter().fold(self.at.clone(), |at, token| at.child(token)),
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
        let site = Site { owner: owner.clone(), at: at.clone(), of_operation: true };
        for (index, parameter) in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                let index = index.to_string();
                let site = site.below(owner.clone(), &["parameters", &index, "schema"]);
                self.child(&site, &name, schema);
            }
        }
        if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema")
        {
            let site = site
                .below(owner.clone(), &["requestBody", "content", "application/json", "schema"]);
            self.child(&site, "body", schema);
        }
        if let Some(schema) =
            operation.pointer_mut("/responses/2XX/content/application~1json/schema")
        {
            self.child(&site.below(owner.clone(), &["responses"]), "result", schema);
        }
        if let Some(schema) =
            operation.pointer_mut("/responses/2XX/content/text~1event-stream/schema")
        {
            self.child(&site.below(owner, &["responses"]), "event", schema);
        }
    }

    /// Hoists what stands in the properties, items and branches of a schema that has a name.
    fn inside(&mut self, site: &Site, schema: &mut Value) {
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (name, child) in properties {
                self.child(&site.below(site.owner.clone(), &["properties", name]), name, child);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            let labels: Vec<String> =
                (0..branches.len()).map(|index| branch_label(branches, index)).collect();
            for (index, (branch, label)) in branches.iter_mut().zip(labels).enumerate() {
                let index = index.to_string();
                self.child(&site.below(site.owner.clone(), &["anyOf", &index]), &label, branch);
            }
        }
    }

    fn child(&mut self, site: &Site, property: &str, schema: &mut Value) {
        if reference(schema).is_some() {
            return;
        }
        if properties(schema).is_some()
            || enum_values(schema).is_some()
            || branches(schema).is_some()
        {
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
        if let Some(words) = schema.get("description") {
            reference["description"] = words.clone();
        }
        let mut component = std::mem::replace(schema, reference);
        if let Value::Object(keywords) = &mut component {
            keywords.remove("nullable");
        }
        component[IDENTITY] = identity(property, &component);
        component[PROPERTY] = property.into();
        component[OF_OPERATION] = site.of_operation.into();
        component[note::ORIGIN] = site.at.to_string().into();
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

/// Inline schemas are one type if they mean the same: the same name and the same structure.
fn identity(property: &str, schema: &Value) -> Value {
    match enum_values(schema) {
        Some(mut values) => {
            values.sort_unstable();
            json!([property, values])
        }
        None => json!([property, skeleton(schema)]),
    }
}

/// A word for a branch of a choice: the name of its type, or of the first property that only this
/// branch requires.
pub(crate) fn branch_label(branches: &[Value], index: usize) -> String {
    let Some(branch) = branches.get(index) else { return String::new() };
    if let Some(name) = reference(branch) {
        return name.to_owned();
    }
    let others = || branches.iter().enumerate().filter(|(other, _)| *other != index);
    let required = branch.get("required").and_then(Value::as_array);
    let own = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|name| others().all(|(_, other)| !is_required(other, name)));
    if let Some(name) = own {
        return name.to_owned();
    }
    match type_name(branch) {
        Some("array") => "list".to_owned(),
        Some("object") if properties(branch).is_none() => "map".to_owned(),
        Some("string") => "text".to_owned(),
        Some("object") | None => format!("form {}", index + 1),
        Some(name) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

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
        on_document(run, &mut document).unwrap();
        let names: Vec<_> = walk::components(&document).unwrap().keys().cloned().collect();
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
}
