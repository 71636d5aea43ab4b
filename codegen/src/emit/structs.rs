//! Objects: structs with a serde form for absence, null and numbers as the API means them.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::Type;

use super::constructors::Constructors;
use super::conversions::{Conversion, conversion, last_segment, signature};
use super::{Items, Source, docs, reading};
use crate::client::{IS_ABSENT, NULLABLE, SHORTEST, SHORTEST_OR_NONE};
use crate::error::{Error, Pointer};
use crate::extensions::{DEFAULT, ORIGIN, wire_name};
use crate::naming::ident;
use crate::progenitor::Field;
use crate::schema::{is_nullable, is_required, properties};

/// A field with everything that decides its type and its attributes.
pub(super) struct Member<'a> {
    pub(super) name: Ident,
    /// Its name on the wire.
    pub(super) property: String,
    /// Type of a value that is present and not null.
    pub(super) value: Type,
    pub(super) required: bool,
    pub(super) nullable: bool,
    /// Whether the default of the type stands in for absence and null.
    pub(super) defaulted: bool,
    description: Option<&'a str>,
}

/// A number that is read in every spelling of it: `3.0` and `"3"` for a whole one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Whole,
    Fraction,
}

pub(super) fn emit(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    fields: &[Field],
    items: &mut Items,
) -> Result<TokenStream, Error> {
    let origin = schema.get(ORIGIN).and_then(Value::as_str).unwrap_or_default();
    items.add(format!("types::{name}"), "struct", origin);
    let members: Vec<Member<'_>> =
        fields.iter().filter_map(|field| member(schema, field)).collect();
    distinct(&members, schema, origin)?;
    for member in &members {
        let property = Pointer::root().child("properties").child(&member.property);
        let origin = format!("{origin}{property}");
        items.add(format!("types::{name}::{}", member.name), signature(&member.ty()), &origin);
        if member.name != member.property {
            let fields = items.names.fields.entry(name.to_owned()).or_default();
            fields.insert(member.property.clone(), member.name.to_string());
        }
    }
    let docs = docs::of_type(source, name, schema, &format!("The `{name}` object."));
    let ident = ident(name);
    let fields = members.iter().map(Member::declaration);
    let constructors = source.requested.contains(name).then(|| {
        let constructors = Constructors::of(source, name, &members);
        constructors.publish(name, &members, origin, items);
        constructors.emit(&ident, &members)
    });
    let is_filled_by_default = has_default(schema)
        || (!source.requested.contains(name) && members.iter().all(Member::may_be_absent));
    let default = is_filled_by_default.then(|| quote! { #[derive(Default)] });
    let derives = source.derives(name);
    let reading = reading::emit(&ident, &members);
    Ok(quote! {
        #docs
        #default
        #derives
        #[non_exhaustive]
        pub struct #ident { #(#fields)* }
        #reading
        #constructors
    })
}

/// Refuses properties that have no field, or that would share one.
fn distinct(members: &[Member<'_>], schema: &Value, origin: &str) -> Result<(), Error> {
    let refuse = |property: &str, what: String| {
        let at = format!("{origin}{}", Pointer::root().child("properties").child(property));
        Err(Error::new(at, what, "rename the property"))
    };
    let mut names = BTreeSet::new();
    for member in members {
        if !names.insert(member.name.to_string()) {
            let what = format!("two properties would be called `{}` in Rust", member.name);
            return refuse(&member.property, what);
        }
    }
    let known: BTreeSet<&str> = members.iter().map(|member| member.property.as_str()).collect();
    let all = properties(schema).into_iter().flatten();
    let mut all = all.map(|(name, property)| wire_name(property, name));
    match all.find(|property| !known.contains(property)) {
        Some(lost) => refuse(lost, "no field was generated for the property".to_owned()),
        None => Ok(()),
    }
}

fn member<'a>(schema: &'a Value, field: &Field) -> Option<Member<'a>> {
    let property = properties(schema)?.get(&field.property)?;
    Some(Member {
        name: field.name.clone(),
        property: wire_name(property, &field.property).to_owned(),
        value: field.ty.clone(),
        required: is_required(schema, &field.property),
        nullable: is_nullable(property),
        defaulted: has_default(property),
        description: docs::description(property),
    })
}

fn has_default(schema: &Value) -> bool {
    schema.get(DEFAULT) == Some(&Value::Bool(true))
}

impl Member<'_> {
    /// Returns whether the caller must give a value: neither absence nor null will do.
    pub(super) fn must_be_given(&self) -> bool {
        self.required && !self.nullable
    }

    /// Returns whether absence, null and a value are three different things.
    pub(super) fn is_patched(&self) -> bool {
        !self.required && self.nullable
    }

    /// Returns whether a value without the member is complete.
    fn may_be_absent(&self) -> bool {
        !self.required || self.nullable || self.defaulted
    }

    /// Returns what a constructor takes for a member that the API requires, and how it becomes the
    /// field.
    pub(super) fn argument(&self) -> Conversion {
        let name = &self.name;
        if self.required && self.nullable {
            return Conversion { ty: self.ty(), value: quote! { #name } };
        }
        conversion(&self.value, name)
    }

    /// Returns the type of the field, which admits null, absence, both or neither.
    fn ty(&self) -> TokenStream {
        let value = &self.value;
        match (self.required, self.nullable) {
            (true, false) => quote! { #value },
            (false, true) => quote! { #NULLABLE<#value> },
            _ => quote! { ::std::option::Option<#value> },
        }
    }

    fn declaration(&self) -> TokenStream {
        let (name, ty) = (&self.name, self.ty());
        let stand_in = format!("The `{}` property.", self.property);
        let docs = docs::describe(self.description, &stand_in);
        let mut serde: Vec<TokenStream> = Vec::new();
        if self.name != self.property {
            let property = &self.property;
            serde.push(quote! { rename = #property });
        }
        match (self.required, self.nullable) {
            _ if self.defaulted => serde.push(quote! { default }),
            (true, false) => {}
            (true, true) => serde.push(quote! { default }),
            (false, true) => {
                serde.push(quote! { default, skip_serializing_if = #IS_ABSENT });
            }
            (false, false) => {
                serde.push(quote! {
                    default, skip_serializing_if = "::std::option::Option::is_none"
                });
            }
        }
        if self.number() == Some(Number::Fraction) && !self.is_patched() {
            // Without the `.0` of a whole one.
            let write = if self.must_be_given() { SHORTEST } else { SHORTEST_OR_NONE };
            serde.push(quote! { serialize_with = #write });
        }
        let serde = (!serde.is_empty()).then(|| quote! { #[serde(#(#serde),*)] });
        quote! { #docs #serde pub #name: #ty, }
    }

    /// Returns what number the value is, if it is one.
    pub(super) fn number(&self) -> Option<Number> {
        match last_segment(&self.value)?.as_str() {
            _ if self.defaulted => None,
            "i64" => Some(Number::Whole),
            "f64" => Some(Number::Fraction),
            _ => None,
        }
    }

    pub(super) fn setter(&self) -> TokenStream {
        let name = &self.name;
        let docs = docs::setter(name, self.description);
        if self.is_patched() {
            let value = &self.value;
            let null =
                format!(" [`Null`]({}::Null) sends null, which clears the value.", NULLABLE.0);
            return quote! {
                #docs
                ///
                #[doc = #null]
                #[must_use]
                pub fn #name(mut self, #name: impl ::std::convert::Into<#NULLABLE<#value>>) -> Self {
                    self.#name = #name.into();
                    self
                }
            };
        }
        let Conversion { ty, value } = conversion(&self.value, name);
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
