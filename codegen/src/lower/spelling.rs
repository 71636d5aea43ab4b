//! The last step before progenitor: spells the lowered document the way the `openapiv3` crate and
//! typify read it.

use serde_json::{Value, json};

use super::note;
use crate::error::Error;
use crate::schema::{enum_values, is_nullable, reference_to};
use crate::special::Special;
use crate::walk;

/// A document for progenitor, in which special types are references to components that the
/// generator replaces.
pub(crate) fn spell(document: &Value) -> Result<Value, Error> {
    let mut document = document.clone();
    walk::schemas_mut(&mut document, &mut |_, node| {
        let special = node.get(note::SPECIAL).and_then(Value::as_str).and_then(Special::from_name);
        let nullable = is_nullable(node);
        if let Some(special) = special {
            let words = node.get("description").cloned();
            *node = reference_to(&special.component());
            if let Some(words) = words {
                node["description"] = words;
            }
        }
        if node.get("$ref").is_some() {
            let reference = json!({"$ref": node["$ref"]});
            let words = node.get("description").cloned();
            *node = reference.clone();
            // The crate ignores what stands beside a reference.
            if nullable || words.is_some() {
                *node = json!({"allOf": [reference]});
                if let Some(words) = words {
                    node["description"] = words;
                }
                if nullable {
                    node["nullable"] = true.into();
                }
            }
        } else if enum_values(node).is_some() {
            node["type"] = "string".into();
        }
        if let Value::Object(keywords) = node {
            keywords.retain(|key, _| !key.starts_with("x-"));
        }
        Ok(())
    })?;
    if let Some(components) = walk::components_mut(&mut document) {
        // The generator replaces these by name; what it would make of them does not matter.
        for schema in components.values_mut() {
            if schema.get("enum").is_some() || schema.get("anyOf").is_some() {
                *schema = json!({"type": "string"});
            }
        }
        for special in Special::ALL {
            components.insert(special.component(), json!({"type": "string"}));
        }
    }
    walk::operations_mut(&mut document, &mut |_, operation| {
        // progenitor asks for no schema where it hands over bytes, and cannot read an event's.
        let events = operation[note::ANSWER] == "events";
        if let Value::Object(keywords) = operation {
            keywords.retain(|key, _| !key.starts_with("x-"));
        }
        if events {
            operation["responses"] = json!({"2XX": {
                "description": "", "content": {"application/octet-stream": {}}}});
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

    #[test]
    fn special_types_and_null_survive() {
        let document = json!({"paths": {}, "components": {"schemas": {"X": {
        "type": "object", "properties": {
            "at": {"type": "string", note::SPECIAL: "Timestamp", "nullable": true},
            "y": {"$ref": "#/components/schemas/Y"},
        }}}}});
        let spelled = spell(&document).unwrap();
        let properties = &spelled["components"]["schemas"]["X"]["properties"];
        let timestamp = Special::Timestamp.component();
        assert_eq!(
            properties["at"],
            json!({"allOf": [reference_to(&timestamp)], "nullable": true})
        );
        assert_eq!(properties["y"], reference_to("Y"));
        assert!(spelled["components"]["schemas"].get(timestamp).is_some());
    }
}
