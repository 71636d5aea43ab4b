//! Opens closed objects: the API adds fields to objects that it declares closed, and with `allOf`
//! a closed member admits no value at all.

use serde_json::Value;

use super::Context;
use crate::error::Error;
use crate::walk;

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    walk::schemas_mut(document, &mut |_, node| {
        if let Value::Object(keywords) = node {
            keywords.remove("unevaluatedProperties");
            keywords.remove("unevaluatedItems");
            if keywords.get("additionalProperties").is_some_and(|value| !value.is_object()) {
                keywords.remove("additionalProperties");
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn closed_objects_open_and_maps_stay() {
        let schemas = json!({
            "Closed": {"type": "object", "additionalProperties": false},
            "Wrapper": {"allOf": [], "unevaluatedProperties": false},
            "Map": {"type": "object", "additionalProperties": {"type": "string"}},
        });
        let opened = on_schemas(run, schemas).unwrap();
        assert_eq!(opened["Closed"], json!({"type": "object"}));
        assert_eq!(opened["Wrapper"], json!({"allOf": []}));
        assert_eq!(opened["Map"]["additionalProperties"], json!({"type": "string"}));
    }
}
