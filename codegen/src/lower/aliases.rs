//! Components become types of their own only if they have fields, values or branches; every other
//! one (a string, a list, a map, another name) is written out where it is used. A component that
//! admits null hands that on to the places that refer to it.

use serde_json::{Map, Value, json};

use super::Context;
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{
    branches, enum_values, is_nullable, properties, reference, resolve, set_nullable, target,
};
use crate::walk::{self, MAX_DEPTH};

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let components = walk::components(document).cloned().unwrap_or_default();
    walk::schemas_mut(document, &mut |at, node| write_out(&components, at, node, 0))?;
    if let Some(components) = walk::components_mut(document) {
        components.retain(|_, schema| is_type(schema));
        for schema in components.values_mut().filter_map(Value::as_object_mut) {
            schema.remove("nullable");
        }
    }
    Ok(())
}

pub(crate) fn is_type(schema: &Value) -> bool {
    reference(schema).is_none()
        && (properties(schema).is_some()
            || enum_values(schema).is_some()
            || branches(schema).is_some())
}

fn write_out(
    components: &Map<String, Value>,
    at: &Pointer,
    node: &mut Value,
    depth: usize,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(at, "the type contains itself without end", "break the cycle"));
    }
    let Some((_, component)) = target(Some(components), at, node)? else { return Ok(()) };
    let resolved = resolve(Some(components), at, node)?;
    let nullable = is_nullable(node) || is_nullable(component) || is_nullable(resolved);
    if is_type(resolved) {
        let mut last = node.clone();
        while let Some((_, next)) = target(Some(components), at, &last)? {
            if reference(next).is_none() {
                break;
            }
            last = next.clone();
        }
        node["$ref"] = last["$ref"].clone();
    } else {
        let mut copy = resolved.clone();
        let mut deeper =
            |at: &Pointer, inner: &mut Value| write_out(components, at, inner, depth + 1);
        walk::schema_mut(at, &mut copy, &mut deeper)?;
        if let Some(words) = node.get("description") {
            copy["description"] = words.clone();
        }
        *node = copy;
    }
    if nullable {
        set_nullable(node);
    } else if let Value::Object(keywords) = node {
        keywords.remove("nullable");
    }
    debug_assert!(node.get("allOf").is_none_or(|all| *all == json!([])));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    #[test]
    fn only_real_types_stay_components() {
        let lowered = on_schemas(
            run,
            json!({
                "Id": {"type": "string"},
                "Ids": {"type": "array", "items": {"$ref": "#/components/schemas/Id"}},
                "Colour": {"type": "string", "enum": ["red"], "nullable": true},
                "Alias": {"$ref": "#/components/schemas/Colour"},
                "X": {"type": "object", "properties": {
                    "ids": {"$ref": "#/components/schemas/Ids", "description": "d"},
                    "colour": {"$ref": "#/components/schemas/Alias"},
                }},
            }),
        )
        .unwrap();
        let names: Vec<_> = lowered.as_object().unwrap().keys().collect();
        assert_eq!(names, ["Colour", "X"]);
        assert_eq!(lowered["Colour"], json!({"type": "string", "enum": ["red"]}));
        assert_eq!(
            lowered["X"]["properties"],
            json!({
                "ids": {"type": "array", "items": {"type": "string"}, "description": "d"},
                "colour": {"$ref": "#/components/schemas/Colour", "nullable": true},
            })
        );
    }

    #[test]
    fn endless_types_are_refused() {
        for cycle in [
            json!({"A": {"$ref": "#/components/schemas/A"}}),
            json!({"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}),
            json!({"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/None"}}}}),
        ] {
            assert!(on_schemas(run, cycle.clone()).is_err(), "{cycle}");
        }
    }

    #[test]
    fn a_type_may_contain_itself() {
        let tree = json!({"Tree": {"type": "object", "properties": {
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}});
        assert_eq!(on_schemas(run, tree.clone()).unwrap(), tree);
    }
}
