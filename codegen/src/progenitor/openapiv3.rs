//! Spells a lowered document the way the `openapiv3` crate and typify read it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::document::{components_mut, operations_mut, schemas_mut};
use crate::error::Error;
use crate::extensions::ResponseContent;
use crate::schema::{enum_values, is_nullable};

/// Returns a document for progenitor. What only the emitter reads is left out of it.
pub(super) fn respelled(
    document: &Value,
    replaced: &BTreeMap<String, String>,
) -> Result<Value, Error> {
    let mut document = document.clone();
    schemas_mut(&mut document, &mut |_, node| {
        let Value::Object(keywords) = node else { return Ok(()) };
        // typify compares a schema with those that it converts, extensions included.
        keywords.retain(|key, _| key != "description" && !key.starts_with("x-"));
        if let Some(reference) = node.get("$ref") {
            let reference = json!({ "$ref": reference });
            // openapiv3 ignores whatever stands beside `$ref`.
            *node = match is_nullable(node) {
                true => json!({"allOf": [reference], "nullable": true}),
                false => reference,
            };
        } else if enum_values(node).is_some() {
            node["type"] = "string".into();
        }
        Ok(())
    })?;
    if let Some(components) = components_mut(&mut document) {
        // typify converts a replaced component before it replaces it.
        for name in replaced.keys() {
            if let Some(schema) = components.get_mut(name) {
                *schema = json!({"type": "string"});
            }
        }
    }
    operations_mut(&mut document, &mut |_, operation| {
        // progenitor decodes every event stream as bytes, and fails on the schema of its events.
        if ResponseContent::of(operation) == ResponseContent::EventStream {
            operation["responses"]["2XX"]["content"] = json!({"application/octet-stream": {}});
        }
        if let Value::Object(keys) = operation {
            keys.retain(|key, _| !key.starts_with("x-"));
        }
        Ok(())
    })?;
    if let Some(root) = document.as_object_mut() {
        root.remove("servers");
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::reference_to;

    #[test]
    fn nullable_references_survive() {
        let document = json!({"paths": {}, "components": {"schemas": {
            "X": {"type": "object", "x-origin": "/", "properties": {
                "y": {"$ref": "#/components/schemas/Y", "nullable": true, "description": "d"},
                "z": {"$ref": "#/components/schemas/Y", "description": "d"},
            }},
            "Y": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        }}});
        let replaced = BTreeMap::from([("Y".to_owned(), "crate::Y".to_owned())]);
        let schemas = respelled(&document, &replaced).unwrap()["components"]["schemas"].take();
        assert_eq!(
            schemas,
            json!({
                "X": {"type": "object", "properties": {
                    "y": {"allOf": [reference_to("Y")], "nullable": true},
                    "z": reference_to("Y"),
                }},
                "Y": {"type": "string"},
            })
        );
    }
}
