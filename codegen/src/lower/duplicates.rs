//! One type for one meaning: inline schemas of the same name and structure are merged, so that a
//! filter and the field it filters share their enum.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::hoist::{IDENTITY, OF_OPERATION};
use super::{Context, rename};
use crate::error::Error;
use crate::walk;

pub(super) fn run(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let Some(components) = walk::components(document) else { return Ok(()) };
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, schema) in components {
        if let Some(identity) = schema.get(IDENTITY) {
            groups.entry(identity.to_string()).or_default().push(name.clone());
        }
    }
    let mut renamed = BTreeMap::new();
    for names in groups.into_values() {
        let best = names.iter().min_by_key(|name| {
            let of_operation = components[*name].get(OF_OPERATION) == Some(&json!(true));
            let untabled = context.table.type_name(context.module, name).is_none();
            (untabled, of_operation, name.len(), *name)
        });
        let Some(best) = best.cloned() else { continue };
        renamed.extend(
            names.into_iter().filter(|name| *name != best).map(|name| (name, best.clone())),
        );
    }
    if let Some(components) = walk::components_mut(document) {
        components.retain(|name, _| !renamed.contains_key(name));
    }
    rename::references(document, &renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;
    use crate::schema::reference_to;

    #[test]
    fn the_shortest_name_of_a_schema_stays() {
        let state = |of_operation| json!({"enum": ["a"], IDENTITY: ["state", ["a"]], OF_OPERATION: of_operation});
        let lowered = on_schemas(
            run,
            json!({
                "GetState": state(true),
                "OrderState": state(false),
                "OrderLineState": state(false),
                "Order": {"type": "object", "properties": {"state": reference_to("OrderLineState")}},
            }),
        )
        .unwrap();
        let names: Vec<_> = lowered.as_object().unwrap().keys().collect();
        assert_eq!(names, ["Order", "OrderState"]);
        assert_eq!(lowered["Order"]["properties"]["state"], reference_to("OrderState"));
    }
}
