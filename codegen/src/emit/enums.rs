//! Open enums and unions.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use serde_json::Value;

use super::{Items, Source, conversions, docs};
use crate::client::{self, OPEN_ENUM, READ_FRACTION, READ_WHOLE};
use crate::error::Error;
use crate::extensions::{ORIGIN, PROPERTY, ScalarType};
use crate::naming::{ident, pascal, variant};
use crate::schema::{branch_label, branches, enum_values, reference, type_name};

/// Emits an open enum: the known values, and whatever the API sends next.
pub(super) fn emit_enum(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    items: &mut Items,
) -> TokenStream {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let origin = text(ORIGIN).unwrap_or_default();
    let property = text(PROPERTY).unwrap_or(name);
    items.add(format!("types::{name}"), "enum", origin);
    let values = enum_values(schema).unwrap_or_default();
    let wanted = values.iter().map(|value| ((*value).to_owned(), variant(property, value)));
    let labels = labels(source, name, wanted.collect(), items);
    let variants = values.into_iter().zip(labels).map(|(value, label)| {
        items.add(format!("types::{name}::{label}"), format!("variant {value:?}"), origin);
        let label = ident(&label);
        let docs = docs::attributes(&format!("`{}`", value.replace('`', "'")));
        quote! { #docs #label = #value, }
    });
    let variants: Vec<TokenStream> = variants.collect();
    let docs = docs::of_type(source, name, schema, &format!("Values of `{property}`."));
    let ident = ident(name);
    quote! {
        #OPEN_ENUM! {
            #docs
            pub enum #ident { #(#variants)* }
        }
    }
}

/// Returns the names of variants: those that were published, and what each of the others wants to be
/// called, with letters added where that is taken. Publishes all of them.
fn labels(
    source: &Source<'_>,
    name: &str,
    wanted: Vec<(String, String)>,
    items: &mut Items,
) -> Vec<String> {
    let published = source.names.variants.get(name);
    let known = |held: &str| published.and_then(|all| all.get(held));
    let mut taken: BTreeSet<String> =
        wanted.iter().filter_map(|(held, _)| known(held).cloned()).collect();
    taken.insert("Unknown".to_owned());
    let mut all = BTreeMap::new();
    let labels = wanted.into_iter().map(|(held, mut label)| {
        // Two branches may hold the same type.
        match known(&held).filter(|_| !all.contains_key(&held)) {
            Some(published) => label.clone_from(published),
            None => {
                while !taken.insert(label.clone()) {
                    label.push('X');
                }
            }
        }
        all.entry(held).or_insert_with(|| label.clone());
        label
    });
    let labels = labels.collect();
    items.names.variants.insert(name.to_owned(), all);
    labels
}

