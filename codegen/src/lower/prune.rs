//! Leaves out components that no operation of the surface reaches: the other surface's types, the
//! envelopes and the errors.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Context;
use crate::error::Error;
use crate::schema::reference;
use crate::walk;

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut pending: Vec<String> = Vec::new();
    walk::operations_mut(document, &mut |at, operation| {
        walk::operation_schemas_mut(at, operation, &mut |_, node| {
            pending.extend(reference(node).map(str::to_owned));
            Ok(())
        })
    })?;
    let Some(components) = walk::components_mut(document) else { return Ok(()) };
    while let Some(name) = pending.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        if let Some(schema) = components.get_mut(&name) {
            walk::schema_mut(&crate::pointer::Pointer::schema(&name), schema, &mut |_, node| {
                pending.extend(reference(node).map(str::to_owned));
                Ok(())
            })?;
        }
    }
    components.retain(|name, _| reached.contains(name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_document;

    #[test]
    fn only_what_operations_reach_stays() {
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut document = json!({
            "paths": {"/a": {"get": {"responses": {"2XX": {"content": {
                "application/json": {"schema": to("A")}}}}}}},
            "components": {"schemas": {
                "A": {"type": "object", "properties": {"b": to("B")}},
                "B": {"type": "object", "properties": {"a": to("A")}},
                "Unused": {"type": "object", "properties": {"a": to("A")}},
            }},
        });
        on_document(run, &mut document).unwrap();
        let left: Vec<_> = walk::components(&document).unwrap().keys().collect();
        assert_eq!(left, ["A", "B"]);
    }
}
