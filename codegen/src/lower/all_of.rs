//! Replaces every `allOf` by the schema that its members add up to.

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::{components, schemas_mut};
use crate::error::{Error, Pointer};
use crate::extensions::NOT_NULL;
use crate::schema::{
    MAX_DEPTH, is_nullable, is_structural, resolve, set_nullable, skeleton, target, visit,
};

pub(super) fn merge_all_of(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let components = components(document).cloned().unwrap_or_default();
    schemas_mut(document, &mut |at, node| {
        let flattener = Flattener { components: &components };
        flattener.flatten(at, node, &mut Vec::new())
    })
}

struct Flattener<'a> {
    components: &'a Map<String, Value>,
}

impl Flattener<'_> {
    /// Flattens a node whose subschemas are flat already. Components that it refers to are still as
    /// published, so they are flattened here; `open` holds those in progress.
    fn flatten(&self, at: &Pointer, node: &mut Value, open: &mut Vec<String>) -> Result<(), Error> {
        let Value::Object(keywords) = node else { return Ok(()) };
        let Some(all) = keywords.remove("allOf") else { return Ok(()) };
        let Value::Array(members) = all else {
            return Err(Error::new(at, "`allOf` is not an array", "correct the document"));
        };
        let marked_nullable = members.iter().any(is_nullable) || is_nullable(node);
        let excludes_null = !marked_nullable && self.one_excludes_null(at, &members)?;
        let structural: Vec<&Value> =
            members.iter().filter(|member| !is_any_but_null(member)).collect();
        let alone = node
            .as_object()
            .is_none_or(|own| !own.keys().any(|key| is_structural(key) && key != "nullable"));
        match structural.as_slice() {
            [only] if alone => wrap(node, only, &members),
            _ => self.merge_all(at, node, &members, open)?,
        }
        if marked_nullable {
            set_nullable(node);
        } else if excludes_null && let Value::Object(keywords) = node {
            keywords.remove("nullable");
            if keywords.contains_key("$ref") {
                keywords.insert(NOT_NULL.to_owned(), true.into());
            }
        }
        Ok(())
    }

    /// Returns whether null matches one of the members and does not match another.
    fn one_excludes_null(&self, at: &Pointer, members: &[Value]) -> Result<bool, Error> {
        let (mut allows, mut excludes) = (false, false);
        for (index, member) in members.iter().enumerate() {
            let at = at.child("allOf").child(index);
            let resolved = resolve(Some(self.components), &at, member)?;
            allows |= is_nullable(resolved);
            excludes |= resolved.get("type").is_some() && !is_nullable(resolved);
        }
        Ok(allows && excludes)
    }

    fn merge_all(
        &self,
        at: &Pointer,
        node: &mut Value,
        members: &[Value],
        open: &mut Vec<String>,
    ) -> Result<(), Error> {
        let mut merged = node.take();
        for (index, member) in members.iter().enumerate() {
            let at = at.child("allOf").child(index);
            let member = self.written_out(&at, member, open)?;
            self.merge(&at, &mut merged, &member, open)?;
        }
        *node = merged;
        Ok(())
    }

    /// Returns the member, or a flat copy of what it refers to.
    fn written_out(
        &self,
        at: &Pointer,
        member: &Value,
        open: &mut Vec<String>,
    ) -> Result<Value, Error> {
        let Some((name, component)) = target(Some(self.components), at, member)? else {
            return Ok(member.clone());
        };
        if open.iter().any(|other| other == name) || open.len() >= MAX_DEPTH {
            return Err(Error::new(
                at,
                format!("`allOf` leads back to `{name}`"),
                "break the cycle of `$ref`",
            ));
        }
        open.push(name.to_owned());
        let mut copy = component.clone();
        visit(&Pointer::schema(name), &mut copy, &mut |at, node| self.flatten(at, node, open))?;
        let copy = self.written_out(at, &copy, open)?;
        open.pop();
        Ok(copy)
    }

    /// Adds the requirements of `from` to `into`.
    fn merge(
        &self,
        at: &Pointer,
        into: &mut Value,
        from: &Value,
        open: &mut Vec<String>,
    ) -> Result<(), Error> {
        if is_any_but_null(from) {
            return Ok(());
        }
        if is_any_but_null(into) {
            *into = from.clone();
            return Ok(());
        }
        if skeleton(into) == skeleton(from) {
            return Ok(());
        }
        if into.get("$ref").is_some() || from.get("$ref").is_some() {
            *into = self.written_out(at, into, open)?;
            let from = self.written_out(at, from, open)?;
            return self.merge(at, into, &from, open);
        }
        let conflict = |what: &str| {
            Error::new(
                at,
                format!("the members of `allOf` contradict each other: {what}"),
                "describe a value that satisfies every member",
            )
        };
        let (Value::Object(own), Value::Object(theirs)) = (&mut *into, from) else {
            return Err(conflict("one is not an object"));
        };
        for (key, value) in theirs {
            let Some(mine) = own.get_mut(key) else {
                own.insert(key.clone(), value.clone());
                continue;
            };
            match (key.as_str(), mine, value) {
                ("properties", Value::Object(own), Value::Object(theirs)) => {
                    for (name, schema) in theirs {
                        let at = at.child("properties").child(name);
                        match own.get_mut(name) {
                            Some(mine) => self.merge(&at, mine, schema, open)?,
                            None => {
                                own.insert(name.clone(), schema.clone());
                            }
                        }
                    }
                }
                ("required", Value::Array(own), Value::Array(theirs)) => {
                    for name in theirs {
                        if !own.contains(name) {
                            own.push(name.clone());
                        }
                    }
                }
                ("type", own, theirs) if own != theirs => {
                    return Err(conflict(&format!("{own} and {theirs}")));
                }
                ("items" | "additionalProperties", own, theirs) => {
                    self.merge(&at.child(key), own, theirs, open)?;
                }
                ("enum", Value::Array(own), Value::Array(theirs)) => {
                    own.retain(|value| theirs.contains(value));
                    if own.is_empty() {
                        return Err(conflict("they share no enum value"));
                    }
                }
                ("anyOf", own, theirs) if own != theirs => {
                    return Err(conflict("both are unions"));
                }
                ("nullable", own, _) => *own = Value::Bool(true),
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_any_but_null(member: &Value) -> bool {
    member.as_object().is_some_and(|keywords| {
        let says = |key: &String| is_structural(key) && key != "nullable";
        let bare_object = keywords.get("type") == Some(&json!("object"))
            && !keywords.keys().any(|key| says(key) && key != "type");
        bare_object || !keywords.keys().any(says)
    })
}

/// Replaces a node by its only member: such an `allOf` adds annotations, or null.
fn wrap(node: &mut Value, only: &Value, members: &[Value]) {
    let mut result = only.clone();
    if let (Value::Object(result), Value::Object(own)) = (&mut result, &*node) {
        let annotated = members.iter().filter_map(Value::as_object).chain([own]);
        for keywords in annotated {
            for (key, value) in keywords.iter().filter(|(key, _)| !is_structural(key)) {
                result.insert(key.clone(), value.clone());
            }
        }
    }
    *node = result;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::on_schemas;

    fn flattened(schemas: Value) -> Result<Value, Error> {
        on_schemas(merge_all_of, schemas)
    }

    #[test]
    fn members_are_merged_through_references() {
        let flat = flattened(json!({
            "Base": {"type": "object", "properties": {"ok": {"type": "boolean"}, "meta": {}},
                     "required": ["ok", "meta"]},
            "Middle": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
            "X": {"allOf": [
                {"$ref": "#/components/schemas/Middle"},
                {"type": "object", "properties": {
                    "data": {"type": "string"},
                    "meta": {"$ref": "#/components/schemas/Base"}}, "required": ["data"]},
            ]},
        }))
        .unwrap();
        assert_eq!(flat["Middle"], json!({"$ref": "#/components/schemas/Base"}));
        assert_eq!(
            flat["X"],
            json!({
                "type": "object",
                "properties": {
                    "ok": {"type": "boolean"},
                    "meta": {"$ref": "#/components/schemas/Base"},
                    "data": {"type": "string"},
                },
                "required": ["ok", "meta", "data"],
            })
        );
    }

    #[test]
    fn one_member_with_annotations_is_that_member() {
        let flat = flattened(json!({
            "A": {"type": "object"},
            "X": {"type": "object", "properties": {
                "plain": {"allOf": [{"$ref": "#/components/schemas/A"}, {"description": "d"}]},
                "null": {"allOf": [{"$ref": "#/components/schemas/A"}, {"nullable": true, "type": "object"}]},
            }},
        }))
        .unwrap();
        let a = "#/components/schemas/A";
        assert_eq!(flat["X"]["properties"]["plain"], json!({"$ref": a, "description": "d"}));
        assert_eq!(flat["X"]["properties"]["null"], json!({"$ref": a, "nullable": true}));
    }

    #[test]
    fn contradictions_are_refused_with_their_place() {
        let error = flattened(json!({"X": {"allOf": [
            {"properties": {"a": {"type": "string"}}},
            {"properties": {"a": {"type": "integer"}}},
        ]}}))
        .unwrap_err();
        assert_eq!(error.pointer(), "/components/schemas/X/allOf/1/properties/a");
        let error = flattened(json!({
            "X": {"allOf": [{"$ref": "#/components/schemas/Y"}, {"properties": {"a": {}}}]},
            "Y": {"allOf": [{"$ref": "#/components/schemas/X"}, {"properties": {"b": {}}}]},
        }))
        .unwrap_err();
        assert!(error.what().contains("leads back"), "{error}");
        let error = flattened(json!({"X": {"allOf": [{"$ref": "#/components/schemas/None"}, {"type": "object", "properties": {"a": {}}}]}}))
            .unwrap_err();
        assert_eq!(error.pointer(), "/components/schemas/X/allOf/0");
    }
}