/// Emits a union: a variant for each branch, and one for any other value.
pub(super) fn emit_union(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    items: &mut Items,
) -> Result<TokenStream, Error> {
    let origin = schema.get(ORIGIN).and_then(Value::as_str).unwrap_or_default();
    items.add(format!("types::{name}"), "enum", origin);
    let all = branches(schema).map(Vec::as_slice).unwrap_or_default();
    let mut wanted = Vec::new();
    for (index, branch) in all.iter().enumerate() {
        let label = branch_label(all, index);
        let chosen = source.table.variants.get(name).and_then(|table| table.get(&label));
        let held = match reference(branch) {
            Some(component) => component.to_owned(),
            None => conversions::signature(&rust_type(source, branch, origin)?),
        };
        wanted.push((held, chosen.cloned().unwrap_or_else(|| pascal(&label))));
    }
    let labels = labels(source, name, wanted, items);
    let mut variants = Vec::new();
    for (branch, label) in all.iter().zip(labels) {
        let ty = boxed(source, name, branch, rust_type(source, branch, origin)?);
        items.add(format!("types::{name}::{label}"), conversions::signature(&ty), origin);
        variants.push((demands(source, branch), ident(&label), ty));
    }
    // serde takes the first variant that fits, and one with only optional fields fits any object. A
    // number fits text as well.
    variants.sort_by_key(|(demands, _, ty)| (std::cmp::Reverse(*demands), number(ty).is_some()));
    let docs = docs::of_type(source, name, schema, "A value of one of several types.");
    let derives = source.derives(name);
    let name = ident(name);
    let declarations = variants.iter().map(|(_, label, ty)| {
        let docs = docs::attributes(&format!("The `{label}` alternative."));
        let number = number(ty).map(|read| quote! { #[serde(deserialize_with = #read)] });
        quote! { #docs #label(#number #ty), }
    });
    let mut seen = BTreeSet::new();
    let conversions =
        variants.iter().filter(|(.., ty)| seen.insert(ty.to_string())).map(|(_, label, ty)| {
            quote! {
                impl ::std::convert::From<#ty> for #name {
                    fn from(value: #ty) -> Self { Self::#label(value) }
                }
            }
        });
    let text = variants
        .iter()
        .find(|(.., ty)| ty.to_string() == quote! { ::std::string::String }.to_string());
    let from_str = text.map(|(_, label, _)| {
        quote! {
            impl ::std::convert::From<&str> for #name {
                fn from(value: &str) -> Self { Self::#label(value.to_owned()) }
            }
        }
    });
    Ok(quote! {
        #docs
        #derives
        #[derive(::serde::Deserialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum #name {
            #(#declarations)*
            /// A value that this version of the client does not know.
            Unknown(::serde_json::Value),
        }
        #(#conversions)*
        #from_str
    })
}

/// Returns the function that reads a branch, if it is a number.
fn number(ty: &TokenStream) -> Option<&'static str> {
    match ty.to_string().as_str() {
        "i64" => Some(READ_WHOLE),
        "f64" => Some(READ_FRACTION),
        _ => None,
    }
}

/// Returns how many properties a branch requires. Lists come first: serde would read one as a struct.
fn demands(source: &Source<'_>, branch: &Value) -> usize {
    if type_name(branch) == Some("array") {
        return usize::MAX;
    }
    let schema = reference(branch).and_then(|name| source.components.get(name)).unwrap_or(branch);
    schema.get("required").and_then(Value::as_array).map_or(0, Vec::len)
}

fn rust_type(source: &Source<'_>, schema: &Value, origin: &str) -> Result<TokenStream, Error> {
    if let Some(name) = reference(schema) {
        return parsed(&source.type_path(name), origin);
    }
    if let Some(scalar) = ScalarType::of(schema) {
        return Ok(client::scalar(scalar).to_token_stream());
    }
    let inner = |key: &str| match schema.get(key) {
        Some(inner) => rust_type(source, inner, origin),
        None => Ok(quote! { ::serde_json::Value }),
    };
    Ok(match type_name(schema) {
        Some("string") => quote! { ::std::string::String },
        Some("integer") => quote! { i64 },
        Some("number") => quote! { f64 },
        Some("boolean") => quote! { bool },
        Some("array") => {
            let item = inner("items")?;
            quote! { ::std::vec::Vec<#item> }
        }
        Some("object") => {
            let value = inner("additionalProperties")?;
            quote! { ::std::collections::BTreeMap<::std::string::String, #value> }
        }
        _ => quote! { ::serde_json::Value },
    })
}

fn parsed(path: &str, origin: &str) -> Result<TokenStream, Error> {
    path.parse().map_err(|_| {
        Error::new(origin, format!("`{path}` is not a valid type name"), "rename the schema")
    })
}

/// Boxes a branch that leads back to the union, which would have no finite size otherwise.
fn boxed(source: &Source<'_>, union: &str, branch: &Value, ty: TokenStream) -> TokenStream {
    let Some(start) = reference(branch) else { return ty };
    let mut pending = vec![start];
    let mut seen = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if name == union {
            return quote! { ::std::boxed::Box<#ty> };
        }
        if !seen.insert(name) {
            continue;
        }
        let Some(schema) = source.components.get(name) else { continue };
        let fields = schema.get("properties").and_then(Value::as_object);
        pending.extend(fields.into_iter().flat_map(|all| all.values()).filter_map(reference));
        pending.extend(branches(schema).into_iter().flatten().filter_map(reference));
    }
    ty
}
