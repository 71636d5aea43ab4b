//! Values made from schemas.

use std::sync::LazyLock;

use sendmux_client::ETag;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::document::{HOSTILE_ID, Operation};

/// Stands wherever the API has a secret.
pub(crate) const SECRET: &str = "hush-hush-5f2b";

pub(crate) const BYTES: &[u8] = b"\x00bytes\xff";

/// Which of the values that a schema allows is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Every property, with a value.
    Full,
    /// Only what is required.
    Required,
    /// Null wherever it is allowed.
    Null,
    /// Properties that no schema knows.
    Extra,
    /// Enum values that no schema knows.
    NewValues,
    /// The last branch of every choice, empty lists and maps.
    Other,
    /// Only what is required, and null where that is allowed.
    Bare,
    /// As before, but without the nulls.
    Missing,
    /// Properties that are whole numbers, written as fractions.
    Fractions,
}

impl Form {
    pub(crate) const ALL: [Form; 9] = [
        Form::Full,
        Form::Required,
        Form::Null,
        Form::Extra,
        Form::NewValues,
        Form::Other,
        Form::Bare,
        Form::Missing,
        Form::Fractions,
    ];

    /// Those that a request body can have.
    pub(crate) const SENT: [Form; 5] =
        [Form::Required, Form::Null, Form::NewValues, Form::Other, Form::Bare];

    /// What a value of this form is once it was read.
    pub(crate) fn as_read(self) -> Self {
        match self {
            Self::Extra | Self::Fractions => Self::Full,
            Self::Missing => Self::Bare,
            other => other,
        }
    }

    fn is_sparse(self) -> bool {
        matches!(self, Self::Required | Self::Bare | Self::Missing)
    }

    fn has_nulls(self) -> bool {
        matches!(self, Self::Null | Self::Bare | Self::Missing)
    }

    /// Chooses among several ways in which a value can be made.
    fn choice(self, count: usize) -> usize {
        match self.as_read() {
            Self::Full => 0,
            Self::Other => count - 1,
            other => Self::ALL.iter().position(|form| *form == other).unwrap_or_default() % count,
        }
    }
}

/// A schema in one object: what it refers to, what stands beside the reference, and the members of
/// `allOf`.
type Schema = Map<String, Value>;

