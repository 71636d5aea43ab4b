//! Requests: the parameters that the caller sets, and one body.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Context;
use crate::client::RESERVED_INPUTS;
use crate::document::{components, essence, operations_mut};
use crate::error::{Error, Pointer};
use crate::extensions::{MEDIA_TYPE, WIRE_NAME, input_key};
use crate::naming::{self, numbered};
use crate::note::Note;
use crate::schema::{branches, enum_values, properties, resolve, type_name};

/// Headers that belong to the transport or to HTTP itself (OpenAPI ignores parameters for the first
/// three).
const TRANSPORT_HEADERS: [&str; 6] =
    ["accept", "content-type", "authorization", "content-length", "host", "user-agent"];

/// Keeps the parameters that the caller sets, each under a Rust name of its own.
pub(super) fn lower_parameters(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let mut notes = Vec::new();
    operations_mut(document, &mut |at, operation| {
        let mut taken: BTreeSet<String> = RESERVED_INPUTS.map(str::to_owned).into();
        taken.extend(operation.get("requestBody").map(|_| "body".to_owned()));
        let Some(Value::Array(list)) = operation.get_mut("parameters") else {
            return Ok(());
        };
        let mut kept: Vec<Value> = Vec::new();
        for (index, parameter) in list.drain(..).enumerate() {
            let at = at.child("parameters").child(index);
            if is_cookie(&parameter) && parameter["required"] != true {
                notes.push(left_out(&at, text(&parameter, "name")));
            } else if let Some(parameter) = sendable(&at, parameter)? {
                keep(&at, &mut kept, parameter)?;
            }
        }
        name_inputs(&mut kept, taken, context.names.inputs.get(&at.to_string()));
        *list = kept;
        Ok(())
    })?;
    for note in notes {
        note.leave(document);
    }
    Ok(())
}

/// Returns the note for an optional cookie.
fn left_out(at: &Pointer, name: &str) -> Note {
    let reason = Error::new(
        at,
        "the client sends no cookies",
        "set the header `Cookie` of a request, or describe a header of its own",
    );
    Note::new(format!("the cookie `{name}`"), reason)
}

fn is_cookie(parameter: &Value) -> bool {
    text(parameter, "in") == "cookie"
}

/// Renames parameters that would share a Rust name, or take one that is not free; each keeps its own
/// name as the one on the wire. Parameters of the path go first, since they cannot be renamed; then what was published, and what is written like its Rust name.
fn name_inputs(
    parameters: &mut [Value],
    mut taken: BTreeSet<String>,
    published: Option<&BTreeMap<String, String>>,
) {
    let known = |parameter: &Value| published.and_then(|names| names.get(&input_key(parameter)));
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    order.sort_by_key(|index| {
        let parameter = &parameters[*index];
        let name = text(parameter, "name");
        let in_path = text(parameter, "in") == "path";
        (!in_path, known(parameter).is_none(), naming::snake(name) != name)
    });
    let mut located: BTreeMap<String, String> = BTreeMap::new();
    for index in order {
        let parameter = &parameters[index];
        let location = text(parameter, "in").to_owned();
        let by_rule = naming::snake(text(parameter, "name"));
        let wanted = known(parameter).cloned().unwrap_or_else(|| naming::free_input(&by_rule));
        let elsewhere = located.get(&wanted).is_some_and(|other| *other != location);
        let longer = elsewhere.then(|| format!("{location}_{wanted}"));
        let numbered = numbered(&wanted);
        let mut names = std::iter::once(wanted.clone()).chain(longer).chain(numbered);
        let Some(name) = names.find(|name| !taken.contains(name)) else { continue };
        // The template of the path has the names of its parameters.
        let sent = text(parameter, "name");
        if (name != by_rule || !naming::is_plain(sent)) && location != "path" {
            let parameter = &mut parameters[index];
            parameter[WIRE_NAME] = parameter["name"].take();
            parameter["name"] = name.clone().into();
        }
        located.insert(name.clone(), location);
        taken.insert(name);
    }
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
        "cookie" => {
            return Err(Error::new(
                at,
                format!("the cookie `{name}` is required, and the client sends no cookies"),
                "use a header",
            ));
        }
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
    if parameter.get("content").is_some() {
        return Err(Error::new(
            at.child("content"),
            "parameters with a media type are not supported",
            "describe the parameter by `schema`",
        ));
    }
    let schema = parameter.get("schema").cloned().unwrap_or_else(|| json!({"type": "string"}));
    let mut lowered = json!({
        "name": name,
        "in": location,
        "required": parameter.get("required") == Some(&json!(true)),
        "schema": schema,
    });
    for key in ["description", "explode"] {
        if let Some(value) = parameter.get_mut(key).map(Value::take) {
            lowered[key] = value;
        }
    }
    Ok(Some(lowered))
}

/// Returns whether a name is a token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(legal)
}

/// Adds a parameter. Where the API takes the last event's id in the query as well, the header stays:
/// HTML defines it. Of two headers, or two parameters of the path, that share a Rust name, only one
/// could be sent.
fn keep(at: &Pointer, kept: &mut Vec<Value>, parameter: Value) -> Result<(), Error> {
    let rust_name = |parameter: &Value| naming::snake(text(parameter, "name"));
    let is = |parameter: &Value, location| text(parameter, "in") == location;
    let name = rust_name(&parameter);
    let resumes = |parameter: &Value| is(parameter, "query") && parameter["required"] != true;
    for other in kept.iter_mut().filter(|other| rust_name(other) == name) {
        if name == "last_event_id" && is(&parameter, "header") && resumes(other) {
            *other = parameter;
            return Ok(());
        }
        if name == "last_event_id" && resumes(&parameter) && is(other, "header") {
            return Ok(());
        }
        if ["header", "path"].iter().any(|place| is(&parameter, place) && is(other, place)) {
            return Err(Error::new(
                at,
                format!("two parameters would be called `{name}` in Rust"),
                "rename one of them",
            ));
        }
    }
    kept.push(parameter);
    Ok(())
}

