//! An OpenAPI document, read for comparison.

use std::fmt;

use serde_json::Value;

use super::place::Place;
use super::trail::Trail;

/// Why a text is no document that could be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// JSON pointer to the place, empty for the document as a whole.
    pub pointer: String,
    /// What is wrong there, and what to do about it.
    pub what: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "the document: {}", self.what),
            pointer => write!(f, "{pointer}: {}", self.what),
        }
    }
}

impl std::error::Error for Refusal {}

/// A parsed document.
#[derive(Debug, Clone)]
pub struct Document {
    root: Value,
}

/// Longest chain of references from one schema to what it stands for.
const MAX_CHAIN: usize = 64;

impl Document {
    /// Parses the text of a document.
    ///
    /// # Errors
    /// If it is not JSON, or not OpenAPI 3.0 or 3.1.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim_start_matches('\u{feff}');
        if let Some(what) = foreign(text) {
            return Err(Refusal { pointer: String::new(), what: what.to_owned() });
        }
        let root = serde_json::from_str(text).map_err(|error| Refusal {
            pointer: String::new(),
            what: format!("not JSON: {error}; fetch it again or correct it"),
        })?;
        Self::from_value(root)
    }

    /// Takes a document that is parsed already.
    ///
    /// # Errors
    /// If it is not OpenAPI 3.0 or 3.1.
    pub fn from_value(root: Value) -> Result<Self, Refusal> {
        let refused = |pointer: &str, what: String| Err(Refusal { pointer: pointer.into(), what });
        if !root.is_object() {
            return refused("", "not a JSON object; an OpenAPI document is one".to_owned());
        }
        match root.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => {}
            Some(version) => {
                return refused(
                    "/openapi",
                    format!("version `{version}`; only OpenAPI 3.0 and 3.1 can be compared"),
                );
            }
            None => {
                let what = "no `openapi` version; give an OpenAPI 3.0 or 3.1 document";
                return refused("", what.to_owned());
            }
        }
        for section in ["paths", "components", "webhooks"] {
            if root.get(section).is_some_and(|value| !value.is_object()) {
                let what = format!("`{section}` is not an object; correct the document");
                return refused(&format!("/{section}"), what);
            }
        }
        if ["paths", "components", "webhooks"].iter().all(|section| root.get(section).is_none()) {
            let what = "none of `paths`, `components` and `webhooks`; is it complete?";
            return refused("", what.to_owned());
        }
        Ok(Self { root })
    }

    /// The document as a value.
    pub fn value(&self) -> &Value {
        &self.root
    }

    pub(crate) fn root(&self) -> Place<'_> {
        Place::new(Trail::root(), &self.root)
    }

    /// The component schemas by name.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&str, Place<'_>)> {
        let schemas = self.root().get("components").and_then(|place| place.get("schemas"));
        schemas.into_iter().flat_map(|place| place.entries().collect::<Vec<_>>())
    }

    /// What a reference within this document points to.
    pub(crate) fn target(&self, reference: &str) -> Option<Place<'_>> {
        let mut place = self.root();
        let path = reference.strip_prefix('#')?;
        if path.is_empty() {
            return Some(place);
        }
        for token in path.strip_prefix('/')?.split('/') {
            let token = percent_decoded(token).replace("~1", "/").replace("~0", "~");
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

    /// The object behind `$ref`s, for everything that is not a schema; the place itself where
    /// they lead nowhere.
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

/// Says what a text is when it is plainly no JSON.
fn foreign(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    if start.is_empty() {
        return Some("it is empty; fetch it again");
    }
    if start.starts_with('<') {
        return Some("it is HTML or XML, not JSON; check the address");
    }
    if start.starts_with("openapi:") || start.starts_with("---") {
        return Some("it is YAML; give the JSON form");
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
    fn what_is_no_document_is_named() {
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
    fn references_are_followed_and_unescaped() {
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
