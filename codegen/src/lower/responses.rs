//! Reduces the responses of an operation to the one that its caller receives.
//!
//! Errors are decoded by their envelope rather than by the document's list, which omits most of
//! them; so only successful responses are kept. Envelopes are hand-written generics, so only the
//! schema of `data` is kept of an enveloped response.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::{components, essence, json_schema, operations_mut};
use crate::error::{Error, Pointer};
use crate::extensions::{RESPONSE_CONTENT, ResponseContent};
use crate::module::{Module, Surface};
use crate::note::Note;
use crate::schema::{
    branches, is_nullable, is_required, properties, resolve, set_nullable, skeleton,
};

/// The members of an envelope.
const ENVELOPE: [&str; 4] = ["ok", "data", "meta", "pagination"];

/// What a caller receives, with its schema if that matters.
type Response = (ResponseContent, Option<Value>);

pub(super) fn lower_responses(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let components = components(document).cloned().unwrap_or_default();
    note_other_members(document, &components);
    operations_mut(document, &mut |at, operation| {
        let responses = operation.get("responses").and_then(Value::as_object);
        let (content, schema) = combined(&components, at, responses)?;
        if content == ResponseContent::EventStream
            && context.module != Module::Surface(Surface::Mailbox)
        {
            return Err(Error::new(
                at.child("responses"),
                "event streams are supported on the mailbox surface only",
                "send it as a raw request",
            ));
        }
        if at.to_string().ends_with("/head") && content != ResponseContent::Bytes {
            return Err(Error::new(
                at.child("responses"),
                "a response to HEAD has no content",
                "describe its headers only",
            ));
        }
        operation[RESPONSE_CONTENT] = content.name().into();
        operation["responses"] = json!({"2XX": lowered(content, schema)});
        Ok(())
    })
}

/// Notes what envelopes have besides their known members.
fn note_other_members(document: &mut Value, components: &Map<String, Value>) {
    let mut noted = BTreeSet::new();
    for (name, schema) in components.iter().filter(|(_, schema)| enveloped(schema).is_some()) {
        let at = Pointer::schema(name).child("properties");
        for member in properties(schema).into_iter().flat_map(Map::keys) {
            if !ENVELOPE.contains(&member.as_str()) && noted.insert(member) {
                let what = "an envelope of responses has a member that the client does not know";
                let remedy = "read it from a raw request, or add it to `Response`";
                let reason = Error::new(at.child(member), what, remedy);
                Note::new(format!("`{member}` of responses"), reason).leave(document);
            }
        }
    }
}

fn lowered(content: ResponseContent, schema: Option<Value>) -> Value {
    let content = match (content, schema) {
        (ResponseContent::Empty, _) => json!({}),
        (
            ResponseContent::Enveloped | ResponseContent::Page | ResponseContent::Bare,
            Some(schema),
        ) => {
            json!({"application/json": {"schema": schema}})
        }
        // The event's schema stays reachable, so that its type is generated.
        (ResponseContent::EventStream, Some(schema)) => {
            json!({"text/event-stream": {"schema": schema}})
        }
        _ => json!({"application/octet-stream": {}}),
    };
    json!({"description": "", "content": content})
}

/// Combines all successful responses of an operation.
fn combined(
    components: &Map<String, Value>,
    at: &Pointer,
    responses: Option<&Map<String, Value>>,
) -> Result<Response, Error> {
    let mut found: Vec<Response> = Vec::new();
    for (status, response) in responses.into_iter().flatten() {
        if !status.starts_with('2') {
            continue;
        }
        let at = at.child("responses").child(status);
        let one = single(components, &at, status, response)?;
        let same = |other: &Response| {
            other.0 == one.0 && other.1.as_ref().map(skeleton) == one.1.as_ref().map(skeleton)
        };
        if !found.iter().any(same) {
            found.push(one);
        }
    }
    if found.len() > 1 && found.iter().any(|(content, _)| *content == ResponseContent::Empty) {
        use ResponseContent::{Bytes, Empty, Text};
        if !found.iter().all(|(content, _)| [Bytes, Empty, Text].contains(content)) {
            return Err(Error::new(
                at.child("responses"),
                "one successful response has content and another has none",
                "describe all successful responses of the operation alike",
            ));
        }
        found.retain(|(content, _)| *content != Empty);
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        // The document describes no success, so the body may be anything.
        (None, _) => Ok((ResponseContent::Bytes, None)),
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => union(at, [first, second].into_iter().chain(found)),
    }
}

/// Combines responses with different bodies: JSON becomes a union, anything else bytes.
fn union(at: &Pointer, responses: impl Iterator<Item = Response>) -> Result<Response, Error> {
    let (contents, schemas): (Vec<ResponseContent>, Vec<Option<Value>>) = responses.unzip();
    let schemas: Option<Vec<Value>> = schemas.into_iter().collect();
    match (contents.as_slice(), schemas) {
        (
            [first @ (ResponseContent::Enveloped | ResponseContent::Bare), rest @ ..],
            Some(schemas),
        ) if rest.iter().all(|content| content == first) => {
            Ok((*first, Some(json!({ "anyOf": schemas }))))
        }
        (contents, _) if contents.contains(&ResponseContent::Page) => Err(Error::new(
            at.child("responses"),
            "one successful response is a page and another is not",
            "describe all successful responses of the operation alike",
        )),
        _ => Ok((ResponseContent::Bytes, None)),
    }
}

