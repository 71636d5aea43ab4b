//! A document: text in, checked JSON out, and the walks over its operations and schemas.

use serde_json::{Map, Value};

use crate::error::{Error, Pointer};
use crate::schema::{Visit, reference, visit};

/// Larger than any API description, so that a wrong file cannot exhaust the memory of a build.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Methods that an OpenAPI path item can have, in the order of the specification.
pub(crate) const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Parses a document and refuses what is not OpenAPI 3.0, 3.1 or 3.2.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(
            "",
            format!("{} bytes are too many for an OpenAPI document", text.len()),
            format!("pass a JSON document of at most {MAX_BYTES} bytes"),
        ));
    }
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
    let Value::Object(root) = &document else {
        return Err(Error::new(
            "",
            "the top level is not a JSON object",
            "pass an OpenAPI document",
        ));
    };
    version(root)?;
    object(root, "paths")?;
    Ok(document)
}

fn not_json(text: &str, error: &serde_json::Error) -> Error {
    let start = text.trim_start();
    let remedy = if start.starts_with('<') {
        "this looks like HTML or XML: check the URL it came from"
    } else if start.starts_with(['{', '[']) {
        "fix the JSON, or fetch the document again"
    } else if start.is_empty() {
        "the document is empty: fetch it again"
    } else {
        "this looks like YAML: convert it to JSON first"
    };
    Error::new("", format!("not a JSON document ({error})"), remedy)
}

fn version(root: &Map<String, Value>) -> Result<(), Error> {
    const REMEDY: &str = "pass an OpenAPI 3.0, 3.1 or 3.2 document";
    if root.contains_key("swagger") {
        return Err(Error::new("/swagger", "Swagger 2.0 is not supported", REMEDY));
    }
    match root.get("openapi") {
        Some(Value::String(version))
            if ["3.0", "3.1", "3.2"]
                .iter()
                .any(|known| version == known || version.starts_with(&format!("{known}."))) =>
        {
            Ok(())
        }
        Some(other) => {
            Err(Error::new("/openapi", format!("OpenAPI version {other} is not supported"), REMEDY))
        }
        None => Err(Error::new("/openapi", "the OpenAPI version is missing", REMEDY)),
    }
}

fn object<'a>(root: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, Error> {
    root.get(key).and_then(Value::as_object).ok_or_else(|| {
        Error::new(
            format!("/{key}"),
            "expected an object",
            "check that the OpenAPI document is complete",
        )
    })
}

/// Calls `call` on every schema: components, parameters, request bodies and responses.
pub(crate) fn schemas_mut(document: &mut Value, call: Visit<'_>) -> Result<(), Error> {
    if let Some(schemas) = components_mut(document) {
        for (name, schema) in schemas {
            visit(&Pointer::schema(name), schema, call)?;
        }
    }
    operations_mut(document, &mut |at, operation| operation_schemas_mut(at, operation, call))
}

/// An operation, with the path and the method that it is listed under.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    pub(crate) value: &'a Value,
}

impl Operation<'_> {
    pub(crate) fn at(&self) -> Pointer {
        Pointer::operation(self.path, self.method)
    }
}

/// Returns every operation of a document.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some(Operation { path, method, value: item.get(method)? }))
    })
}

/// Calls `call` on every operation object.
pub(crate) fn operations_mut(document: &mut Value, call: Visit<'_>) -> Result<(), Error> {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                call(&Pointer::operation(path, method), operation)?;
            }
        }
    }
    Ok(())
}

/// Calls `call` on every schema of one operation.
pub(crate) fn operation_schemas_mut(
    at: &Pointer,
    operation: &mut Value,
    call: Visit<'_>,
) -> Result<(), Error> {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        for (index, parameter) in parameters.iter_mut().enumerate() {
            let at = at.child("parameters").child(index);
            if let Some(schema) = parameter.get_mut("schema") {
                visit(&at.child("schema"), schema, call)?;
            }
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        content_mut(&at.child("requestBody"), body, call)?;
    }
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        for (status, response) in responses {
            content_mut(&at.child("responses").child(status), response, call)?;
        }
    }
    Ok(())
}

fn content_mut(at: &Pointer, holder: &mut Value, call: Visit<'_>) -> Result<(), Error> {
    let Some(Value::Object(content)) = holder.get_mut("content") else {
        return Ok(());
    };
    for (media_type, media) in content {
        if let Some(schema) = media.get_mut("schema") {
            let at = at.child("content").child(media_type).child("schema");
            visit(&at, schema, call)?;
        }
    }
    Ok(())
}

/// Returns the names of the components that the operations refer to directly.
pub(crate) fn references_of_operations(document: &mut Value) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    operations_mut(document, &mut |at, operation| {
        operation_schemas_mut(at, operation, &mut |_, node| {
            found.extend(reference(node).map(str::to_owned));
            Ok(())
        })
    })?;
    Ok(found)
}

/// Returns the schema of the JSON in the content of a body, or of a response; `{}` if it has none.
pub(crate) fn json_schema(content: &Map<String, Value>) -> Option<(&str, Value)> {
    let is_json = |media_type: &str| {
        let essence = essence(media_type);
        essence == "application/json" || essence.ends_with("+json")
    };
    let (name, media) = content.iter().find(|(name, _)| is_json(name))?;
    Some((name, media.get("schema").cloned().unwrap_or_else(|| serde_json::json!({}))))
}

/// Returns a media type without its parameters, in lower case (RFC 9110, section 8.3.1).
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the component schemas.
pub(crate) fn components(document: &Value) -> Option<&Map<String, Value>> {
    document.pointer("/components/schemas")?.as_object()
}

/// Returns the component schemas, to change them.
pub(crate) fn components_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, String) {
        let error = parse(text).unwrap_err();
        (error.pointer().to_owned(), error.to_string())
    }

    #[test]
    fn accepts_each_version() {
        for version in ["3.0.3", "3.1.0", "3.1", "3.2.0"] {
            let text = format!(r#"{{"openapi":"{version}","paths":{{}}}}"#);
            assert!(parse(&text).is_ok(), "{version}");
        }
    }

    #[test]
    fn names_the_place() {
        assert_eq!(refusal(r#"{"swagger":"2.0","paths":{}}"#).0, "/swagger");
        assert_eq!(refusal(r#"{"openapi":"3.3.0","paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"openapi":"3.10.0","paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"openapi":"3.1.0"}"#).0, "/paths");
        assert_eq!(refusal(r#"{"openapi":"3.1.0","paths":[]}"#).0, "/paths");
    }

    #[test]
    fn says_what_it_looks_like() {
        assert!(refusal("openapi: 3.1.0\npaths: {}").1.contains("YAML"));
        assert!(refusal("<!doctype html>").1.contains("HTML"));
        assert!(refusal("  ").1.contains("empty"));
        assert!(refusal(r#"{"openapi":"#).1.contains("fetch"));
        assert!(refusal("[]").1.contains("not a JSON object"));
    }

    #[test]
    fn deep_nesting_is_an_error_not_an_overflow() {
        let text = "[".repeat(2_000_000);
        assert!(refusal(&text).1.contains("recursion limit"));
    }

    #[test]
    fn an_oversized_document_is_refused_before_parsing() {
        let text = " ".repeat(MAX_BYTES + 1);
        assert!(refusal(&text).1.contains("bytes"));
    }
}