pub(crate) struct Sampler<'a> {
    document: &'a Value,
    form: Form,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(document: &'a Value, form: Form) -> Self {
        Self { document, form }
    }

    /// A value of a schema, unless only an endless one would match; the name of the property it is for
    /// decides where the schema is silent.
    pub(crate) fn sample(&self, name: &str, schema: &Value) -> Option<Value> {
        self.sampled(name, schema, &[])
    }

    /// The values of a parameter, and whether it is a list.
    pub(crate) fn parameter(&self, place: &str, name: &str, schema: &Value) -> (Vec<Value>, bool) {
        let schema = self.flat(schema, &mut Vec::new()).unwrap_or_default();
        if kinds(&schema) != ["array"] {
            return (vec![self.parameter_value(place, name, &schema)], false);
        }
        let items = schema.get("items").and_then(|items| self.flat(items, &mut Vec::new()));
        let items = items.unwrap_or_default();
        let is_text = matches!(*kinds(&items), [] | ["string"])
            && ["enum", "format"].iter().all(|key| !items.contains_key(*key));
        let item = self.parameter_value(place, name, &items);
        let values =
            if is_text { vec![json!("first"), json!("+second &c=d")] } else { vec![item; 2] };
        (values, true)
    }

    fn parameter_value(&self, place: &str, name: &str, schema: &Schema) -> Value {
        let choice = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        if let Some(branches) = choice.and_then(Value::as_array) {
            let branch = self.flat(&branches[0], &mut Vec::new()).unwrap_or_default();
            return self.parameter_value(place, name, &branch);
        }
        if let Some(first) = first_value(schema) {
            return first;
        }
        if NAMES.holds("secrets", name) {
            return json!(SECRET);
        }
        match (place, kinds(schema).first()) {
            (_, Some(&"integer")) => json!(7),
            (_, Some(&"number")) => json!(12.5),
            (_, Some(&"boolean")) => json!(true),
            _ if schema.get("format") == Some(&json!("date-time")) => {
                json!("2026-03-01T10:00:00.120Z")
            }
            ("path", _) => json!(HOSTILE_ID),
            ("header", _) => json!("W/\"tag\""),
            _ => json!("a+b &c=d/é\u{20ac}:1"),
        }
    }

    /// A value of a schema within others: `open` has the references that lead to it.
    fn sampled(&self, name: &str, schema: &Value, open: &[String]) -> Option<Value> {
        let mut open = open.to_vec();
        let schema = self.flat(schema, &mut open)?;
        if self.form.has_nulls() && self.admits_null(&schema, &open) {
            return Some(Value::Null);
        }
        self.present(name, schema, &open)
    }

    fn flat(&self, schema: &Value, open: &mut Vec<String>) -> Option<Schema> {
        let mut flat = match schema {
            Value::Bool(true) => Schema::new(),
            Value::Object(keywords) => keywords.clone(),
            _ => return None,
        };
        let mut members = Vec::new();
        if let Some(Value::String(reference)) = flat.remove("$ref") {
            members.push(self.document.pointer(&reference[1..])?.clone());
            if open.contains(&reference) {
                return None;
            }
            open.push(reference);
        }
        if let Some(Value::Array(all)) = flat.remove("allOf") {
            members.extend(all);
        }
        if let (Some(Value::Bool(true)), Some(Value::String(kind))) =
            (flat.remove("nullable"), flat.get("type"))
        {
            flat.insert("type".to_owned(), json!([kind, "null"]));
        }
        for member in members {
            merge(&mut flat, self.flat(&member, open)?);
        }
        Some(flat)
    }

    /// A value other than null.
    fn present(&self, name: &str, mut schema: Schema, open: &[String]) -> Option<Value> {
        let choice = schema.remove("anyOf").or_else(|| schema.remove("oneOf"));
        if let Some(Value::Array(branches)) = choice {
            let branches = branches.iter().filter(|branch| branch["type"] != "null");
            let branches = branches.map(|branch| json!({"allOf": [schema.clone(), branch]}));
            let mut branches: Vec<Value> = branches.collect();
            let count = branches.len();
            branches.rotate_left(self.form.choice(count.max(1)));
            return branches.iter().find_map(|branch| self.sampled(name, branch, open));
        }
        if schema.contains_key("enum") || schema.contains_key("const") {
            let first = first_value(&schema)?;
            let kinds = kinds(&schema);
            let fits = kinds.is_empty() || kinds.contains(&kind_of(&first));
            return fits.then_some(match &first {
                Value::String(_) if self.form == Form::NewValues && schema.contains_key("enum") => {
                    json!("brand.new")
                }
                _ => first,
            });
        }
        let kinds = kinds(&schema);
        let kind = if kinds.is_empty() { "" } else { kinds[self.form.choice(kinds.len())] };
        Some(match kind {
            "object" => return self.object(name, &schema, open),
            "array" if self.form == Form::Other => json!([]),
            "array" => {
                let items = schema.get("items").unwrap_or(&Value::Bool(true));
                json!(Vec::from_iter(self.sampled(name, items, open)))
            }
            "string" => json!(text(name, &schema)),
            "number" if !NAMES.holds("counts", name) => json!(12.5),
            "integer" | "number" => json!(3),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!({"any": ["thing", 1]}),
        })
    }

    fn admits_null(&self, schema: &Schema, open: &[String]) -> bool {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.len() > 1 && values.contains(&Value::Null);
        }
        let branches = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array());
        let mut branches = branches.flatten();
        let names = schema.get("type").and_then(Value::as_array);
        let typed = names.is_some_and(|names| names.contains(&json!("null")));
        typed
            || branches.any(|branch| {
                let flat = self.flat(branch, &mut open.to_vec());
                branch["type"] == "null" || flat.is_some_and(|flat| self.admits_null(&flat, open))
            })
    }

    fn object(&self, name: &str, schema: &Schema, open: &[String]) -> Option<Value> {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        let required = |property: &str| {
            required.is_some_and(|names| names.iter().any(|name| name == property))
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        for (property, child) in properties.into_iter().flatten() {
            if self.form.is_sparse() && !required(property) {
                continue;
            }
            if self.form == Form::Missing
                && let Some(child) = self.flat(child, &mut open.to_vec())
                && self.admits_null(&child, open)
            {
                continue;
            }
            match self.sampled(property, child, open) {
                Some(value) => {
                    let is_number = self
                        .flat(child, &mut open.to_vec())
                        .is_some_and(|child| matches!(*kinds(&child), ["integer" | "number"]));
                    let is_fraction = self.form == Form::Fractions && is_number && value == 3;
                    let value = if is_fraction { json!(3.0) } else { value };
                    object.insert(property.clone(), value);
                }
                None if required(property) => return None,
                None => {}
            }
        }
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        let says_something = values.is_some_and(|values| *values != json!({}));
        let values = values.filter(|_| object.is_empty() || says_something);
        if let Some(values) = values.filter(|_| self.form != Form::Other) {
            object.extend(self.sampled(name, values, open).map(|value| ("key".to_owned(), value)));
        } else if self.form == Form::Extra && properties.is_some_and(|all| !all.is_empty()) {
            object.insert("not_in_the_document".to_owned(), json!({"a": [null]}));
        }
        Some(Value::Object(object))
    }
}

