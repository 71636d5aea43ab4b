//! How constructors and setters convert what they take: they are as generic as a type allows.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

use crate::client::INTO_INTEGER;

/// The type of an argument, and the expression that converts it to the type of a field.
pub(super) struct Conversion {
    pub(super) ty: TokenStream,
    pub(super) value: TokenStream,
}

pub(super) fn conversion(field: &Type, name: &proc_macro2::Ident) -> Conversion {
    match (last_segment(field).as_deref(), generics(field).as_slice()) {
        (Some("bool"), _) => Conversion { ty: quote! { bool }, value: quote! { #name } },
        (Some("i64"), _) => Conversion {
            ty: quote! { impl #INTO_INTEGER },
            value: quote! { #INTO_INTEGER::into_integer(#name) },
        },
        (Some("Vec"), [item]) => Conversion {
            ty: quote! { impl ::std::iter::IntoIterator<Item = impl ::std::convert::Into<#item>> },
            value: quote! { #name.into_iter().map(::std::convert::Into::into).collect() },
        },
        (Some("BTreeMap"), [key, value]) => Conversion {
            ty: quote! { impl ::std::iter::IntoIterator<Item = (impl ::std::convert::Into<#key>, impl ::std::convert::Into<#value>)> },
            value: quote! {
                #name.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
            },
        },
        (Some("Box"), [inner]) => Conversion {
            ty: quote! { impl ::std::convert::Into<#inner> },
            value: quote! { ::std::boxed::Box::new(#name.into()) },
        },
        _ => Conversion {
            ty: quote! { impl ::std::convert::Into<#field> },
            value: quote! { #name.into() },
        },
    }
}

/// Returns the last segment of a path: `Vec` of `::std::vec::Vec<T>`.
pub(super) fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// Returns the type arguments of a path.
pub(super) fn generics(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else { return Vec::new() };
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|segment| &segment.arguments)
    else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Returns a type as text, without the spaces of token streams and the paths of the prelude.
pub(super) fn signature(ty: &impl quote::ToTokens) -> String {
    let text = ty.to_token_stream().to_string();
    let text: String = text.split_whitespace().collect();
    text.replace("::std::string::", "")
        .replace("::std::option::", "")
        .replace("::std::vec::", "")
        .replace("::std::collections::", "")
        .replace("::std::boxed::", "")
        .replace("::serde_json::", "serde_json::")
}
