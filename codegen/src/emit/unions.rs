//! Values of several forms.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::{Source, arguments, docs};
use crate::error::Error;
use crate::item::Items;
use crate::lower::hoist::branch_label;
use crate::lower::note;
use crate::naming::{ident, pascal};
use crate::schema::{branches, reference, type_name};
use crate::special::Special;

pub(super) fn emit(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    items: &mut Items,
) -> Result<TokenStream, Error> {
    let origin = schema.get(note::ORIGIN).and_then(Value::as_str).unwrap_or_default();
    items.add(format!("types::{name}"), "enum", origin);
    let all = branches(schema).map(Vec::as_slice).unwrap_or_default();
    let mut taken = BTreeSet::from(["Unknown".to_owned()]);
    let mut forms = Vec::new();
    for (index, branch) in all.iter().enumerate() {
        let label = branch_label(all, index);
        let chosen = source.table.variants.get(name).and_then(|table| table.get(&label));
        let mut label = chosen.cloned().unwrap_or_else(|| pascal(&label));
        while !taken.insert(label.clone()) {
            label.push('X');
        }
        let ty = boxed(source, name, branch, rust_type(source, branch, origin)?);
        items.add(format!("types::{name}::{label}"), arguments::signature(&ty), origin);
        forms.push((demands(source, branch), ident(&label), ty));
    }
    // The form that asks for most is tried first: one with only optional fields fits any object.
    forms.sort_by_key(|(demands, ..)| std::cmp::Reverse(*demands));
    let docs = docs::attribute(docs::description(schema), "A value of one of several forms.");
    let name = ident(name);
    let variants = forms.iter().map(|(_, label, ty)| {
        let words = format!("The `{label}` form.");
        quote! { #[doc = #words] #label(#ty), }
    });
    let mut seen = BTreeSet::new();
    let conversions =
        forms.iter().filter(|(.., ty)| seen.insert(ty.to_string())).map(|(_, label, ty)| {
            quote! {
                impl ::std::convert::From<#ty> for #name {
                    fn from(value: #ty) -> Self { Self::#label(value) }
                }
            }
        });
    let text = forms
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
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            /// A form that this version of the client does not know.
            Unknown(::serde_json::Value),
        }
        #(#conversions)*
        #from_str
    })
}

/// How much a branch asks of a value.
fn demands(source: &Source<'_>, branch: &Value) -> usize {
    let schema = reference(branch).and_then(|name| source.components.get(name)).unwrap_or(branch);
    schema.get("required").and_then(Value::as_array).map_or(0, Vec::len)
}

fn rust_type(source: &Source<'_>, schema: &Value, origin: &str) -> Result<TokenStream, Error> {
    if let Some(name) = reference(schema) {
        return parsed(&source.type_path(name), origin);
    }
    let special = schema.get(note::SPECIAL).and_then(Value::as_str).and_then(Special::from_name);
    if let Some(special) = special {
        return parsed(&special.rust_path(), origin);
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
        Error::new(origin, format!("`{path}` is not a type name"), "rename the schema")
    })
}

/// A struct that leads back to this union is boxed, or the type would have no end.
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