/// Adds what another schema requires of the same value.
fn merge(into: &mut Schema, from: Schema) {
    for (keyword, theirs) in from {
        let Some(own) = into.get_mut(&keyword) else {
            into.insert(keyword, theirs);
            continue;
        };
        match (keyword.as_str(), own, theirs) {
            ("properties", Value::Object(own), Value::Object(theirs)) => {
                for (name, schema) in theirs {
                    let schema = match own.remove(&name) {
                        Some(mine) => json!({"allOf": [mine, schema]}),
                        None => schema,
                    };
                    own.insert(name, schema);
                }
            }
            ("required", Value::Array(own), Value::Array(theirs)) => own.extend(theirs),
            ("type", own, theirs) => {
                let names = |kind: &Value| match kind {
                    Value::Array(names) => names.clone(),
                    name => vec![name.clone()],
                };
                let theirs = names(&theirs);
                *own = names(own).into_iter().filter(|name| theirs.contains(name)).collect();
            }
            _ => {}
        }
    }
}

/// The first value that a schema lists, other than null.
fn first_value(schema: &Schema) -> Option<Value> {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    schema.get("const").into_iter().chain(values).find(|value| !value.is_null()).cloned()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn text(name: &str, schema: &Schema) -> &'static str {
    if NAMES.holds("secrets", name) {
        return SECRET;
    }
    if NAMES.holds("decimals", name) {
        return "-12.001500";
    }
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-03-01T10:00:00.120Z",
        _ if name.ends_with("_at") || NAMES.holds("timestamps", name) => "2026-03-01T10:00:00Z",
        Some("email") => "ada@example.org",
        Some("uri") => "https://example.com/hook",
        _ => "text “with” \\ all\nsorts",
    }
}

/// The types that a value may have, without null if there is another.
fn kinds(schema: &Schema) -> Vec<&str> {
    let names = match schema.get("type") {
        Some(Value::String(name)) => return vec![name],
        Some(Value::Array(names)) => names,
        _ if schema.contains_key("properties") => return vec!["object"],
        _ => return Vec::new(),
    };
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let others: Vec<&str> = names.iter().copied().filter(|name| *name != "null").collect();
    if others.is_empty() { names } else { others }
}

/// What the generator knows of names where the documents are silent.
struct Names(Value);

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    Names(serde_json::from_str(include_str!("../../codegen/names.json")).unwrap())
});

impl Names {
    fn holds(&self, list: &str, name: &str) -> bool {
        let name = name.to_ascii_lowercase().replace('-', "_");
        self.0[list].as_array().unwrap().iter().any(|known| *known == name)
    }
}

/// The values that a call is made with.
pub(crate) struct Values<'a> {
    pub(crate) operation: &'a Operation,
    /// Stands for every id in the path, in place of the usual one.
    pub(crate) id: Option<&'a str>,
    /// Of the body.
    pub(crate) form: Form,
}

impl<'a> Values<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Self {
        Self { operation, id: None, form: Form::Full }
    }

    pub(crate) fn parameter<T: DeserializeOwned>(&self, place: &str, name: &str) -> T {
        let parameter = self.operation.parameter(place, name).unwrap();
        let value = match self.id.filter(|_| parameter.is_id()) {
            Some(id) => json!(id),
            None if parameter.is_list => json!(parameter.values),
            None => parameter.values[0].clone(),
        };
        serde_json::from_value(value).unwrap()
    }

    pub(crate) fn tag(&self, name: &str) -> ETag {
        self.parameter("header", name)
    }

    pub(crate) fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.operation.json_body(self.form, true).unwrap()).unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        BYTES.to_vec()
    }
}
