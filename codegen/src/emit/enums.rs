//! Open enums: the known values, and whatever the API sends next.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::docs;
use crate::item::Items;
use crate::lower::{hoist::PROPERTY, note};
use crate::naming::{ident, variant};
use crate::schema::enum_values;

pub(super) fn emit(name: &str, schema: &Value, items: &mut Items) -> TokenStream {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let origin = text(note::ORIGIN).unwrap_or_default();
    let property = text(PROPERTY).unwrap_or(name);
    items.add(format!("types::{name}"), "enum", origin);
    let mut taken = BTreeSet::from(["Unknown".to_owned()]);
    let variants = enum_values(schema).unwrap_or_default().into_iter().map(|value| {
        let mut label = variant(property, value);
        while !taken.insert(label.clone()) {
            label.push('X');
        }
        items.add(format!("types::{name}::{label}"), format!("variant {value:?}"), origin);
        let label = ident(&label);
        let words = format!("`{}`", value.replace('`', "'"));
        quote! { #[doc = #words] #label = #value, }
    });
    let variants: Vec<TokenStream> = variants.collect();
    let docs = docs::attribute(docs::description(schema), &format!("Values of `{property}`."));
    let ident = ident(name);
    quote! {
        crate::values::open_enum::open_enum! {
            #docs
            pub enum #ident { #(#variants)* }
        }
    }
}
