//! Reduces unions that offer no choice: equal branches, or branches of one plain type.

use serde_json::{Value, json};

use super::Context;
use crate::document::schemas_mut;
use crate::error::Error;
use crate::schema::{enum_values, is_any, set_nullable, skeleton, type_name};

pub(super) fn simplify_unions(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut |_, node| {
        let Some(branches) = node.get("anyOf").and_then(Value::as_array) else { return Ok(()) };
        let mut flat: Vec<Value> = Vec::new();
        for branch in branches {
            match branch.get("anyOf").and_then(Value::as_array) {
                Some(inner) => flat.extend(inner.iter().cloned()),
                None => flat.push(branch.clone()),
            }
        }
        let mut seen = Vec::new();
        flat.retain(|branch| {
            let skeleton = skeleton(branch);
            let new = !seen.contains(&skeleton);
            seen.push(skeleton);
            new
        });
        let Value::Object(keywords) = node else { return Ok(()) };
        let nullable = keywords.get("nullable") == Some(&json!(true));
        match reduced(&flat) {
            Some(schema) => {
                let description = keywords.get("description").cloned();
                *node = schema;
                if let Some(description) = description {
                    node["description"] = description;
                }
            }
            None => {
                keywords.retain(|key, _| key == "description" || key.starts_with("x-"));
                keywords.insert("anyOf".to_owned(), Value::Array(flat));
            }
        }
        if nullable {
            set_nullable(node);
        }
        Ok(())
    })
}

/// Returns the one schema that a union amounts to, if there is one.
fn reduced(branches: &[Value]) -> Option<Value> {
    if let [only] = branches {
        return Some(only.clone());
    }
    if branches.iter().any(is_any) {
        return Some(json!({}));
    }
    let types: Vec<&str> = branches
        .iter()
        .map(
            |branch| if enum_values(branch).is_some() { Some("string") } else { type_name(branch) },
        )
        .collect::<Option<_>>()?;
    if types.iter().all(|name| ["integer", "number"].contains(name)) {
        let whole = types.iter().all(|name| *name == "integer");
        return Some(json!({"type": if whole { "integer" } else { "number" }}));
    }
    if types.iter().all(|name| *name == "boolean") {
        return Some(json!({"type": "boolean"}));
    }
    if types.iter().all(|name| *name == "string") {
        let values: Option<Vec<Vec<&str>>> = branches.iter().map(enum_values).collect();
        return Some(match values {
            Some(values) => json!({"type": "string", "enum": values.concat()}),
            None => json!({"type": "string"}),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    fn reduced(branches: Value) -> Value {
        on_schemas(simplify_unions, json!({"X": {"anyOf": branches, "nullable": true}})).unwrap()["X"].take()
    }

    #[test]
    fn only_unions_with_a_choice_stay() {
        let string = json!({"type": "string", "nullable": true});
        assert_eq!(
            reduced(json!([{"type": "string"}, {"type": "string", "description": "x"}])),
            string
        );
        assert_eq!(reduced(json!([{"type": "string", "enum": ["a"]}, {"type": "string"}])), string);
        assert_eq!(
            reduced(json!([{"enum": ["a"], "type": "string"}, {"enum": ["b"], "type": "string"}])),
            json!({"type": "string", "enum": ["a", "b"], "nullable": true})
        );
        assert_eq!(
            reduced(json!([{"type": "integer"}, {"type": "number"}])),
            json!({"type": "number", "nullable": true})
        );
        let real = json!([{"type": "string"}, {"type": "array", "items": {"type": "string"}}]);
        assert_eq!(reduced(real.clone()), json!({"anyOf": real, "nullable": true}));
        assert_eq!(
            reduced(json!([{"anyOf": real}, {"type": "integer"}]))["anyOf"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
    }
}
