//! References between components: none may lead back to itself without end, aliases are written
//! out, and what nothing refers to is dropped.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::{components, components_mut, references_of_operations, schemas_mut};
use crate::error::{Error, Pointer};
use crate::extensions::NOT_NULL;
use crate::schema::{
    MAX_DEPTH, branches, is_nullable, is_type, reachable, reference, resolve, set_nullable, target,
    visit,
};

/// Refuses a union that is one of its own branches: reading it would never end.
pub(super) fn reject_cycles(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let Some(components) = components(document) else { return Ok(()) };
    let mut finished = BTreeSet::new();
    for start in components.keys() {
        // Depth first, without recursion: each entry is a component and the branches left in it.
        let mut open = vec![(start.as_str(), leads_to(components, start))];
        while let Some((name, branches)) = open.last_mut() {
            let name = *name;
            let Some(next) = branches.pop() else {
                finished.insert(name);
                open.pop();
                continue;
            };
            if open.iter().any(|(other, _)| *other == next) {
                return Err(Error::new(
                    Pointer::schema(next),
                    "the schema is an alias of itself, or a union with itself as a branch",
                    "remove that branch or reference",
                ));
            }
            if open.len() > MAX_DEPTH {
                return Err(Error::new(
                    Pointer::schema(start),
                    format!("a chain of more than {MAX_DEPTH} references starts here"),
                    "refer to the last schema directly",
                ));
            }
            if !finished.contains(next) {
                open.push((next, leads_to(components, next)));
            }
        }
    }
    Ok(())
}

/// Returns the components that a value of this one may be.
fn leads_to<'a>(components: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let schema = components.get(name).into_iter();
    let branches = schema.clone().filter_map(branches).flatten();
    schema.chain(branches).filter_map(reference).collect()
}

/// Keeps as components only what becomes a type; every other one (a string, a list, a map, another
/// name) is written out wherever it is used. A nullable component makes the places that refer to it
/// nullable.
pub(super) fn inline_aliases(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let components = components(document).cloned().unwrap_or_default();
    schemas_mut(document, &mut |at, node| write_out(&components, at, node, 0))?;
    if let Some(components) = components_mut(document) {
        components.retain(|_, schema| is_type(schema));
        for schema in components.values_mut().filter_map(Value::as_object_mut) {
            schema.remove("nullable");
        }
    }
    Ok(())
}

fn write_out(
    components: &Map<String, Value>,
    at: &Pointer,
    node: &mut Value,
    depth: usize,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(at, "the type contains itself endlessly", "break the cycle"));
    }
    let Some((_, component)) = target(Some(components), at, node)? else { return Ok(()) };
    let resolved = resolve(Some(components), at, node)?;
    let excluded = node.get(NOT_NULL).is_some();
    let nullable =
        !excluded && (is_nullable(node) || is_nullable(component) || is_nullable(resolved));
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
        visit(at, &mut copy, &mut deeper)?;
        if let Some(words) = node.get("description") {
            copy["description"] = words.clone();
        }
        if let Value::Object(keywords) = &mut copy {
            keywords.remove("nullable");
        }
        *node = copy;
    }
    if nullable {
        set_nullable(node);
    } else if let Value::Object(keywords) = node {
        keywords.remove("nullable");
    }
    if let Value::Object(keywords) = node {
        keywords.remove(NOT_NULL);
    }
    debug_assert!(node.get("allOf").is_none_or(|all| *all == json!([])));
    Ok(())
}

/// Drops components that no operation of the module reaches: types of other surfaces, envelopes and
/// errors.
pub(super) fn prune_components(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let from = references_of_operations(document)?;
    let Some(components) = components_mut(document) else { return Ok(()) };
    let reached = reachable(components, from)?;
    components.retain(|name, _| reached.contains(name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{on_document, on_schemas};
    use crate::schema::reference_to;

    #[test]
    fn a_choice_may_not_be_its_own_branch() {
        for schemas in [
            json!({"A": {"anyOf": [reference_to("A"), {"type": "string"}]}}),
            json!({"A": {"anyOf": [reference_to("B"), {"type": "string"}]}, "B": reference_to("A")}),
        ] {
            let error = on_schemas(reject_cycles, schemas).unwrap_err();
            assert_eq!(error.pointer(), "/components/schemas/A");
        }
        let tree = json!({"A": {"anyOf": [reference_to("B"), {"type": "string"}]},
            "B": {"type": "object", "properties": {"a": reference_to("A")}}});
        assert_eq!(on_schemas(reject_cycles, tree.clone()).unwrap(), tree);
    }

    #[test]
    fn only_real_types_stay_components() {
        let lowered = on_schemas(
            inline_aliases,
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
            assert!(on_schemas(inline_aliases, cycle.clone()).is_err(), "{cycle}");
        }
    }

    #[test]
    fn a_type_may_contain_itself() {
        let tree = json!({"Tree": {"type": "object", "properties": {
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}});
        assert_eq!(on_schemas(inline_aliases, tree.clone()).unwrap(), tree);
    }

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
        on_document(prune_components, &mut document).unwrap();
        let left: Vec<_> = components(&document).unwrap().keys().collect();
        assert_eq!(left, ["A", "B"]);
    }
}
