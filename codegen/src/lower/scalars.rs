//! Finds strings and numbers that mean more: moments, money, counts, secrets.

use serde_json::{Map, Value};

use super::Context;
use crate::document::schemas_mut;
use crate::error::{Error, Pointer};
use crate::extensions::ScalarType;
use crate::naming::Table;
use crate::schema::{enum_values, type_name};

/// Marks strings by their format; `date-time` is the only one that the document still has here.
pub(super) fn mark_scalars(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let table = context.table;
    schemas_mut(document, &mut |at, node| {
        let signed_upload = node.pointer("/properties/upload_url").is_some();
        let Some(Value::Object(properties)) = node.get_mut("properties") else { return Ok(()) };
        if signed_upload {
            mark_signed_headers(properties);
        }
        let fraction = below_fraction(table, at);
        for (name, schema) in properties {
            scalar(table, name, schema, fraction);
        }
        Ok(())
    })
}

/// Marks the headers of a signed upload, which carry its token.
fn mark_signed_headers(properties: &mut Map<String, Value>) {
    if let Some(values) =
        properties.get_mut("headers").and_then(|headers| headers.get_mut("additionalProperties"))
    {
        mark(values, ScalarType::Secret);
    }
}

fn below_fraction(table: &Table, at: &Pointer) -> bool {
    let text = at.to_string();
    text.split('/').any(|token| table.fractions.contains(token))
}

fn scalar(table: &Table, name: &str, schema: &mut Value, fraction: bool) {
    match type_name(schema) {
        Some("array") => {
            if let Some(items) = schema.get_mut("items") {
                scalar(table, name, items, fraction);
            }
        }
        Some("number") if table.counts.contains(name) && !fraction => {
            schema["type"] = "integer".into();
        }
        Some("string") if enum_values(schema).is_none() => {
            if table.is_secret(name) {
                mark(schema, ScalarType::Secret);
            } else if table.decimals.contains(name) {
                mark(schema, ScalarType::Decimal);
            } else if name.ends_with("_at") || table.timestamps.contains(name) {
                mark(schema, ScalarType::Timestamp);
            }
        }
        _ => {}
    }
}

fn mark(schema: &mut Value, scalar: ScalarType) {
    if type_name(schema) == Some("string") {
        schema["format"] = scalar.format().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn names_and_formats_decide() {
        let string = || json!({"type": "string"});
        let number = || json!({"type": "number"});
        let lowered = on_schemas(
            mark_scalars,
            json!({"X": {"type": "object", "properties": {
                "created_at": string(), "amount": string(), "smtp_password": string(),
                "subject": string(), "when": {"type": "string", "format": "date-time"},
                "sent": number(), "percent_used": number(),
                "change_pct": {"type": "object", "properties": {"sent": number()}},
                "upload_url": string(),
                "headers": {"type": "object", "additionalProperties": string()},
            }}}),
        )
        .unwrap();
        let scalar = |pointer: &str| {
            ScalarType::of(lowered.pointer(&format!("/X/properties/{pointer}")).unwrap())
        };
        assert_eq!(scalar("created_at"), Some(ScalarType::Timestamp));
        assert_eq!(scalar("when"), Some(ScalarType::Timestamp));
        assert_eq!(scalar("amount"), Some(ScalarType::Decimal));
        assert_eq!(scalar("smtp_password"), Some(ScalarType::Secret));
        assert_eq!(scalar("upload_url"), Some(ScalarType::Secret));
        assert_eq!(scalar("headers/additionalProperties"), Some(ScalarType::Secret));
        assert_eq!(scalar("subject"), None);
        let kind =
            |pointer: &str| lowered.pointer(&format!("/X/properties/{pointer}/type")).cloned();
        assert_eq!(kind("sent"), Some("integer".into()));
        assert_eq!(kind("percent_used"), Some("number".into()));
        assert_eq!(kind("change_pct/properties/sent"), Some("number".into()));
    }
}
