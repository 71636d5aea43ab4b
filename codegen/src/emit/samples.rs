//! A made-up value for each type, for tests.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::Source;
use crate::lower::note;
use crate::naming::ident;
use crate::schema::{branches, is_nullable, is_required, properties, reference, type_name};
use crate::special::Special;

/// More than any sample has; types that hold each other many times over have no more.
const MOST_VALUES: usize = 2000;

pub(super) fn emit(source: &Source<'_>) -> TokenStream {
    let samples = source.components.iter().map(|(name, schema)| {
        let mut maker = Maker { source, open: vec![name], left: MOST_VALUES };
        let json = maker.sample(name, schema).unwrap_or_default().to_string();
        let ident = ident(name);
        quote! {
            impl crate::mock::Sample for types::#ident {
                fn sample_json() -> ::serde_json::Value {
                    crate::mock::parse_sample(#json)
                }
            }
        }
    });
    samples.collect()
}

struct Maker<'a> {
    source: &'a Source<'a>,
    /// Components that the present value is in.
    open: Vec<&'a str>,
    left: usize,
}

impl<'a> Maker<'a> {
    /// A value of a schema; the name of its property stands in for text. `None` where the value
    /// would have no end.
    fn sample(&mut self, name: &str, schema: &'a Value) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if let Some(component) = reference(schema) {
            if self.open.contains(&component) {
                return None;
            }
            let target = self.source.components.get(component)?;
            self.open.push(component);
            let value = self.sample(name, target);
            self.open.pop();
            return value;
        }
        let special = schema.get(note::SPECIAL).and_then(Value::as_str);
        if let Some(special) = special.and_then(Special::from_name) {
            return Some(special_text(special).into());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.iter().find(|value| !value.is_null()).cloned();
        }
        if let Some(all) = branches(schema) {
            return all.iter().find_map(|branch| self.sample(name, branch));
        }
        Some(match type_name(schema) {
            Some("object") => return self.object(name, schema),
            Some("array") => {
                let item = schema.get("items").and_then(|items| self.sample(name, items));
                item.map_or_else(|| json!([]), |item| json!([item]))
            }
            Some("string") => text(name, schema).into(),
            Some("integer") => 3.into(),
            Some("number") => 12.5.into(),
            Some("boolean") => true.into(),
            _ => json!({"any": "value"}),
        })
    }

    fn object(&mut self, name: &str, schema: &'a Value) -> Option<Value> {
        let mut object = Map::new();
        for (property, child) in properties(schema).into_iter().flatten() {
            match self.sample(property, child) {
                Some(value) => object.insert(property.clone(), value),
                None if !is_required(schema, property) => continue,
                None if is_nullable(child) => object.insert(property.clone(), Value::Null),
                None => return None,
            };
        }
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        if let Some(values) = values.filter(|_| object.is_empty()) {
            object.extend(self.sample(name, values).map(|value| ("key".to_owned(), value)));
        }
        Some(Value::Object(object))
    }
}

fn special_text(special: Special) -> &'static str {
    match special {
        Special::Decimal => "12.500000",
        Special::Secret => "made-up-secret",
        Special::Timestamp => "2026-03-01T10:00:00Z",
    }
}

fn text(name: &str, schema: &Value) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    match format {
        Some("email") => "ada@example.org".to_owned(),
        Some("uri" | "url") => "https://example.com/".to_owned(),
        Some("date") => "2026-03-01".to_owned(),
        Some("date-time") => "2026-03-01T10:00:00Z".to_owned(),
        _ => name.to_owned(),
    }
}
