//! Objects: what typify made of them, with absence, null and numbers spelled as the API means
//! them, and with constructors where a caller builds them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Field, ItemStruct, LitStr, Type};

use super::arguments::{Argument, argument, last_segment, signature, without_option};
use super::{Source, docs};
use crate::error::Error;
use crate::item::Items;
use crate::lower::note;
use crate::schema::{is_nullable, is_required, properties};

/// A field with everything that decides its form.
struct Member {
    name: Ident,
    wire_name: String,
    /// The type of a value that is there and not null.
    value: Type,
    required: bool,
    nullable: bool,
    /// Whether the type's default stands in for absence and null.
    defaulted: bool,
    docs: TokenStream,
}

pub(super) fn emit(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    structure: &ItemStruct,
    items: &mut Items,
) -> Result<TokenStream, Error> {
    let origin = schema.get(note::ORIGIN).and_then(Value::as_str).unwrap_or_default();
    items.add(format!("types::{name}"), "struct", origin);
    let members: Vec<Member> =
        structure.fields.iter().filter_map(|field| member(schema, field)).collect();
    for member in &members {
        let origin = format!(
            "{origin}/properties/{}",
            member.wire_name.replace('~', "~0").replace('/', "~1")
        );
        items.add(format!("types::{name}::{}", member.name), signature(&member.ty()), &origin);
    }
    let docs = docs::attribute(docs::description(schema), &format!("`{name}` of the API."));
    let ident = &structure.ident;
    let fields = members.iter().map(Member::declaration);
    let constructor = source.requested.contains(name).then(|| {
        let arguments = arguments(source, name, &members);
        let words: Vec<String> = arguments.iter().map(|member| member.name.to_string()).collect();
        items.add(format!("types::{name}::new"), format!("fn({})", words.join(",")), origin);
        constructor(ident, &members, &arguments)
    });
    let default = has_default(schema).then(|| quote! { #[derive(Default)] });
    Ok(quote! {
        #docs
        #default
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        #[non_exhaustive]
        pub struct #ident { #(#fields)* }
        #constructor
    })
}

fn member(schema: &Value, field: &Field) -> Option<Member> {
    let name = field.ident.clone()?;
    let wire_name = renamed(&field.attrs).unwrap_or_else(|| name.to_string());
    let property = properties(schema)?.get(&wire_name)?;
    let (value, _) = without_option(&field.ty);
    Some(Member {
        value: value.clone(),
        required: is_required(schema, &wire_name),
        nullable: is_nullable(property),
        defaulted: has_default(property),
        docs: docs::attribute(docs::description(property), &format!("`{wire_name}` of the API.")),
        name,
        wire_name,
    })
}

fn has_default(schema: &Value) -> bool {
    schema.get(note::DEFAULT) == Some(&Value::Bool(true))
}

fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // typify's other keys are of no interest; they all parse as a name with or without value.
        let _ = attribute.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value() {
                let literal: LitStr = value.parse()?;
                if meta.path.is_ident("rename") {
                    found = Some(literal.value());
                }
            }
            Ok(())
        });
    }
    found
}

impl Member {
    /// Whether there is no value without the caller's: neither absence nor null will do.
    fn must_be_given(&self) -> bool {
        self.required && !self.nullable
    }

