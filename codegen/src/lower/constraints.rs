//! Drops what narrows values beyond their type, so that the API may widen it without breaking a
//! caller's build: closed objects are opened, and limits move to the documentation.

use serde_json::{Map, Value};

use super::Context;
use super::dialect::BESIDE_PROPERTIES;
use crate::document::schemas_mut;
use crate::error::Error;
use crate::schema::{is_any, properties};

const DROPPED: [&str; 16] = [
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "uniqueItems",
];

/// Opens closed objects. The API adds fields to objects that it declares closed, and a closed
/// member of an `allOf` would accept no value at all.
pub(super) fn open_objects(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut |_, node| {
        if let Value::Object(keywords) = node {
            keywords.remove("unevaluatedItems");
            for keyword in ["additionalProperties", "unevaluatedProperties"] {
                if keywords.get(keyword).is_some_and(|value| !value.is_object()) {
                    keywords.remove(keyword);
                }
            }
        }
        Ok(())
    })
}

/// Refuses objects that have properties of any name beside those that are listed: a struct would lose
/// them.
pub(super) fn check_maps(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut |at, node| {
        let values = node.get("additionalProperties").filter(|values| !is_any(values));
        if values.is_some() && properties(node).is_some() {
            let (what, remedy) = BESIDE_PROPERTIES;
            return Err(Error::new(at.child("additionalProperties"), what, remedy));
        }
        Ok(())
    })
}

/// Moves limits on values to the documentation: the server validates.
pub(super) fn document_limits(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut |_, node| {
        if let Value::Object(keywords) = node {
            let sentence = sentence(keywords);
            let format = keywords.get("format").cloned();
            for keyword in DROPPED {
                keywords.remove(keyword);
            }
            if let Some(format) = format.filter(|name| name == "date-time") {
                keywords.insert("format".to_owned(), format);
            }
            keep_string_enums(keywords);
            append_description(keywords, &sentence);
        }
        Ok(())
    })
}

/// Drops enums that are empty or have other values than strings, and keeps the type of the values.
fn keep_string_enums(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(values)) = keywords.get("enum") else { return };
    if !values.is_empty() && values.iter().all(Value::is_string) {
        let mut distinct: Vec<Value> = Vec::new();
        for value in values {
            if !distinct.contains(value) {
                distinct.push(value.clone());
            }
        }
        keywords.insert("enum".to_owned(), Value::Array(distinct));
        return;
    }
    let type_name = match values.first() {
        Some(Value::Bool(_)) => Some("boolean"),
        Some(Value::Number(number)) if number.is_f64() => Some("number"),
        Some(Value::Number(_)) => Some("integer"),
        _ => None,
    };
    let uniform = values
        .windows(2)
        .all(|pair| std::mem::discriminant(&pair[0]) == std::mem::discriminant(&pair[1]));
    keywords.remove("enum");
    if let (Some(type_name), true) = (type_name, uniform) {
        keywords.entry("type").or_insert_with(|| type_name.into());
    }
}

fn append_description(keywords: &mut Map<String, Value>, sentence: &str) {
    if sentence.is_empty() {
        return;
    }
    let text = match keywords.get("description").and_then(Value::as_str) {
        Some(text) => format!("{}\n\n{sentence}", text.trim_end()),
        None => sentence.to_owned(),
    };
    keywords.insert("description".to_owned(), text.into());
}

/// Returns the limits in words, such as `Length: 1 to 255. Default: 50.`
fn sentence(keywords: &Map<String, Value>) -> String {
    let mut parts = Vec::new();
    let value = value_range(keywords);
    if !value.is_empty() {
        parts.push(format!("Value: {value}."));
    }
    for (label, low, high) in [
        ("Length", "minLength", "maxLength"),
        ("Number of items", "minItems", "maxItems"),
        ("Number of entries", "minProperties", "maxProperties"),
    ] {
        let range = range(keywords.get(low), keywords.get(high));
        if !range.is_empty() {
            parts.push(format!("{label}: {range}."));
        }
    }
    let pattern = keywords.get("pattern").and_then(Value::as_str);
    if let Some(pattern) = pattern.filter(|pattern| !pattern.contains('`')) {
        parts.push(format!("Pattern: `{pattern}`."));
    }
    if let Some(default) = keywords.get("default") {
        parts.push(format!("Default: `{default}`."));
    }
    parts.join(" ")
}

fn value_range(keywords: &Map<String, Value>) -> String {
    let above = keywords.get("exclusiveMinimum").filter(|value| value.is_number());
    let below = keywords.get("exclusiveMaximum").filter(|value| value.is_number());
    let inclusive = range(keywords.get("minimum"), keywords.get("maximum"));
    let mut parts = Vec::new();
    parts.extend(above.map(|bound| format!("more than {bound}")));
    parts.extend(below.map(|bound| format!("less than {bound}")));
    if !inclusive.is_empty() {
        parts.push(inclusive);
    }
    parts.join(", ")
}

fn range(low: Option<&Value>, high: Option<&Value>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn only_strings_are_enums() {
        let schemas = json!({
            "Yes": {"enum": [true]}, "Seven": {"type": "number", "enum": [7]}, "None": {"type": "string", "enum": []},
            "Mixed": {"enum": ["a", 1]}, "Real": {"enum": ["a"]},
        });
        let lowered = on_schemas(document_limits, schemas).unwrap();
        assert_eq!(
            lowered,
            json!({"Yes": {"type": "boolean"}, "Seven": {"type": "number"}, "None": {"type": "string"},
                   "Mixed": {}, "Real": {"enum": ["a"]}})
        );
    }

    #[test]
    fn limits_move_into_the_documentation() {
        let schemas = json!({"X": {
            "type": "integer", "format": "int64", "minimum": 1, "maximum": 100, "default": 25,
            "description": "Page size."
        }, "Y": {"type": "string", "format": "date-time", "pattern": "^a", "maxLength": 3}});
        let lowered = on_schemas(document_limits, schemas).unwrap();
        assert_eq!(
            lowered["X"],
            json!({"type": "integer", "description": "Page size.\n\nValue: 1 to 100. Default: `25`."})
        );
        assert_eq!(
            lowered["Y"],
            json!({"type": "string", "format": "date-time",
                   "description": "Length: at most 3. Pattern: `^a`."})
        );
    }

    #[test]
    fn closed_objects_open_and_maps_stay() {
        let schemas = json!({
            "Closed": {"type": "object", "additionalProperties": false},
            "Wrapper": {"allOf": [], "unevaluatedProperties": false},
            "Map": {"type": "object", "additionalProperties": {"type": "string"}},
        });
        let opened = on_schemas(open_objects, schemas).unwrap();
        assert_eq!(opened["Closed"], json!({"type": "object"}));
        assert_eq!(opened["Wrapper"], json!({"allOf": []}));
        assert_eq!(opened["Map"]["additionalProperties"], json!({"type": "string"}));
    }
}
