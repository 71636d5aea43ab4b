//! Gives properties that would share a Rust name, or take one that is not free, names of their own.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::components_mut;
use crate::error::Error;
use crate::extensions::WIRE_NAME;
use crate::naming::{free_field, is_plain, numbered, snake};
use crate::schema::properties;

/// Renames properties; each keeps its own name as the one on the wire. A published field keeps its name;
/// of the others, the property that is written like the field goes first.
pub(super) fn name_fields(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    for (ty, schema) in components_mut(document).into_iter().flatten() {
        let Some(all) = properties(schema) else { continue };
        let published = context.names.fields.get(ty);
        let known = |name: &String| published.and_then(|names| names.get(name));
        let mut order: Vec<&String> = all.keys().collect();
        order.sort_by_cached_key(|name| (known(name).is_none(), snake(name) != **name));
        let mut taken = BTreeSet::new();
        let mut renamed: Vec<(String, String)> = Vec::new();
        for property in order {
            let by_rule = snake(property);
            let wanted = known(property).cloned().unwrap_or_else(|| free_field(&by_rule));
            let numbered = numbered(&wanted);
            let mut names = std::iter::once(wanted.clone()).chain(numbered);
            let Some(name) = names.find(|name| !taken.contains(name)) else { continue };
            if name != by_rule || !is_plain(property) {
                renamed.push((property.clone(), name.clone()));
            }
            taken.insert(name);
        }
        for (property, name) in renamed {
            rename(schema, &property, &name);
        }
    }
    Ok(())
}

fn rename(schema: &mut Value, property: &str, name: &str) {
    let all = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(mut inner) = all.and_then(|all: &mut Map<String, Value>| all.remove(property)) {
        inner[WIRE_NAME] = property.into();
        schema["properties"][name] = inner;
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        for one in required.iter_mut().filter(|one| **one == property) {
            *one = json!(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn every_property_has_a_name_of_its_own() {
        let text = || json!({"type": "string"});
        let schema = json!({"type": "object", "required": ["fooBar"], "properties": {
            "foo_bar": text(), "fooBar": text(), "foo-bar": text(), "new": text(), "type": text()}});
        let named = on_schemas(name_fields, json!({ "X": schema })).unwrap()["X"].take();
        let names: Vec<&String> = named["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["foo_bar", "foo_bar_2", "foo_bar_3", "new_value", "type"]);
        assert_eq!(named["properties"]["foo_bar_3"][WIRE_NAME], "fooBar");
        assert_eq!(named["required"], json!(["foo_bar_3"]));
    }
}
