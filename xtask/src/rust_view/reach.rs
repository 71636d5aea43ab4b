//! What a place in a document leads to.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::Document;

const SCHEMAS: &str = "#/components/schemas/";

/// Pointers to the component schemas that a place refers to, directly or through others.
pub(super) fn components(document: &Document, pointer: &str) -> BTreeSet<String> {
    let root = document.value();
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = root.pointer(pointer).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(keys) => {
                let reference = keys.get("$ref").and_then(Value::as_str);
                if let Some(reference) = reference.filter(|text| text.starts_with(SCHEMAS)) {
                    let target = reference.trim_start_matches('#');
                    if found.insert(target.to_owned()) {
                        open.extend(root.pointer(target));
                    }
                }
                open.extend(keys.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    found
}
