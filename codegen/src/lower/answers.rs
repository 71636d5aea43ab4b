//! Reduces the responses of an operation to the one thing a caller receives.
//!
//! Errors are decoded by their envelope, never by the document's list, which leaves out most of
//! them; so every response but the successful ones goes. Envelopes are hand-written generics, so
//! what is left of an enveloped response is the schema of `data`.

use serde_json::{Map, Value, json};

use super::{Context, note};
use crate::answer::Answer;
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{self, is_nullable, properties, resolve, set_nullable, skeleton};
use crate::walk;

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let components = walk::components(document).cloned().unwrap_or_default();
    walk::operations_mut(document, &mut |at, operation| {
        let responses = operation.get("responses").and_then(Value::as_object);
        let (answer, schema) = answer(&components, at, responses)?;
        operation[note::ANSWER] = answer.name().into();
        operation["responses"] = json!({"2XX": response(answer, schema)});
        Ok(())
    })
}

fn response(answer: Answer, schema: Option<Value>) -> Value {
    let content = match (answer, schema) {
        (Answer::Empty, _) => json!({}),
        (Answer::Enveloped | Answer::Page | Answer::Bare, Some(schema)) => {
            json!({"application/json": {"schema": schema}})
        }
        // The event's schema stays reachable, so that its type is generated.
        (Answer::Events, Some(schema)) => json!({"text/event-stream": {"schema": schema}}),
        _ => json!({"application/octet-stream": {}}),
    };
    json!({"description": "", "content": content})
}

fn answer(
    components: &Map<String, Value>,
    at: &Pointer,
    responses: Option<&Map<String, Value>>,
) -> Result<(Answer, Option<Value>), Error> {
    let mut found: Vec<(Answer, Option<Value>)> = Vec::new();
    for (status, response) in responses.into_iter().flatten() {
        if !status.starts_with('2') {
            continue;
        }
        let at = at.child("responses").child(status);
        let one = one_answer(components, &at, status, response)?;
        let same = |other: &(Answer, Option<Value>)| {
            other.0 == one.0 && other.1.as_ref().map(skeleton) == one.1.as_ref().map(skeleton)
        };
        if !found.iter().any(same) {
            found.push(one);
        }
    }
    if found.len() > 1 {
        found.retain(|(answer, _)| *answer != Answer::Empty);
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        // Without a success in the document the body may be anything: hand over the bytes.
        (None, _) => Ok((Answer::Bytes, None)),
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => choice(at, [first, second].into_iter().chain(found)),
    }
}

/// Several successes with bodies of their own: JSON ones become a union, others bytes.
fn choice(
    at: &Pointer,
    answers: impl Iterator<Item = (Answer, Option<Value>)>,
) -> Result<(Answer, Option<Value>), Error> {
    let (kinds, schemas): (Vec<Answer>, Vec<Option<Value>>) = answers.unzip();
    let schemas: Option<Vec<Value>> = schemas.into_iter().collect();
    match (kinds.as_slice(), schemas) {
        ([first @ (Answer::Enveloped | Answer::Bare), rest @ ..], Some(schemas))
            if rest.iter().all(|kind| kind == first) =>
        {
            Ok((*first, Some(json!({ "anyOf": schemas }))))
        }
        (kinds, _) if kinds.contains(&Answer::Page) => Err(Error::new(
            at.child("responses"),
            "one success is a page and another is not",
            "give all successful responses of the operation one form",
        )),
        _ => Ok((Answer::Bytes, None)),
    }
}

fn one_answer(
    components: &Map<String, Value>,
    at: &Pointer,
    status: &str,
    response: &Value,
) -> Result<(Answer, Option<Value>), Error> {
    let content = response.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        // RFC 9110, sections 15.3.5 and 15.3.6: these two never carry content.
        let empty = status == "204" || status == "205";
        return Ok((if empty { Answer::Empty } else { Answer::Bytes }, None));
    };
    let at = at.child("content");
    if let Some((name, media)) = content.iter().find(|(name, _)| is_json(name)) {
        let at = at.child(name).child("schema");
        let schema = media.get("schema").cloned().unwrap_or_else(|| json!({}));
        return unwrapped(components, &at, schema);
    }
    for (name, media) in content {
        if essence(name) == "text/event-stream" {
            return Ok((Answer::Events, media.get("schema").cloned()));
        }
    }
    let text = content.keys().all(|name| name.starts_with("text/"));
    Ok((if text { Answer::Text } else { Answer::Bytes }, None))
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json" || essence.ends_with("+json")
}

/// Takes the envelope off a schema, if it is one.
fn unwrapped(
    components: &Map<String, Value>,
    at: &Pointer,
    schema: Value,
) -> Result<(Answer, Option<Value>), Error> {
    let resolved = resolve(Some(components), at, &schema)?;
    if let Some(branches) = schema::branches(resolved) {
        let mut data = Vec::new();
        for branch in branches {
            match unwrapped(components, at, branch.clone())? {
                (Answer::Enveloped, Some(schema)) => data.push(schema),
                _ => return Ok((Answer::Bare, Some(schema))),
            }
        }
        return Ok((Answer::Enveloped, Some(json!({ "anyOf": data }))));
    }
    let Some(data) = enveloped(resolved) else {
        return Ok((Answer::Bare, Some(schema)));
    };
    let paginated = properties(resolved).is_some_and(|all| all.contains_key("pagination"));
    if paginated {
        let list = resolve(Some(components), at, data)?;
        if let Some(items) = list.get("items") {
            return Ok((Answer::Page, Some(items.clone())));
        }
    }
    let mut data = data.clone();
    if !schema::is_required(resolved, "data") && !is_nullable(&data) {
        set_nullable(&mut data);
    }
    Ok((Answer::Enveloped, Some(data)))
}

/// The `data` schema of an envelope: `{ok, data, meta}`, of which older documents omit parts.
fn enveloped(schema: &Value) -> Option<&Value> {
    let properties = properties(schema)?;
    let known = ["ok", "data", "meta", "pagination"];
    let framed = properties.contains_key("ok") || properties.contains_key("meta");
    let only_frame = properties.keys().all(|name| known.contains(&name.as_str()));
    properties.get("data").filter(|_| framed && only_frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_document;

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
                    "required": ["data"]},
            }},
        });
        on_document(run, &mut document).unwrap();
        let operation = &document["paths"]["/a"]["get"];
        let answer = operation[note::ANSWER].as_str().unwrap().to_owned();
        (answer, operation["responses"]["2XX"]["content"].clone())
    }

    fn json_response(name: &str) -> Value {
        json!({"content": {"application/json": {"schema":
            {"$ref": format!("#/components/schemas/{name}")}}}})
    }

    #[test]
    fn envelopes_come_off() {
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
        let (answer, content) = reduced(
            json!({"200": {"content": {"application/json": {"schema": {
                "anyOf": [{"$ref": "#/components/schemas/Flat"}, {"$ref": "#/components/schemas/Flat"}]
            }}}}}),
        );
        assert_eq!(answer, "enveloped");
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
        assert_eq!(reduced(events).0, "events");
        let problem = json!({"200": {"content": {"application/problem+json; v=1": {}}}});
        assert_eq!(reduced(problem).0, "bare");
    }
}
