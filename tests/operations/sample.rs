//! Values made from schemas.

use std::sync::LazyLock;

use sendmux_client::ETag;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::document::{HOSTILE_ID, Operation, Parameter, resolved};

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
    /// Whole numbers written as fractions.
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
        matches!(self, Self::Null | Self::Bare)
    }
}

pub(crate) struct Sampler<'a> {
    document: &'a Value,
    form: Form,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(document: &'a Value, form: Form) -> Self {
        Self { document, form }
    }

    /// A value of a schema; the name of the property it is for decides where the schema is silent.
    pub(crate) fn sample(&self, name: &str, schema: &Value) -> Value {
        let schema = resolved(self.document, schema);
        if self.form.has_nulls() && self.admits_null(schema) {
            return Value::Null;
        }
        self.present(name, schema)
    }

    /// A value other than null.
    fn present(&self, name: &str, schema: &Value) -> Value {
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(members) = schema.get("allOf").and_then(Value::as_array) {
            return self.merged(name, members);
        }
        if let Some(branches) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let mut branches =
                branches.as_array().unwrap().iter().filter(|branch| branch["type"] != "null");
            let branch =
                if self.form == Form::Other { branches.next_back() } else { branches.next() };
            return self.sample(name, branch.unwrap());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let first = values.iter().find(|value| !value.is_null()).unwrap();
            return if self.form == Form::NewValues && first.is_string() {
                json!("brand.new")
            } else {
                first.clone()
            };
        }
        match kind(schema) {
            "object" => self.object(name, schema),
            "array" if self.form == Form::Other => json!([]),
            "array" => json!([self.sample(name, &schema["items"])]),
            "string" => json!(text(name, schema)),
            "number" if !NAMES.holds("counts", name) => json!(12.5),
            "integer" | "number" if self.form == Form::Fractions => json!(3.0),
            "integer" | "number" => json!(3),
            "boolean" => json!(true),
            _ => json!({"any": ["thing", 1]}),
        }
    }

    fn admits_null(&self, schema: &Value) -> bool {
        let listed = |key: &str| {
            schema
                .get(key)
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(|branch| branch["type"] == "null"))
        };
        let typed =
            schema["type"].as_array().is_some_and(|names| names.iter().any(|name| name == "null"));
        // An inline member beside a reference is how the documents allow null.
        let members = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let mut inline = members.filter(|member| member.get("$ref").is_none());
        typed || listed("anyOf") || listed("oneOf") || inline.any(|member| self.admits_null(member))
    }

    fn object(&self, name: &str, schema: &Value) -> Value {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        let required = |property: &str| {
            required.is_some_and(|names| names.iter().any(|name| name == property))
        };
        for (property, child) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            if self.form.is_sparse() && !required(property) {
                continue;
            }
            if self.form == Form::Missing && self.admits_null(resolved(self.document, child)) {
                continue;
            }
            object.insert(property.clone(), self.sample(property, child));
        }
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        if let Some(values) = values.filter(|_| object.is_empty() && self.form != Form::Other) {
            object.insert("key".to_owned(), self.sample(name, values));
        } else if self.form == Form::Extra && schema.get("properties").is_some() {
            object.insert("not_in_the_document".to_owned(), json!({"a": [null]}));
        }
        Value::Object(object)
    }

    fn merged(&self, name: &str, members: &[Value]) -> Value {
        let mut merged = json!({});
        for member in members {
            let described = member.as_object().unwrap().keys().all(|key| key == "description");
            if described {
                continue;
            }
            match (self.present(name, resolved(self.document, member)), &mut merged) {
                (Value::Object(more), Value::Object(all)) => all.extend(more),
                (other, merged) => *merged = other,
            }
        }
        merged
    }
}

fn text(name: &str, schema: &Value) -> &'static str {
    if NAMES.holds("secrets", name) {
        return SECRET;
    }
    if NAMES.holds("decimals", name) {
        return "-12.001500";
    }
    match schema["format"].as_str() {
        Some("date-time") => "2026-03-01T10:00:00.120Z",
        _ if name.ends_with("_at") || NAMES.holds("timestamps", name) => "2026-03-01T10:00:00Z",
        Some("email") => "ada@example.org",
        Some("uri") => "https://example.com/hook",
        _ => "text “with” \\ all\nsorts",
    }
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default()
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
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

/// The texts that a parameter is sent as: several for an array, else one.
pub(crate) fn parameter_texts(parameter: &Parameter) -> Vec<String> {
    match kind(parameter.schema) {
        "array" => ["first", "+second &c=d"].map(str::to_owned).to_vec(),
        _ => vec![parameter_text(parameter)],
    }
}

fn parameter_text(parameter: &Parameter) -> String {
    match parameter.schema.get("enum").and_then(|values| values.get(0)) {
        Some(Value::String(first)) => return first.clone(),
        Some(first) => return first.to_string(),
        None => {}
    }
    if NAMES.holds("secrets", parameter.name) {
        return SECRET.to_owned();
    }
    let text = match (parameter.place, kind(parameter.schema)) {
        (_, "integer" | "number") => "7",
        (_, "boolean") => "true",
        _ if parameter.schema["format"] == "date-time" => "2026-03-01T10:00:00.120Z",
        ("path", _) => HOSTILE_ID,
        ("header", _) => "W/\"tag\"",
        _ => "a+b &c=d/é\u{20ac}:1",
    };
    text.to_owned()
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

    pub(crate) fn parameter<T: DeserializeOwned>(&self, name: &str) -> T {
        let parameter = self.operation.parameter(name).unwrap();
        let mut texts = parameter_texts(parameter);
        let value = match kind(parameter.schema) {
            "array" => json!(texts),
            "integer" | "number" | "boolean" => texts[0].parse().unwrap(),
            _ => match self.id.filter(|_| parameter.is_id()) {
                Some(id) => json!(id),
                None => json!(texts.remove(0)),
            },
        };
        serde_json::from_value(value).unwrap()
    }

    pub(crate) fn tag(&self, name: &str) -> ETag {
        self.parameter(name)
    }

    pub(crate) fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.operation.json_body(self.form).unwrap()).unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        BYTES.to_vec()
    }
}
