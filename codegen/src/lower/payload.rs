//! What the API posts to a webhook: written as the answer of an operation, so that every later step
//! reads it as it reads answers; named by its part, wherever the document describes it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Context, note, rename};
use crate::error::Error;
use crate::module::Module;
use crate::pointer::Pointer;
use crate::schema::{properties, reference, reference_to};
use crate::walk;

/// The schema of a webhook's body in the API's document.
const SCHEMA: &str = Module::EVENT_SCHEMA;

const PATH: &str = "/";
const METHOD: &str = "get";

/// One path with one operation, whose answer is the payload.
pub(super) fn operations(source: &Value) -> Result<Map<String, Value>, Error> {
    let at = Pointer::schema(SCHEMA);
    if source.pointer(&at.to_string()).is_none() {
        return Err(Error::new(
            at,
            format!("there is no schema `{SCHEMA}`, the body of a webhook"),
            "add it, check that this is the app host's document, or build without webhooks",
        ));
    }
    let operation = json!({
        "operationId": "payload",
        note::METHOD_NAME: "payload",
        "responses": {"200": {"description": "", "content": {
            "application/json": {"schema": reference_to(SCHEMA)}}}},
    });
    Ok(Map::from_iter([(PATH.to_owned(), json!({ METHOD: operation }))]))
}

/// Gives the payload, its type and its data the names that the table of names knows.
pub(super) fn run(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    if context.module != Module::Webhooks {
        return Ok(());
    }
    let parts = parts(document, component(document)?);
    let Some(components) = walk::components_mut(document) else { return Ok(()) };
    let mut renamed = BTreeMap::new();
    for (part, name) in parts {
        if !components.contains_key(&name)
            && let Some(schema) = components.remove(&part)
        {
            components.insert(name.clone(), schema);
            renamed.insert(part, name);
        }
    }
    rename::references(document, &renamed)
}

/// The components of the payload, its type and its data, each with the name it should have.
fn parts(document: &Value, payload: &str) -> Vec<(String, String)> {
    let schema = walk::components(document).and_then(|components| components.get(payload));
    let field = |name: &str| schema.and_then(properties).and_then(|all| reference(all.get(name)?));
    let inner = [("type", "Type"), ("data", "Data")];
    let inner = inner.into_iter().filter_map(|(name, ending)| {
        let part = field(name).filter(|part| *part != payload)?;
        Some((part.to_owned(), format!("{SCHEMA}{ending}")))
    });
    std::iter::once((payload.to_owned(), SCHEMA.to_owned())).chain(inner).collect()
}

/// Name of the component that the payload has become.
pub(super) fn component(document: &Value) -> Result<&str, Error> {
    let operation = document.get("paths").and_then(|paths| paths.get(PATH)?.get(METHOD));
    let schema = operation
        .and_then(|operation| operation.pointer("/responses/2XX/content/application~1json/schema"));
    schema.and_then(reference).ok_or_else(|| {
        Error::new(
            Pointer::schema(SCHEMA),
            "the body of a webhook is an object with fields",
            "describe events as `{id, type, data}`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_events_is_named_as_such() {
        let document = json!({"components": {"schemas": {"Webhook": {}}}, "paths": {}});
        let error = operations(&document).unwrap_err();
        assert_eq!(error.pointer(), "/components/schemas/WebhookEventPayload");
        assert!(error.to_string().contains("build without webhooks"));
    }
}
