//! Objects: structs with a serde form for absence, null and numbers as the API means them, and with
//! constructors where a caller builds them.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::{Map, Value};
use syn::Type;

use super::conversions::{Conversion, conversion, last_segment, signature};
use super::{Items, Source, docs};
use crate::client::{
    FRACTION, FRACTION_OR_NONE, IS_ABSENT, NULLABLE, OR_DEFAULT, SHORTEST, SHORTEST_OR_NONE, WHOLE,
    WHOLE_OR_NONE,
};
use crate::error::{Error, Pointer};
use crate::extensions::{DEFAULT, ORIGIN};
use crate::naming::ident;
use crate::progenitor::Field;
use crate::schema::{is_nullable, is_required, properties};

/// A field with everything that decides its type and its attributes.
struct Member<'a> {
    name: Ident,
    property: String,
    /// Type of a value that is present and not null.
    value: Type,
    required: bool,
    nullable: bool,
    /// Whether the default of the type stands in for absence and null.
    defaulted: bool,
    description: Option<&'a str>,
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
    distinct(&members, schema, source.requested.contains(name), origin)?;
    for member in &members {
        let property = Pointer::root().child("properties").child(&member.property);
        let origin = format!("{origin}{property}");
        items.add(format!("types::{name}::{}", member.name), signature(&member.ty()), &origin);
    }
    let docs = docs::describe(docs::description(schema), &format!("The `{name}` object."));
    let ident = ident(name);
    let fields = members.iter().map(Member::declaration);
    let constructor = source.requested.contains(name).then(|| {
        let arguments = arguments(source, name, &members);
        let names: Vec<String> = arguments.iter().map(|member| member.name.to_string()).collect();
        items.add(format!("types::{name}::new"), format!("fn({})", names.join(",")), origin);
        constructor(&ident, &members, &arguments)
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

/// Refuses properties that have no field, or that would share one, and setters that would be called
/// like the constructor.
fn distinct(
    members: &[Member<'_>],
    schema: &Value,
    is_requested: bool,
    origin: &str,
) -> Result<(), Error> {
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
        if is_requested && member.name == "new" && !member.must_be_given() {
            return refuse("new", "the setter would be called like the constructor".to_owned());
        }
    }
    let known: BTreeSet<&str> = members.iter().map(|member| member.property.as_str()).collect();
    let mut all = properties(schema).into_iter().flat_map(Map::keys);
    match all.find(|property| !known.contains(property.as_str())) {
        Some(lost) => refuse(lost, "no field was generated for the property".to_owned()),
        None => Ok(()),
    }
}

fn member<'a>(schema: &'a Value, field: &Field) -> Option<Member<'a>> {
    let property = properties(schema)?.get(&field.property)?;
    Some(Member {
        name: field.name.clone(),
        property: field.property.clone(),
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
    fn must_be_given(&self) -> bool {
        self.required && !self.nullable
    }

    /// Returns what the constructor takes, and how it becomes the field.
    fn argument(&self) -> Conversion {
        let name = &self.name;
        if self.nullable {
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
            _ if self.defaulted => serde.push(quote! {
                default, deserialize_with = #OR_DEFAULT
            }),
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
        serde.extend(self.number());
        let serde = (!serde.is_empty()).then(|| quote! { #[serde(#(#serde),*)] });
        quote! { #docs #serde pub #name: #ty, }
    }

    /// Returns how a number is read and written: `3.0` and `"3"` are read as a whole number, and `3`
    /// is not written as `3.0`.
    fn number(&self) -> Option<TokenStream> {
        let number = last_segment(&self.value)?;
        Some(match (number.as_str(), self.required, self.nullable) {
            (_, false, true) => return None,
            ("i64", true, false) => quote! { deserialize_with = #WHOLE },
            ("i64", ..) => quote! { deserialize_with = #WHOLE_OR_NONE },
            ("f64", true, false) => {
                quote! { deserialize_with = #FRACTION, serialize_with = #SHORTEST }
            }
            ("f64", ..) => quote! {
                deserialize_with = #FRACTION_OR_NONE, serialize_with = #SHORTEST_OR_NONE
            },
            _ => return None,
        })
    }

    fn setter(&self) -> TokenStream {
        let name = &self.name;
        let docs = docs::setter(name, self.description);
        if !self.required && self.nullable {
            let value = &self.value;
            return quote! {
                #docs
                ///
                /// `None` sends null, which clears the value.
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

/// Returns what the constructor takes, in the order of `names.json` where it has one.
fn arguments<'a>(
    source: &Source<'_>,
    name: &str,
    members: &'a [Member<'a>],
) -> Vec<&'a Member<'a>> {
    let order = source.table.constructors.get(name).map(Vec::as_slice).unwrap_or_default();
    let place = |member: &&Member<'_>| {
        let listed = order.iter().position(|field| member.name == field);
        listed.unwrap_or(order.len())
    };
    // A null may mean something, so the caller decides on it, unless the list leaves it out.
    let or_null = |member: &Member<'_>| {
        member.required && (order.is_empty() || order.iter().any(|field| member.name == field))
    };
    let mut arguments: Vec<&Member<'_>> =
        members.iter().filter(|member| member.must_be_given() || or_null(member)).collect();
    arguments.sort_by_key(place);
    arguments
}

/// Returns `new`, which takes what must be given, and setters for everything else.
fn constructor(ident: &Ident, members: &[Member<'_>], arguments: &[&Member<'_>]) -> TokenStream {
    let parameters = arguments.iter().map(|member| {
        let (name, ty) = (&member.name, member.argument().ty);
        quote! { #name: #ty }
    });
    let is_argument =
        |member: &Member<'_>| arguments.iter().any(|argument| argument.name == member.name);
    let values = members.iter().map(|member| {
        let name = &member.name;
        if is_argument(member) {
            let value = member.argument().value;
            return quote! { #name: #value };
        }
        match (member.required, member.nullable) {
            (false, true) => quote! { #name: crate::Nullable::Absent },
            _ => quote! { #name: ::std::option::Option::None },
        }
    });
    let setters = members.iter().filter(|member| !is_argument(member)).map(Member::setter);
    let default = arguments.is_empty().then(|| {
        quote! {
            impl ::std::default::Default for #ident {
                fn default() -> Self { Self::new() }
            }
        }
    });
    quote! {
        impl #ident {
            /// Creates a value with what the API requires; everything else is absent or null until it
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