fn single(
    components: &Map<String, Value>,
    at: &Pointer,
    status: &str,
    response: &Value,
) -> Result<Response, Error> {
    let content = response.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        // These two never carry content (RFC 9110, sections 15.3.5 and 15.3.6).
        let empty = status == "204" || status == "205";
        return Ok((if empty { ResponseContent::Empty } else { ResponseContent::Bytes }, None));
    };
    let at = at.child("content");
    if let Some((name, schema)) = json_schema(content) {
        return unwrapped(components, &at.child(name).child("schema"), schema);
    }
    for (name, media) in content {
        if media.get("itemSchema").is_some() {
            return Err(Error::new(
                at.child(name).child("itemSchema"),
                "streams of items are not supported",
                "describe an event by `schema`",
            ));
        }
        if essence(name) == "text/event-stream" {
            return Ok((ResponseContent::EventStream, media.get("schema").cloned()));
        }
    }
    let text = content.keys().all(|name| essence(name).starts_with("text/"));
    Ok((if text { ResponseContent::Text } else { ResponseContent::Bytes }, None))
}

/// Takes the envelope off a schema, if it has one.
fn unwrapped(
    components: &Map<String, Value>,
    at: &Pointer,
    schema: Value,
) -> Result<Response, Error> {
    let resolved = resolve(Some(components), at, &schema)?;
    if let Some(branches) = branches(resolved) {
        let mut data = Vec::new();
        for branch in branches {
            match unwrapped(components, at, branch.clone())? {
                (ResponseContent::Enveloped, Some(schema)) => data.push(schema),
                _ => return Ok((ResponseContent::Bare, Some(schema))),
            }
        }
        return Ok((ResponseContent::Enveloped, Some(json!({ "anyOf": data }))));
    }
    let Some(data) = enveloped(resolved) else {
        return Ok((ResponseContent::Bare, Some(schema)));
    };
    let paginated = properties(resolved).is_some_and(|all| all.contains_key("pagination"));
    if paginated && !is_required(resolved, "pagination") {
        return Err(Error::new(
            at,
            "a page need not say how the list goes on",
            "require `pagination`",
        ));
    }
    if paginated {
        let list = resolve(Some(components), at, data)?;
        if let Some(items) = list.get("items") {
            return Ok((ResponseContent::Page, Some(items.clone())));
        }
    }
    let mut data = data.clone();
    if !is_required(resolved, "data") && !is_nullable(&data) {
        set_nullable(&mut data);
    }
    Ok((ResponseContent::Enveloped, Some(data)))
}

/// Returns the `data` schema of an envelope: `{ok, data, meta}`, parts of which older documents
/// omit. One that has all three may have more, which is left out with a note.
fn enveloped(schema: &Value) -> Option<&Value> {
    let properties = properties(schema)?;
    let is_enveloped = properties.contains_key("ok") || properties.contains_key("meta");
    let is_whole = ["ok", "data", "meta"].iter().all(|name| properties.contains_key(*name));
    let is_only_envelope = properties.keys().all(|name| ENVELOPE.contains(&name.as_str()));
    properties.get("data").filter(|_| is_enveloped && (is_whole || is_only_envelope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_module;

    fn reduced(responses: Value) -> (String, Value) {
        let mut document = json!({
            "paths": {"/a": {"get": {"responses": responses}}},
            "components": {"schemas": {
                "Item": {"type": "object", "properties": {"id": {"type": "string"}}},
                "Flat": {"type": "object", "properties": {
                    "ok": {}, "meta": {}, "data": {"$ref": "#/components/schemas/Item"}},
                    "required": ["ok", "data", "meta"]},
                "List": {"type": "object", "properties": {
                    "ok": {}, "meta": {}, "pagination": {},
                    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
                    "required": ["data", "pagination"]},
            }},
        });
        on_module(lower_responses, &mut document, Surface::Mailbox.into()).unwrap();
        let operation = &document["paths"]["/a"]["get"];
        let content = operation[RESPONSE_CONTENT].as_str().unwrap().to_owned();
        (content, operation["responses"]["2XX"]["content"].clone())
    }

    fn json_response(name: &str) -> Value {
        json!({"content": {"application/json": {"schema":
            {"$ref": format!("#/components/schemas/{name}")}}}})
    }

    #[test]
    fn envelopes_are_unwrapped() {
        let item = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}});
        assert_eq!(
            reduced(json!({"200": json_response("Flat"), "404": json_response("Item")})),
            ("enveloped".to_owned(), item.clone())
        );
        assert_eq!(
            reduced(json!({"200": json_response("List")})),
            ("page".to_owned(), item.clone())
        );
        assert_eq!(reduced(json!({"2XX": json_response("Item")})), ("bare".to_owned(), item));
        let (name, content) = reduced(json!({"200": {"content": {"application/json": {"schema": {
            "anyOf": [{"$ref": "#/components/schemas/Flat"}, {"$ref": "#/components/schemas/Flat"}]
        }}}}}));
        assert_eq!(name, "enveloped");
        assert_eq!(content["application/json"]["schema"]["anyOf"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn other_bodies_are_never_lost() {
        let bytes = || json!({"application/octet-stream": {}});
        assert_eq!(reduced(json!({"200": {}, "206": {}})), ("bytes".to_owned(), bytes()));
        assert_eq!(reduced(json!({"404": {}})), ("bytes".to_owned(), bytes()));
        assert_eq!(reduced(json!({"204": {}})), ("empty".to_owned(), json!({})));
        let text = json!({"200": {"content": {"text/plain": {}}}});
        assert_eq!(reduced(text), ("text".to_owned(), bytes()));
        let image = json!({"200": {"content": {"image/png": {}}}});
        assert_eq!(reduced(image), ("bytes".to_owned(), bytes()));
        let events = json!({"200": {"content": {"text/event-stream": {}}}});
        assert_eq!(reduced(events).0, "event-stream");
        let problem = json!({"200": {"content": {"application/problem+json; v=1": {}}}});
        assert_eq!(reduced(problem).0, "bare");
    }
}
