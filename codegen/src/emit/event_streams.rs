//! Requests that return event streams, and the types of their events.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::Type;

use super::Source;
use crate::client::{ERROR, EVENTS, PENDING, STREAM_EVENT};
use crate::document::operations;
use crate::extensions::{EVENT_SCHEMA, EVENT_TYPE};
use crate::naming::{ident, snake};
use crate::schema::reference;

/// Returns the type of the events of a stream: what the document describes, else their text.
pub(super) fn event_type(source: &Source<'_>, operation: &Value) -> Type {
    let described = operation.pointer(EVENT_SCHEMA).and_then(reference);
    let path = described
        .filter(|name| source.components.contains_key(*name))
        .map_or_else(|| "::std::string::String".to_owned(), |name| source.type_path(name));
    syn::parse_str(&path).unwrap_or_else(|_| syn::parse_quote! { ::std::string::String })
}

/// Inputs that control a stream.
pub(super) struct StreamInputs {
    last_event_id: Option<Ident>,
    ping: Option<Ident>,
}

impl StreamInputs {
    /// Finds the header `Last-Event-ID` (WHATWG HTML, section 9.2.4) and the heartbeat interval.
    pub(super) fn of(operation: &Value) -> Self {
        let parameters = || operation["parameters"].as_array().into_iter().flatten();
        let find = |fits: &dyn Fn(&str, &Value) -> bool| {
            let mut optional = parameters().filter(|parameter| parameter["required"] != true);
            optional.find_map(|parameter| {
                let name = parameter["name"].as_str().filter(|name| fits(name, parameter))?;
                Some(ident(&snake(name)))
            })
        };
        Self {
            last_event_id: find(&|name, _| snake(name) == "last_event_id"),
            ping: find(&|name, parameter| {
                name == "ping" && parameter["schema"]["type"] == "integer"
            }),
        }
    }
}

/// Returns the methods of a request that returns a stream.
pub(super) fn methods(name: &Ident, data: &Type, inputs: &StreamInputs) -> TokenStream {
    let (start, resume) = match &inputs.last_event_id {
        Some(field) => (
            quote! { self.#field.clone() },
            quote! { next.#field = id.map(::std::borrow::ToOwned::to_owned); },
        ),
        None => (quote! { ::std::option::Option::None }, quote! { let _ = id; }),
    };
    let ping = match &inputs.ping {
        Some(field) => quote! { self.#field },
        None => quote! { ::std::option::Option::None },
    };
    quote! {
        impl #name {
            /// Returns a stream of the events from here on. It connects when it is first polled,
            /// and reconnects where it left off when the connection is lost.
            #[inline]
            #[allow(unused_mut)]
            pub fn stream(self) -> #EVENTS<#data> {
                let (call, start, ping) = (self.call.clone(), #start, #ping);
                #EVENTS::new(call, Self::OPERATION, start, ping, move |id| {
                    let mut next = self.clone();
                    #resume
                    next.request()
                })
            }
        }

        impl ::std::future::IntoFuture for #name {
            type Output = ::std::result::Result<#EVENTS<#data>, #ERROR>;
            type IntoFuture = #PENDING<#EVENTS<#data>>;

            /// Opens the stream, so that a rejected request fails right away.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                self.stream().open()
            }
        }
    }
}

/// Returns how the client tells the types of these events.
pub(super) fn implementation(source: &Source<'_>, name: &str) -> Option<TokenStream> {
    let schema = source.components.get(name)?;
    let path: Type = syn::parse_str(&source.type_path(name)).ok()?;
    let Some(tag) = schema.get(EVENT_TYPE).and_then(Value::as_str) else {
        return Some(quote! { impl #STREAM_EVENT for #path {} });
    };
    let values = reference(&schema["properties"][tag])?;
    let values: Type = syn::parse_str(&source.type_path(values)).ok()?;
    let field = ident(&snake(tag));
    Some(quote! {
        impl #STREAM_EVENT for #path {
            const TAG: ::std::option::Option<&'static str> = ::std::option::Option::Some(#tag);
            const KINDS: &'static [&'static str] = #values::KNOWN;

            fn kind(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::Some(self.#field.as_str())
            }
        }
    })
}

/// Returns the components that are events of a stream.
pub(super) fn components<'a>(source: &'a Source<'_>) -> Vec<&'a str> {
    let schemas =
        operations(source.document).filter_map(|operation| operation.value.pointer(EVENT_SCHEMA));
    let mut names: Vec<&str> = schemas.filter_map(reference).collect();
    names.sort_unstable();
    names.dedup();
    names
}
