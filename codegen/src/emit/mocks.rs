//! What tests of users need: requests that can be mocked, and a sample value of each type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::{Map, Value, json};
use syn::Type;

use super::Source;
use crate::client::{MATCHER, MOCKABLE, PARSE_SAMPLE, SAMPLE, mock_reply};
use crate::extensions::{ResponseContent, ScalarType, wire_name};
use crate::naming::ident;
use crate::schema::{branches, is_nullable, is_required, properties, reference, type_name};

/// Returns what makes a request mockable.
pub(super) fn request(name: &Ident, content: ResponseContent, data: &Type) -> TokenStream {
    let reply = mock_reply(content, data);
    quote! {
        impl #MOCKABLE for super::#name {
            type Format = #reply;

            #[track_caller]
            fn matcher(&self) -> #MATCHER {
                #MATCHER::new(self, self.request(), super::OPERATIONS)
            }

            fn any_matcher() -> #MATCHER {
                #MATCHER::any(Self::OPERATION, super::OPERATIONS)
            }
        }
    }
}

/// More values than any sample has, as a limit for types that contain each other many times over.
const MOST_VALUES: usize = 2000;

/// Returns a sample value of each type.
pub(super) fn samples(source: &Source<'_>) -> TokenStream {
    let samples = source.components.iter().map(|(name, schema)| {
        let mut maker = Maker { source, open: vec![name], left: MOST_VALUES };
        let json = maker.sample(name, schema).unwrap_or_default().to_string();
        let ident = ident(name);
        quote! {
            impl #SAMPLE for types::#ident {
                fn sample_json() -> ::serde_json::Value {
                    #PARSE_SAMPLE(#json)
                }
            }
        }
    });
    samples.collect()
}

struct Maker<'a> {
    source: &'a Source<'a>,
    /// Components that contain the current value.
    open: Vec<&'a str>,
    left: usize,
}

impl<'a> Maker<'a> {
    /// Returns a value of a schema, with the name of its property as text; `None` where the value
    /// would be infinite.
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
        if let Some(scalar) = ScalarType::of(schema) {
            return Some(scalar_text(scalar).into());
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
            Some("string") => name.into(),
            Some("integer") => 3.into(),
            Some("number") => 12.5.into(),
            Some("boolean") => true.into(),
            _ => json!({"any": "value"}),
        })
    }

    fn object(&mut self, name: &str, schema: &'a Value) -> Option<Value> {
        let mut object = Map::new();
        for (property, child) in properties(schema).into_iter().flatten() {
            let wire_name = wire_name(child, property).to_owned();
            match self.sample(&wire_name, child) {
                Some(value) => object.insert(wire_name, value),
                None if !is_required(schema, property) => continue,
                None if is_nullable(child) => object.insert(wire_name, Value::Null),
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

fn scalar_text(scalar: ScalarType) -> &'static str {
    match scalar {
        ScalarType::Decimal => "12.500000",
        ScalarType::Secret => "made-up-secret",
        ScalarType::Timestamp => "2026-03-01T10:00:00Z",
    }
}
