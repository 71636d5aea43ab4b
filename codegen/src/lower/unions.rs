//! Unions: those that offer no choice are reduced, and those whose branches a reader could mistake for
//! each other are refused.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::Context;
use crate::document::{
    components, components_mut, operations_mut, references_of_operations, schemas_mut,
};
use crate::error::Error;
use crate::extensions::{DISCRIMINATOR, ORIGIN};
use crate::module::Module;
use crate::schema::{
    branches, enum_values, is_any, is_nullable, is_required, is_structural, properties, reachable,
    reference, set_nullable, skeleton, type_name,
};

pub(super) fn simplify_unions(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    schemas_mut(document, &mut |at, node| {
        let beside = properties(node).is_some();
        let Some(branches) = node.get("anyOf").and_then(Value::as_array) else { return Ok(()) };
        if beside {
            let only_requires = |branch: &Value| {
                let own = ["required", "type"];
                let keywords = branch.as_object().into_iter().flatten();
                let mut structural = keywords.filter(|(key, _)| is_structural(key));
                structural.all(|(key, _)| own.contains(&key.as_str()))
            };
            if !branches.iter().all(only_requires) {
                return Err(Error::new(
                    at,
                    "the schema has properties beside a union",
                    "describe them in each branch",
                ));
            }
            // The server validates.
            if let Value::Object(keywords) = node {
                keywords.remove("anyOf");
            }
            return Ok(());
        }
        let mut flat: Vec<Value> = Vec::new();
        for branch in branches {
            match branch.get("anyOf").and_then(Value::as_array) {
                Some(inner) => flat.extend(inner.iter().cloned()),
                None => flat.push(branch.clone()),
            }
        }
        let mut seen = Vec::new();
        flat.retain(|branch| {
            let skeleton = skeleton(branch);
            let new = !seen.contains(&skeleton);
            seen.push(skeleton);
            new
        });
        let Value::Object(keywords) = node else { return Ok(()) };
        let nullable = keywords.get("nullable") == Some(&json!(true));
        match reduced(&flat) {
            Some(schema) => {
                let description = keywords.get("description").cloned();
                *node = schema;
                if let Some(description) = description {
                    node["description"] = description;
                }
            }
            None => {
                keywords.retain(|key, _| key == "description" || key.starts_with("x-"));
                keywords.insert("anyOf".to_owned(), Value::Array(flat));
            }
        }
        if nullable {
            set_nullable(node);
        }
        Ok(())
    })
}

/// Refuses unions in responses that would be read as the wrong branch: a reader takes the first branch
/// whose required properties are there, whatever a constant or a discriminator says.
pub(super) fn check_unions(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    // A delivery is better read as the wrong variant than refused.
    let has_unions =
        components(document).is_some_and(|all| all.values().any(|it| branches(it).is_some()));
    if context.module == Module::Webhooks || !has_unions {
        return Ok(());
    }
    let mut answers = document.clone();
    operations_mut(&mut answers, &mut |_, operation| {
        if let Value::Object(keys) = operation {
            keys.remove("requestBody");
        }
        Ok(())
    })?;
    let from = references_of_operations(&mut answers)?;
    let Some(components) = components_mut(document) else { return Ok(()) };
    let read = reachable(components, from)?;
    for union in read.iter().filter_map(|name| components.get(name)) {
        let Some(all) = branches(union) else { continue };
        let resolved = |branch| match reference(branch) {
            Some(name) => components.get(name).unwrap_or(branch),
            None => branch,
        };
        let mut all: Vec<&Value> = all.iter().map(resolved).collect();
        all.sort_by_key(|branch| Reverse(requirements(branch).count()));
        let pairs = all.iter().enumerate().flat_map(|(index, first)| {
            all[index + 1..].iter().map(move |second| (*first, *second))
        });
        if pairs.into_iter().any(|(first, second)| is_mistaken(first, second)) {
            let at = union.get(ORIGIN).and_then(Value::as_str).unwrap_or_default();
            let by_discriminator = union.get(DISCRIMINATOR).is_some();
            let (end, what) = match by_discriminator {
                true => ("/discriminator", "a union is told apart by its discriminator alone"),
                false => ("", "branches of a union differ in nothing that they require"),
            };
            let remedy = "describe branches that differ in what they require";
            return Err(Error::new(format!("{at}{end}"), what, remedy));
        }
    }
    Ok(())
}

/// Returns the properties without which a branch is not read.
fn requirements(branch: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = properties(branch).into_iter().flatten();
    let must = |name: &str, schema: &Value| is_required(branch, name) && !is_nullable(schema);
    all.filter(move |(name, schema)| must(name, schema))
        .map(|(name, schema)| (name.as_str(), schema))
}

/// Returns whether a value of the second branch may be read as the first, which loses some of it.
fn is_mistaken(first: &Value, second: &Value) -> bool {
    let (Some(own), Some(theirs)) = (properties(first), properties(second)) else { return false };
    let fits = |name: &str, schema: &Value| {
        let other = theirs.get(name);
        other.is_some_and(|other| match (type_name(schema), type_name(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        })
    };
    let loses = theirs.iter().any(|(name, schema)| match own.get(name) {
        None => true,
        // Enums are open: another value of the constant does not keep a branch from being read.
        Some(own) => skeleton(own) != skeleton(schema),
    });
    loses && requirements(first).all(|(name, schema)| fits(name, schema))
}

/// Returns the one schema that a union amounts to, if there is one.
fn reduced(branches: &[Value]) -> Option<Value> {
    if let [only] = branches {
        return Some(only.clone());
    }
    if branches.iter().any(is_any) {
        return Some(json!({}));
    }
    let types: Vec<&str> = branches
        .iter()
        .map(
            |branch| if enum_values(branch).is_some() { Some("string") } else { type_name(branch) },
        )
        .collect::<Option<_>>()?;
    if types.iter().all(|name| ["integer", "number"].contains(name)) {
        let whole = types.iter().all(|name| *name == "integer");
        return Some(json!({"type": if whole { "integer" } else { "number" }}));
    }
    if types.iter().all(|name| *name == "boolean") {
        return Some(json!({"type": "boolean"}));
    }
    if types.iter().all(|name| *name == "string") {
        let values: Option<Vec<Vec<&str>>> = branches.iter().map(enum_values).collect();
        return Some(match values {
            Some(values) => json!({"type": "string", "enum": values.concat()}),
            None => json!({"type": "string"}),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    fn reduced(branches: Value) -> Value {
        on_schemas(simplify_unions, json!({"X": {"anyOf": branches, "nullable": true}})).unwrap()["X"].take()
    }

    #[test]
    fn only_unions_with_a_choice_stay() {
        let string = json!({"type": "string", "nullable": true});
        assert_eq!(
            reduced(json!([{"type": "string"}, {"type": "string", "description": "x"}])),
            string
        );
        assert_eq!(reduced(json!([{"type": "string", "enum": ["a"]}, {"type": "string"}])), string);
        assert_eq!(
            reduced(json!([{"enum": ["a"], "type": "string"}, {"enum": ["b"], "type": "string"}])),
            json!({"type": "string", "enum": ["a", "b"], "nullable": true})
        );
        assert_eq!(
            reduced(json!([{"type": "integer"}, {"type": "number"}])),
            json!({"type": "number", "nullable": true})
        );
        let real = json!([{"type": "string"}, {"type": "array", "items": {"type": "string"}}]);
        assert_eq!(reduced(real.clone()), json!({"anyOf": real, "nullable": true}));
        assert_eq!(
            reduced(json!([{"anyOf": real}, {"type": "integer"}]))["anyOf"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
    }
}