    /// The field's type: a value, a value or null, a value or nothing, or all three.
    fn ty(&self) -> TokenStream {
        let value = &self.value;
        match (self.required, self.nullable) {
            (true, false) => quote! { #value },
            (false, true) => quote! { crate::Nullable<#value> },
            _ => quote! { ::std::option::Option<#value> },
        }
    }

    fn declaration(&self) -> TokenStream {
        let (name, docs, ty) = (&self.name, &self.docs, self.ty());
        let mut serde: Vec<TokenStream> = Vec::new();
        if self.name != self.wire_name {
            let wire_name = &self.wire_name;
            serde.push(quote! { rename = #wire_name });
        }
        match (self.required, self.nullable) {
            _ if self.defaulted => serde.push(quote! {
                default, deserialize_with = "crate::values::nullable::or_default"
            }),
            (true, false) => {}
            (true, true) => serde.push(quote! { default }),
            (false, true) => {
                serde.push(quote! { default, skip_serializing_if = "crate::Nullable::is_absent" });
            }
            (false, false) => {
                serde.push(quote! {
                    default, skip_serializing_if = "::std::option::Option::is_none"
                });
            }
        }
        serde.extend(self.number());
        let serde = (!serde.is_empty()).then(|| quote! { #[serde(#(#serde),*)] });
        quote! { #docs #serde pub #name: #ty, }
    }

    /// Whole numbers may come as `3.0`, and `3` must not go out as `3.0`.
    fn number(&self) -> Option<TokenStream> {
        let kind = last_segment(&self.value)?;
        Some(match (kind.as_str(), self.required, self.nullable) {
            (_, false, true) => return None,
            ("i64", true, false) => quote! { deserialize_with = "crate::values::number::whole" },
            ("i64", ..) => quote! { deserialize_with = "crate::values::number::whole_or_none" },
            ("f64", true, false) => quote! { serialize_with = "crate::values::number::shortest" },
            ("f64", ..) => quote! { serialize_with = "crate::values::number::shortest_or_none" },
            _ => return None,
        })
    }

    fn setter(&self) -> TokenStream {
        let (name, docs) = (&self.name, &self.docs);
        if !self.required && self.nullable {
            let value = &self.value;
            return quote! {
                #docs
                ///
                /// `None` sends null, which clears the value.
                #[must_use]
                pub fn #name(mut self, #name: impl ::std::convert::Into<crate::Nullable<#value>>) -> Self {
                    self.#name = #name.into();
                    self
                }
            };
        }
        let Argument { ty, value } = argument(&self.value, name);
        quote! {
            #docs
            #[must_use]
            pub fn #name(mut self, #name: #ty) -> Self {
                self.#name = ::std::option::Option::Some(#value);
                self
            }
        }
    }
}

/// What the constructor takes: what must have a value, in the table's order where it has one.
fn arguments<'a>(source: &Source<'_>, name: &str, members: &'a [Member]) -> Vec<&'a Member> {
    let order = source.table.constructors.get(name).map(Vec::as_slice).unwrap_or_default();
    let place = |member: &&Member| {
        let listed = order.iter().position(|field| member.name == field);
        listed.unwrap_or(order.len())
    };
    let mut arguments: Vec<&Member> =
        members.iter().filter(|member| member.must_be_given()).collect();
    arguments.sort_by_key(place);
    arguments
}

/// What must be given goes into `new`, everything else has a setter.
fn constructor(ident: &Ident, members: &[Member], arguments: &[&Member]) -> TokenStream {
    let parameters = arguments.iter().map(|member| {
        let name = &member.name;
        let ty = argument(&member.value, name).ty;
        quote! { #name: #ty }
    });
    let values = members.iter().map(|member| {
        let name = &member.name;
        match (member.required, member.nullable) {
            (true, true) => quote! { #name: ::std::option::Option::None },
            (true, false) => {
                let value = argument(&member.value, name).value;
                quote! { #name: #value }
            }
            (false, true) => quote! { #name: crate::Nullable::Absent },
            (false, false) => quote! { #name: ::std::option::Option::None },
        }
    });
    let setters = members.iter().filter(|member| !member.must_be_given()).map(Member::setter);
    let default = arguments.is_empty().then(|| {
        quote! {
            impl ::std::default::Default for #ident {
                fn default() -> Self { Self::new() }
            }
        }
    });
    quote! {
        impl #ident {
            /// A value with what the API requires; everything else is null or left out until it
            /// is set.
            #[must_use]
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
        #default
    }
}
