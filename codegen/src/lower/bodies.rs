//! One body per request: JSON where the operation takes JSON, else bytes.

use serde_json::{Value, json};

use super::Context;
use crate::error::Error;
use crate::walk;

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    walk::operations_mut(document, &mut |_, operation| {
        let Some(body) = operation.get_mut("requestBody") else { return Ok(()) };
        let words = body.get("description").cloned();
        let content = body.get("content").and_then(Value::as_object);
        let json_schema = content.and_then(|content| {
            content
                .iter()
                .find(|(name, _)| {
                    name.split(';').next().is_some_and(|essence| {
                        essence == "application/json" || essence.ends_with("+json")
                    })
                })
                .map(|(_, media)| media.get("schema").cloned().unwrap_or_else(|| json!({})))
        });
        let content = match json_schema {
            Some(schema) => json!({"application/json": {"schema": schema}}),
            None => json!({"application/octet-stream": {
                "schema": {"type": "string", "format": "binary"}
            }}),
        };
        // `required` is left out of documents whose operations all fail without a body.
        *body = json!({"required": true, "content": content});
        if let Some(words) = words {
            body["description"] = words;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

    fn content(content: Value) -> Value {
        let body = json!({"content": content});
        let mut document = json!({"paths": {"/a": {"post": {"requestBody": body}}}});
        on_document(run, &mut document).unwrap();
        document["paths"]["/a"]["post"]["requestBody"]["content"].take()
    }

    #[test]
    fn json_is_kept_and_everything_else_is_bytes() {
        let schema = json!({"type": "object"});
        let json = json!({"application/json": {"schema": schema}});
        assert_eq!(content(json.clone()), json);
        let bytes = json!({"application/octet-stream": {
            "schema": {"type": "string", "format": "binary"}}});
        for media_type in
            ["image/png", "application/octet-stream", "multipart/form-data", "text/plain"]
        {
            assert_eq!(content(json!({ media_type: {"schema": schema} })), bytes, "{media_type}");
        }
    }
}
