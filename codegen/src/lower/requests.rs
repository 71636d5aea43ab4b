//! Requests: the parameters that the caller sets, and one body.

use serde_json::{Value, json};

use super::Context;
use crate::document::{json_schema, operations_mut};
use crate::error::{Error, Pointer};
use crate::naming;

/// Headers that belong to the transport or to HTTP itself (OpenAPI ignores parameters for the first
/// three).
const TRANSPORT_HEADERS: [&str; 6] =
    ["accept", "content-type", "authorization", "content-length", "host", "user-agent"];

/// Keeps the parameters that the caller sets, one for each Rust name.
pub(super) fn lower_parameters(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    operations_mut(document, &mut |at, operation| {
        let Some(Value::Array(list)) = operation.get_mut("parameters") else {
            return Ok(());
        };
        let mut kept: Vec<Value> = Vec::new();
        for (index, parameter) in list.drain(..).enumerate() {
            let at = at.child("parameters").child(index);
            if let Some(parameter) = sendable(&at, parameter)? {
                keep(&mut kept, parameter);
            }
        }
        *list = kept;
        Ok(())
    })
}

fn text<'a>(parameter: &'a Value, key: &str) -> &'a str {
    parameter.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn sendable(at: &Pointer, mut parameter: Value) -> Result<Option<Value>, Error> {
    let name = text(&parameter, "name").to_owned();
    let location = text(&parameter, "in").to_owned();
    let expected_style = match location.as_str() {
        "path" | "header" => "simple",
        "query" => "form",
        "cookie" => return Ok(None),
        other => {
            return Err(Error::new(
                at,
                format!("`{other}` is not a parameter location"),
                "use `path`, `query` or `header`",
            ));
        }
    };
    if location == "header" && TRANSPORT_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    if location == "header" && !is_token(&name) {
        return Err(Error::new(
            at,
            format!("`{name}` is not a valid header name"),
            "use letters, digits and hyphens (RFC 9110, section 5.6.2)",
        ));
    }
    if let Some(style) = parameter.get("style").filter(|style| *style != expected_style) {
        return Err(Error::new(
            at.child("style"),
            format!("parameters of style {style} are not supported"),
            format!("use `{expected_style}`"),
        ));
    }
    let schema = parameter.get("schema").cloned().unwrap_or_else(|| json!({"type": "string"}));
    let mut lowered = json!({
        "name": name,
        "in": location,
        "required": parameter.get("required") == Some(&json!(true)),
        "schema": schema,
    });
    if let Some(words) = parameter.get_mut("description").map(Value::take) {
        lowered["description"] = words;
    }
    Ok(Some(lowered))
}

/// Returns whether a name is a token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(legal)
}

/// Adds a parameter. Of two that would share a Rust name, such as `last_event_id` and
/// `Last-Event-ID`, the header stays: HTTP defines it, and it keeps the value out of the URL.
fn keep(kept: &mut Vec<Value>, parameter: Value) {
    let rust_name = |parameter: &Value| naming::snake(text(parameter, "name"));
    let twin = kept.iter().position(|other| rust_name(other) == rust_name(&parameter));
    match twin {
        None => kept.push(parameter),
        Some(index) if text(&parameter, "in") == "path" || text(&kept[index], "in") == "query" => {
            kept[index] = parameter;
        }
        Some(_) => {}
    }
}

/// Leaves one body per request: JSON if the operation accepts JSON, else bytes.
pub(super) fn lower_request_bodies(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    operations_mut(document, &mut |_, operation| {
        let Some(body) = operation.get_mut("requestBody") else { return Ok(()) };
        let description = body.get("description").cloned();
        let content = body.get("content").and_then(Value::as_object);
        let content = match content.and_then(json_schema) {
            Some((_, schema)) => json!({"application/json": {"schema": schema}}),
            None => json!({"application/octet-stream": {
                "schema": {"type": "string", "format": "binary"}
            }}),
        };
        // The document leaves `required` out where every call without a body fails.
        *body = json!({"required": true, "content": content});
        if let Some(description) = description {
            body["description"] = description;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

    fn lowered(parameters: Value) -> Result<Vec<String>, Error> {
        let mut document = json!({"paths": {"/a": {"get": {"parameters": parameters}}}});
        on_document(lower_parameters, &mut document)?;
        let list = document["paths"]["/a"]["get"]["parameters"].as_array().unwrap();
        Ok(list.iter().map(|one| format!("{} {}", text(one, "in"), text(one, "name"))).collect())
    }

    #[test]
    fn the_header_wins_over_the_query() {
        for (first, second) in [("query", "header"), ("header", "query")] {
            let name = |place| if place == "query" { "last_event_id" } else { "Last-Event-ID" };
            let parameters = json!([
                {"in": first, "name": name(first)}, {"in": second, "name": name(second)}
            ]);
            assert_eq!(lowered(parameters).unwrap(), ["header Last-Event-ID"]);
        }
    }

    #[test]
    fn headers_of_the_transport_are_dropped() {
        let parameters = json!([
            {"in": "header", "name": "Content-Length"}, {"in": "cookie", "name": "c"},
            {"in": "header", "name": "Authorization"}, {"in": "query", "name": "limit"},
        ]);
        assert_eq!(lowered(parameters).unwrap(), ["query limit"]);
    }

    #[test]
    fn unsupported_parameters_are_refused() {
        let deep = json!([{"in": "query", "name": "f", "style": "deepObject"}]);
        assert_eq!(lowered(deep).unwrap_err().pointer(), "/paths/~1a/get/parameters/0/style");
        let header = json!([{"in": "header", "name": "X Y"}]);
        assert_eq!(lowered(header).unwrap_err().pointer(), "/paths/~1a/get/parameters/0");
        let odd = json!([{"in": "body", "name": "f"}]);
        assert_eq!(lowered(odd).unwrap_err().pointer(), "/paths/~1a/get/parameters/0");
    }

    fn content(content: Value) -> Value {
        let body = json!({"content": content});
        let mut document = json!({"paths": {"/a": {"post": {"requestBody": body}}}});
        on_document(lower_request_bodies, &mut document).unwrap();
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