/// Refuses parameters that progenitor would write differently than the document describes. Runs once
/// references are written out.
pub(super) fn check_parameters(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let components = components(document).cloned().unwrap_or_default();
    operations_mut(document, &mut |at, operation| {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        let parameters = parameters.into_iter().flatten();
        for (index, parameter) in parameters.enumerate() {
            let at = at.child("parameters").child(index);
            let explode = parameter.as_object_mut().and_then(|keys| keys.remove("explode"));
            // A parameter is sent or left out.
            for pointer in ["/schema", "/schema/items"] {
                let schema = parameter.pointer_mut(pointer).and_then(Value::as_object_mut);
                schema.map(|keywords| keywords.remove("nullable"));
            }
            let location = text(parameter, "in");
            let schema = resolve(Some(&components), &at, &parameter["schema"])?;
            let is = |name: &str| {
                let all = branches(schema).map(Vec::as_slice).unwrap_or_default();
                let types = std::iter::once(schema).chain(all);
                types.filter_map(|schema| resolve(Some(&components), &at, schema).ok()).any(
                    |schema| {
                        type_name(schema) == Some(name)
                            || name == "object" && properties(schema).is_some()
                    },
                )
            };
            let refuse = |what: &str| {
                Err(Error::new(&at, what, "describe it as a string, a number or a boolean"))
            };
            if is("object") {
                return refuse("parameters that are objects are not supported");
            }
            if is("array") && location != "query" {
                return refuse("lists are not supported in a path or a header");
            }
            if branches(schema).is_some() && location != "query" {
                return refuse("a choice of types is not supported in a path or a header");
            }
            if is("array") && branches(schema).is_some() {
                return refuse("parameters that may be a list or something else are not supported");
            }
            let items = schema.get("items").filter(|_| is("array"));
            if let Some(items) = items {
                let item = resolve(Some(&components), &at, items)?;
                let plain = enum_values(item).is_some()
                    || matches!(type_name(item), Some("string" | "integer" | "number" | "boolean"));
                if !plain {
                    return refuse("lists of anything but plain values are not supported");
                }
                if explode == Some(json!(false)) {
                    return Err(Error::new(
                        at.child("explode"),
                        "lists that are joined by commas are not supported",
                        "repeat the parameter for each value, or describe it as a string",
                    ));
                }
            }
        }
        Ok(())
    })
}

/// Leaves one body per request: JSON if the operation accepts JSON, else bytes.
pub(super) fn lower_request_bodies(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    operations_mut(document, &mut |at, operation| {
        let Some(body) = operation.get("requestBody") else { return Ok(()) };
        let description = body.get("description").cloned();
        let Some(content) =
            body.get("content").and_then(Value::as_object).filter(|it| !it.is_empty())
        else {
            return Err(Error::new(
                at.child("requestBody"),
                "the body has no content",
                "describe its media type",
            ));
        };
        let json = content.iter().find(|(name, _)| essence(name) == "application/json");
        let json = json.map(|(_, media)| media.get("schema").cloned().unwrap_or_else(|| json!({})));
        let (content, media_type) = match (json, media_type_of_bytes(content)) {
            (Some(schema), _) => (json!({"application/json": {"schema": schema}}), None),
            (None, Some(media_type)) => (
                json!({BYTES: {"schema": {"type": "string", "format": "binary"}}}),
                Some(media_type),
            ),
            (None, None) => {
                let names: Vec<&str> = content.keys().map(String::as_str).collect();
                return Err(Error::new(
                    at.child("requestBody").child("content"),
                    format!("bodies of type `{}` are not supported", names.join("`, `")),
                    "describe the body as `application/json` or `application/octet-stream`",
                ));
            }
        };
        if let Some(media_type) = media_type.filter(|name| name != BYTES) {
            operation[MEDIA_TYPE] = media_type.into();
        }
        // The document leaves `required` out where every call without a body fails.
        operation["requestBody"] = json!({"required": true, "content": content});
        if let Some(description) = description {
            operation["requestBody"]["description"] = description;
        }
        Ok(())
    })
}

const BYTES: &str = "application/octet-stream";

/// Returns the media type of a body of bytes that the caller has in that form, unless there are several
/// and none stands for any bytes.
fn media_type_of_bytes(content: &Map<String, Value>) -> Option<String> {
    let names = content.keys().map(|name| essence(name));
    let mut names: Vec<String> = names.filter(|name| is_bytes(name)).collect();
    if names.iter().any(|name| ["*/*", "application/*", BYTES].contains(&name.as_str())) {
        return Some(BYTES.to_owned());
    }
    names.retain(|name| !name.contains('*'));
    match names.as_slice() {
        [only] if content.len() == 1 => Some(only.clone()),
        _ => None,
    }
}

/// Returns whether a body of a media type is bytes that the caller has in that form.
fn is_bytes(media_type: &str) -> bool {
    let (kind, form) = media_type.split_once('/').unwrap_or_default();
    let written = ["json", "xml", "urlencoded", "yaml"];
    !matches!(kind, "multipart" | "text") && !written.iter().any(|known| form.contains(known))
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
        for media_type in ["image/png", "application/octet-stream", "message/rfc822", "*/*"] {
            assert_eq!(content(json!({ media_type: {"schema": schema} })), bytes, "{media_type}");
        }
    }
}
