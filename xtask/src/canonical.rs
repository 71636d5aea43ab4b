//! The one way in which vendored documents are written: sorted keys, two spaces, final newline.

use serde_json::{Map, Value};

/// The document as text that differs only where the document does.
pub fn text(document: &Value) -> String {
    // serde_json sorts keys on its own unless a feature elsewhere in the build turns that off.
    format!("{:#}\n", sorted(document))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(keys) => {
            let mut entries: Vec<(&String, &Value)> = keys.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_show() {
        let one: Value =
            serde_json::from_str(r#"{"b": [1, {"d": 1.50, "c": "é"}], "a": {}}"#).unwrap();
        let text = text(&one);
        assert_eq!(
            text,
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"c\": \"é\",\n      \"d\": 1.5\n    }\n  ]\n}\n"
        );
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(super::text(&again), text);
    }

    #[test]
    fn the_vendored_documents_are_written_this_way() {
        for document in
            [include_str!("../../openapi.json"), include_str!("../../openapi-sending.json")]
        {
            let value: Value = serde_json::from_str(document).unwrap();
            assert!(text(&value) == document);
        }
    }
}
