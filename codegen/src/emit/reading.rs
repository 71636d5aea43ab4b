//! How a struct is read: an implementation of the client's own trait, which is a fraction of the code
//! that serde would derive.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::structs::{Member, Number};
use crate::client::{
    FRACTION, NULLABLE, OBJECT, PROPERTIES, READ_OBJECT, REQUIRED_PROPERTY, WHOLE_NUMBER,
};

/// Emits the `Deserialize` of a struct.
pub(super) fn emit(ident: &Ident, members: &[Member<'_>]) -> TokenStream {
    let name = ident.to_string();
    let properties: Vec<&String> = members.iter().map(|member| &member.property).collect();
    let indices = 0..members.len();
    let values: Vec<Ident> =
        (0..members.len()).map(|index| format_ident!("value_{index}")).collect();
    let declared = values.iter().zip(members).map(|(value, member)| {
        let ty = read_as(member);
        quote! { let mut #value: ::std::option::Option<#ty> = ::std::option::Option::None; }
    });
    let read = values.iter().enumerate().map(|(index, value)| {
        quote! { #index => properties.read(&mut #value)?, }
    });
    let fields = values.iter().zip(members).map(|(value, member)| {
        let (field, value) = (&member.name, finished(member, value));
        quote! { #field: #value, }
    });
    quote! {
        impl<'de> ::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                #READ_OBJECT(deserializer)
            }
        }
        impl #OBJECT for #ident {
            const NAME: &'static str = #name;
            const PROPERTIES: &'static [&'static str] = &[#(#properties),*];
            #[inline]
            fn index(name: &str) -> ::std::option::Option<usize> {
                match name {
                    #(#properties => ::std::option::Option::Some(#indices),)*
                    _ => ::std::option::Option::None,
                }
            }
            fn read<'de, A: ::serde::de::MapAccess<'de>>(
                properties: &mut #PROPERTIES<A, Self>,
            ) -> ::std::result::Result<Self, A::Error> {
                #(#declared)*
                while let ::std::option::Option::Some(property) = properties.next()? {
                    match property {
                        #(#read)*
                        _ => {}
                    }
                }
                ::std::result::Result::Ok(Self { #(#fields)* })
            }
        }
    }
}

/// Returns the type that a value is read as.
fn read_as(member: &Member<'_>) -> TokenStream {
    let number = member.number().map(|number| match number {
        Number::Whole => WHOLE_NUMBER,
        Number::Fraction => FRACTION,
    });
    match number {
        Some(number) if member.must_be_given() => quote! { #number },
        Some(number) if member.is_patched() => quote! { #NULLABLE<#number> },
        Some(number) => quote! { ::std::option::Option<#number> },
        None if member.defaulted => quote! { ::std::option::Option<_> },
        None => quote! { _ },
    }
}

/// Returns the expression of the field, given what was read.
fn finished(member: &Member<'_>, value: &Ident) -> TokenStream {
    let name = &member.property;
    let is_number = member.number().is_some();
    match (member.must_be_given(), is_number) {
        _ if member.defaulted => quote! { #value.flatten().unwrap_or_default() },
        (true, true) => quote! { #REQUIRED_PROPERTY(#value, #name)?.0 },
        (true, false) => quote! { #REQUIRED_PROPERTY(#value, #name)? },
        (false, true) if member.is_patched() => {
            quote! { #value.unwrap_or_default().map(|number| number.0) }
        }
        (false, true) => quote! { #value.flatten().map(|number| number.0) },
        (false, false) => quote! { #value.unwrap_or_default() },
    }
}
