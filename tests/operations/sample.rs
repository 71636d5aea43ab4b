//! Values made from schemas.

use sendmux_client::ETag;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::document::{HOSTILE_ID, Operation};

/// Stands wherever the API has a secret.
pub(crate) const SECRET: &str = "hush-hush-5f2b";

const SECRETS: [&str; 6] = [
    "download_token",
    "download_url",
    "secret",
    "smtp_password",
    "upload_url",
    "X-Sendmux-Upload-Token",
];

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
        let schema = self.resolved(schema);
        if self.form.has_nulls() && self.admits_null(schema) {
            return Value::Null;
        }
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
        match self.kind(schema) {
            "object" => self.object(name, schema),
            "array" if self.form == Form::Other => json!([]),
            "array" => json!([self.sample(name, &schema["items"])]),
            "string" => json!(text(name, schema)),
            "integer" | "number" if self.form == Form::Fractions && !is_fraction(name) => {
                json!(3.0)
            }
            "integer" => json!(3),
            "number" if is_fraction(name) => json!(12.5),
            "number" => json!(3),
            "boolean" => json!(true),
            _ => json!({"any": ["thing", 1]}),
        }
    }

    fn resolved<'b>(&self, schema: &'b Value) -> &'b Value
    where
        'a: 'b,
    {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.resolved(self.document.pointer(&reference[1..]).unwrap()),
            None => schema,
        }
    }

    fn kind(&self, schema: &'a Value) -> &'a str {
        match &schema["type"] {
            Value::String(name) => name,
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .find(|name| *name != "null")
                .unwrap_or_default(),
            _ if schema.get("properties").is_some() => "object",
            _ => "",
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
        typed || listed("anyOf") || listed("oneOf")
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
            if self.form == Form::Missing && self.admits_null(self.resolved(child)) {
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
            match (self.sample(name, member), &mut merged) {
                (Value::Object(more), Value::Object(all)) => all.extend(more),
                (other, merged) => *merged = other,
            }
        }
        merged
    }
}

fn is_fraction(name: &str) -> bool {
    ["percent_used", "usage_ratio"].contains(&name)
}

fn text(name: &str, schema: &Value) -> &'static str {
    const MONEY: [&str; 12] = [
        "amount",
        "balance",
        "balance_after",
        "balance_before",
        "balance_consumed",
        "balance_purchased",
        "monthly_limit",
        "monthly_used",
        "threshold",
        "total_consumed",
        "total_purchased",
        "unit_amount",
    ];
    if SECRETS.contains(&name) {
        return SECRET;
    }
    if MONEY.contains(&name) {
        return "-12.001500";
    }
    let moment = name.ends_with("_at") || ["timestamp", "billing_bucket_start"].contains(&name);
    match schema["format"].as_str() {
        Some("date-time") => "2026-03-01T10:00:00.120Z",
        _ if moment => "2026-03-01T10:00:00Z",
        Some("email") => "ada@example.org",
        Some("uri") => "https://example.com/hook",
        _ => "text “with” \\ all\nsorts",
    }
}

/// The text that a parameter is given.
pub(crate) fn parameter_text(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.as_str().unwrap().to_owned();
    }
    if SECRETS.iter().any(|name| parameter["name"] == *name) {
        return SECRET.to_owned();
    }
    match (parameter["in"].as_str().unwrap(), schema["type"].as_str().unwrap()) {
        (_, "integer") => "7".to_owned(),
        (_, "boolean") => "true".to_owned(),
        ("path", _) => HOSTILE_ID.to_owned(),
        ("header", _) => "W/\"tag\"".to_owned(),
        _ => "a+b &c=d/é\u{20ac}:1".to_owned(),
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

    pub(crate) fn tag(&self, name: &str) -> ETag {
        ETag::new(self.text(name))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let parameter = self.operation.parameter(name);
        let parameter = parameter.unwrap_or_else(|| panic!("{} has no {name}", self.operation.id));
        match self.id.filter(|_| parameter["in"] == "path") {
            Some(id) => id.to_owned(),
            None => parameter_text(parameter),
        }
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).parse().unwrap()
    }

    pub(crate) fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.operation.json_body(self.form).unwrap()).unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        BYTES.to_vec()
    }
}
