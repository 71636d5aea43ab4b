//! An OpenAPI document, parsed for comparison.

use std::fmt;

use serde_json::Value;

use super::pointer::{Place, Pointer, unescape};

/// A document that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// JSON pointer to the cause; empty for the document as a whole.
    pub pointer: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "the document {}", self.message),
            pointer => write!(f, "{pointer}: {}", self.message),
        }
    }
}

impl std::error::Error for DocumentError {}

/// A parsed document.
#[derive(Debug, Clone)]
pub struct Document {
    root: Value,
}

/// Longest chain of references that is followed.
const MAX_CHAIN: usize = 64;

impl Document {
    /// Parses the text of a document.
    ///
    /// # Errors
    /// Fails if the text is not JSON or not OpenAPI 3.0 or 3.1.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let text = text.trim_start_matches('\u{feff}');
        if let Some(message) = not_json(text) {
            return Err(DocumentError { pointer: String::new(), message: message.to_owned() });
        }
        let root = serde_json::from_str(text).map_err(|error| DocumentError {
            pointer: String::new(),
            message: format!("is not JSON: {error}; fetch it again or correct it"),
        })?;
        Self::from_value(root)
    }

    /// Wraps JSON that is parsed already.
    ///
    /// # Errors
    /// Fails if the value is not an OpenAPI 3.0 or 3.1 document.
    pub fn from_value(root: Value) -> Result<Self, DocumentError> {
        let refused = |pointer: &str, message: String| {
            Err(DocumentError { pointer: pointer.to_owned(), message })
        };
        if !root.is_object() {
            return refused("", "is not a JSON object".to_owned());
        }
        match root.get("openapi").and_then(Value::as_str) {
            Some(version)
                if ["3.0", "3.1", "3.2"].iter().any(|known| version.starts_with(known)) => {}
            Some(version) => {
                return refused(
                    "/openapi",
                    format!("version `{version}` is not supported; only OpenAPI 3.0 to 3.2 are"),
                );
            }
            None => {
                let message = "has no `openapi` version; only OpenAPI 3.0 to 3.2 are supported";
                return refused("", message.to_owned());
            }
        }
        for section in ["paths", "components", "webhooks"] {
            if root.get(section).is_some_and(|value| !value.is_object()) {
                let message = format!("`{section}` is not an object");
                return refused(&format!("/{section}"), message);
            }
        }
        if ["paths", "components", "webhooks"].iter().all(|section| root.get(section).is_none()) {
            let message = "has no `paths`, `components` or `webhooks`; is it complete?";
            return refused("", message.to_owned());
        }
        Ok(Self { root })
    }

    /// Returns the document as JSON.
    pub fn value(&self) -> &Value {
        &self.root
    }

    pub(crate) fn root(&self) -> Place<'_> {
        Place::new(Pointer::root(), &self.root)
    }

    /// Iterates over the component schemas by name.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&str, Place<'_>)> {
        let components = self.root().get("components");
        components.into_iter().flat_map(|place| place.entries_of("schemas"))
    }

    /// Returns what a reference within this document points to.
    pub(crate) fn target(&self, reference: &str) -> Option<Place<'_>> {
        let mut place = self.root();
        let path = reference.strip_prefix('#')?;
        if path.is_empty() {
            return Some(place);
        }
        for token in path.strip_prefix('/')?.split('/') {
            let token = unescape(&percent_decoded(token));
            place = match place.value {
                Value::Object(_) => place.get(&token)?,
                Value::Array(values) => {
                    let index: usize = token.parse().ok()?;
                    Place::new(place.at.index(index), values.get(index)?)
                }
                _ => return None,
            };
        }
        Some(place)
    }

    /// Follows the `$ref` of anything but a schema. Returns the place itself if it cannot be
    /// resolved.
    pub(crate) fn resolved<'a>(&'a self, place: Place<'a>) -> Place<'a> {
        let mut current = place.clone();
        for _ in 0..MAX_CHAIN {
            match current.text("$ref") {
                None => return current,
                Some(reference) => match self.target(reference) {
                    Some(target) => current = target,
                    None => return place,
                },
            }
        }
        place
    }
}

/// Recognizes common texts that are not JSON.
fn not_json(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    if start.is_empty() {
        return Some("is empty; fetch it again");
    }
    if start.starts_with('<') {
        return Some("is HTML or XML, not JSON; check the URL");
    }
    if start.starts_with("openapi:") || start.starts_with("---") {
        return Some("is YAML; convert it to JSON");
    }
    None
}

fn percent_decoded(token: &str) -> String {
    if !token.contains('%') {
        return token.to_owned();
    }
    let bytes = token.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let hex = bytes
            .get(index + 1..index + 3)
            .filter(|_| *byte == b'%')
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        decoded.push(hex.unwrap_or(*byte));
        index += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| token.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        assert!(refused("<!DOCTYPE html>").contains("HTML"));
        assert!(refused("openapi: 3.1.0\n").contains("YAML"));
        assert!(refused("  ").contains("empty"));
        assert!(refused("{\"openapi\": \"3.1.0\", ").contains("not JSON"));
        assert!(refused("[]").contains("not a JSON object"));
        assert!(refused(r#"{"swagger": "2.0"}"#).contains("no `openapi`"));
        assert!(refused(r#"{"openapi": "2.0"}"#).starts_with("/openapi: version `2.0`"));
        assert!(refused(r#"{"openapi": "3.1.0", "paths": []}"#).starts_with("/paths: "));
        assert!(refused(r#"{"openapi": "3.1.0"}"#).contains("complete"));
        assert!(refused(&"[".repeat(100_000)).contains("not JSON"));
    }

    #[test]
    fn references_are_resolved_and_unescaped() {
        let document = Document::from_value(json!({
            "openapi": "3.1.0", "paths": {},
            "components": {"schemas": {"a/b c": {"type": "string"}},
                           "parameters": {"Loop": {"$ref": "#/components/parameters/Loop"}}},
        }))
        .unwrap();
        let place = document.target("#/components/schemas/a~1b%20c").unwrap();
        assert_eq!(place.at.to_string(), "/components/schemas/a~1b c");
        assert!(document.target("#/components/schemas/none").is_none());
        assert!(document.target("other.json#/x").is_none());
        let cycle = document.target("#/components/parameters/Loop").unwrap();
        assert_eq!(document.resolved(cycle.clone()).identity(), cycle.identity());
    }
}
