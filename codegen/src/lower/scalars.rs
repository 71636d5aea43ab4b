//! Types that the document writes as plain strings and numbers: moments, money, counts, secrets.

use serde_json::{Map, Value, json};

use super::{Context, note};
use crate::error::Error;
use crate::naming::Table;
use crate::pointer::Pointer;
use crate::schema::{enum_values, type_name};
use crate::special::Special;
use crate::walk;

pub(super) fn run(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let table = context.table;
    walk::schemas_mut(document, &mut |at, node| {
        if node.get("format") == Some(&json!("date-time")) {
            mark(node, Special::Timestamp);
        }
        let signed_upload = node.pointer("/properties/upload_url").is_some();
        let Some(Value::Object(properties)) = node.get_mut("properties") else { return Ok(()) };
        if signed_upload {
            hide_headers(properties);
        }
        let fraction = below_fraction(table, at);
        for (name, schema) in properties {
            scalar(table, name, schema, fraction);
        }
        Ok(())
    })
}

/// A signed upload's headers carry its token.
fn hide_headers(properties: &mut Map<String, Value>) {
    if let Some(values) =
        properties.get_mut("headers").and_then(|headers| headers.get_mut("additionalProperties"))
    {
        mark(values, Special::Secret);
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
                mark(schema, Special::Secret);
            } else if table.decimals.contains(name) {
                mark(schema, Special::Decimal);
            } else if name.ends_with("_at") || table.timestamps.contains(name) {
                mark(schema, Special::Timestamp);
            }
        }
        _ => {}
    }
}

fn mark(schema: &mut Value, special: Special) {
    if type_name(schema) == Some("string") {
        schema[note::SPECIAL] = special.name().into();
        if let Value::Object(keywords) = schema {
            keywords.remove("format");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn names_and_formats_decide() {
        let string = || json!({"type": "string"});
        let number = || json!({"type": "number"});
        let lowered = on_schemas(
            run,
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
        let special = |pointer: &str| {
            lowered.pointer(&format!("/X/properties/{pointer}/{}", note::SPECIAL)).cloned()
        };
        assert_eq!(special("created_at"), Some("Timestamp".into()));
        assert_eq!(special("when"), Some("Timestamp".into()));
        assert_eq!(special("amount"), Some("Decimal".into()));
        assert_eq!(special("smtp_password"), Some("Secret".into()));
        assert_eq!(special("upload_url"), Some("Secret".into()));
        assert_eq!(special("headers/additionalProperties"), Some("Secret".into()));
        assert_eq!(special("subject"), None);
        let kind =
            |pointer: &str| lowered.pointer(&format!("/X/properties/{pointer}/type")).cloned();
        assert_eq!(kind("sent"), Some("integer".into()));
        assert_eq!(kind("percent_used"), Some("number".into()));
        assert_eq!(kind("change_pct/properties/sent"), Some("number".into()));
    }
}
