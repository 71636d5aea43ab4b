//! Parameters the caller should set, in a form progenitor can send.

use serde_json::{Value, json};

use super::Context;
use crate::error::Error;
use crate::naming;
use crate::pointer::Pointer;
use crate::walk;

/// Headers that the transport or HTTP itself owns (OpenAPI says that a parameter for the first
/// three is to be ignored).
const TRANSPORT_HEADERS: [&str; 7] = [
    "accept",
    "content-type",
    "authorization",
    "content-length",
    "host",
    "user-agent",
    "api-version",
];

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    walk::operations_mut(document, &mut |at, operation| {
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
                format!("parameters in `{other}` do not exist"),
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
            format!("`{name}` is not a header name"),
            "use letters, figures and hyphens (RFC 9110, section 5.6.2)",
        ));
    }
    if let Some(style) = parameter.get("style").filter(|style| *style != expected_style) {
        return Err(Error::new(
            at.child("style"),
            format!("style {style} cannot be sent"),
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

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(legal)
}

/// Two parameters may make one Rust name, such as `last_event_id` and `Last-Event-ID`. The header
/// stays: it is the form that HTTP defines, and it keeps the value out of the URL.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

    fn lowered(parameters: Value) -> Result<Vec<String>, Error> {
        let mut document = json!({"paths": {"/a": {"get": {"parameters": parameters}}}});
        on_document(run, &mut document)?;
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
    fn what_the_transport_owns_goes() {
        let parameters = json!([
            {"in": "header", "name": "Content-Length"}, {"in": "cookie", "name": "c"},
            {"in": "header", "name": "Authorization"}, {"in": "query", "name": "limit"},
        ]);
        assert_eq!(lowered(parameters).unwrap(), ["query limit"]);
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let deep = json!([{"in": "query", "name": "f", "style": "deepObject"}]);
        assert_eq!(lowered(deep).unwrap_err().pointer(), "/paths/~1a/get/parameters/0/style");
        let header = json!([{"in": "header", "name": "X Y"}]);
        assert_eq!(lowered(header).unwrap_err().pointer(), "/paths/~1a/get/parameters/0");
        let odd = json!([{"in": "body", "name": "f"}]);
        assert_eq!(lowered(odd).unwrap_err().pointer(), "/paths/~1a/get/parameters/0");
    }
}
