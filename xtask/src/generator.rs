//! The generator of the crate, guarded: what it cannot read is told with its place and at once, and
//! a panic in it is an error like any other.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use sendmux_client_codegen::{Generated, Module, generate};
use serde_json::Value;

use crate::diff::pointer::escape;

/// Generates a module of the crate from a document.
///
/// # Errors
/// Fails if the document is refused, with the reason.
pub fn generated(document: &str, module: Module) -> Result<Generated, String> {
    match quietly(|| generate(document, module)) {
        Some(result) => result.map_err(|error| format!("{module}: {error}")),
        None => Err(format!("{module}: the generator panicked; please report it as a bug")),
    }
}

/// Checks what the generator needs of a document before it can tell what is wrong with it.
///
/// # Errors
/// Fails with the first place where a keyword of a schema has a value of the wrong kind.
pub fn check(document: &Value) -> Result<(), String> {
    fault(document).map_or(Ok(()), Err)
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function whose panic is reported by its result alone: `None`.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                report(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    result.ok()
}

/// What the value of a keyword must be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    List,
    Texts,
    TypeNames,
    Schema,
    Schemas,
    SchemasByName,
}

/// The keywords of a schema that the generator reads.
const KEYWORDS: [(&str, Kind); 21] = [
    ("$ref", Kind::Text),
    ("additionalProperties", Kind::Schema),
    ("allOf", Kind::Schemas),
    ("anyOf", Kind::Schemas),
    ("deprecated", Kind::Flag),
    ("description", Kind::Text),
    ("else", Kind::Schema),
    ("enum", Kind::List),
    ("format", Kind::Text),
    ("if", Kind::Schema),
    ("items", Kind::Schema),
    ("not", Kind::Schema),
    ("nullable", Kind::Flag),
    ("oneOf", Kind::Schemas),
    ("properties", Kind::SchemasByName),
    ("readOnly", Kind::Flag),
    ("required", Kind::Texts),
    ("then", Kind::Schema),
    ("title", Kind::Text),
    ("type", Kind::TypeNames),
    ("writeOnly", Kind::Flag),
];

/// Returns the first place where a keyword of a schema has a value of the wrong kind, in a sentence.
/// A reader that tries every kind of schema at every level takes forever to find such a place.
fn fault(root: &Value) -> Option<String> {
    let mut open: Vec<(String, &Value, bool)> = Vec::new();
    let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        open.push((format!("/components/schemas/{}", escape(name)), schema, true));
    }
    for section in ["paths", "webhooks"] {
        open.extend(root.get(section).map(|value| (format!("/{section}"), value, false)));
    }
    let components = root.get("components").and_then(Value::as_object).into_iter().flatten();
    for (name, section) in components.filter(|(name, _)| *name != "schemas") {
        open.push((format!("/components/{name}"), section, false));
    }
    while let Some((at, value, is_schema)) = open.pop() {
        match value {
            Value::Object(keys) if is_schema => {
                for (key, kind) in KEYWORDS {
                    let Some(value) = keys.get(key) else { continue };
                    let at = format!("{at}/{key}");
                    if let Some(expected) = kind.refuses(value) {
                        return Some(format!("{at}: must be {expected}; correct the document"));
                    }
                    kind.inside(&at, value, &mut open);
                }
            }
            Value::Object(keys) => {
                let literal = ["example", "examples", "default"];
                let inner = keys.iter().filter(|(key, _)| !literal.contains(&key.as_str()));
                open.extend(
                    inner.map(|(key, value)| {
                        (format!("{at}/{}", escape(key)), value, key == "schema")
                    }),
                );
            }
            Value::Array(values) => {
                let inner = values.iter().enumerate();
                open.extend(inner.map(|(index, value)| (format!("{at}/{index}"), value, false)));
            }
            Value::Bool(_) => {}
            _ if is_schema => return Some(format!("{at}: must be a schema; correct the document")),
            _ => {}
        }
    }
    None
}

impl Kind {
    /// Returns what is expected instead of a value.
    fn refuses(self, value: &Value) -> Option<&'static str> {
        let texts = |value: &Value| {
            value.as_array().is_some_and(|values| values.iter().all(Value::is_string))
        };
        let (fits, expected) = match self {
            Kind::Text => (value.is_string(), "a string"),
            Kind::Flag => (value.is_boolean(), "true or false"),
            Kind::List => (value.is_array(), "an array"),
            Kind::Texts => (texts(value), "an array of strings"),
            Kind::TypeNames => {
                (value.is_string() || texts(value), "the name of a type or an array of names")
            }
            Kind::Schema => (value.is_object() || value.is_boolean(), "a schema"),
            Kind::Schemas => (value.is_array(), "an array of schemas"),
            Kind::SchemasByName => (value.is_object(), "an object of schemas"),
        };
        (!fits).then_some(expected)
    }

    /// Adds the schemas that a value holds.
    fn inside<'v>(self, at: &str, value: &'v Value, open: &mut Vec<(String, &'v Value, bool)>) {
        match (self, value) {
            (Kind::Schema, value) => open.push((at.to_owned(), value, true)),
            (Kind::Schemas, Value::Array(all)) => {
                let all = all.iter().enumerate();
                open.extend(all.map(|(index, value)| (format!("{at}/{index}"), value, true)));
            }
            (Kind::SchemasByName, Value::Object(all)) => {
                let all = all.iter();
                open.extend(
                    all.map(|(name, value)| (format!("{at}/{}", escape(name)), value, true)),
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_keyword_of_the_wrong_kind_is_found_with_its_place() {
        for (leaf, key) in [
            (json!({"type": 5}), "type"),
            (json!({"enum": "a"}), "enum"),
            (json!({"properties": []}), "properties"),
            (json!({"required": "a"}), "required"),
            (json!({"allOf": {}}), "allOf"),
            (json!({"nullable": "yes"}), "nullable"),
            (json!({"items": [{}]}), "items"),
        ] {
            let schema = (0..50).fold(leaf, |inner, _| json!({"type": "array", "items": inner}));
            let root = json!({"components": {"schemas": {"A": schema}}});
            let found = fault(&root).unwrap();
            assert!(found.starts_with("/components/schemas/A/items/items/"), "{found}");
            assert!(found.contains(&format!("items/{key}: must be")), "{found}");
        }
        let root = json!({"paths": {"/a": {"get": {"parameters": [{"schema": {"type": 1}}]}}}});
        let found = fault(&root).unwrap();
        assert!(found.starts_with("/paths/~1a/get/parameters/0/schema/type: "), "{found}");
        let good = json!({"components": {"schemas": {"A": {
            "properties": {"type": {"type": "string"}, "enum": {"$ref": "#/a"}, "b": true}}}}});
        assert_eq!(fault(&good), None);
    }

    #[test]
    fn a_panic_is_a_result_and_silent() {
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly(|| -> i32 { panic!("never printed") }), None);
    }
}
