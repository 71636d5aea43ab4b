//! Requests whose answer is a stream of events, and the types of those events.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::Type;

use super::Source;
use crate::lower::note;
use crate::naming::{ident, snake};
use crate::schema::reference;

const SCHEMA: &str = "/responses/2XX/content/text~1event-stream/schema";

/// Type of the events of a stream: what the document describes, else their text.
pub(super) fn data(source: &Source<'_>, operation: &Value) -> Type {
    let described = operation.pointer(SCHEMA).and_then(reference);
    let path = described
        .filter(|name| source.components.contains_key(*name))
        .map_or_else(|| "::std::string::String".to_owned(), |name| source.type_path(name));
    syn::parse_str(&path).unwrap_or_else(|_| syn::parse_quote! { ::std::string::String })
}

/// Names of the inputs by which a stream is followed.
pub(super) struct Inputs {
    last_event_id: Option<Ident>,
    ping: Option<Ident>,
}

impl Inputs {
    /// Looks for the header of WHATWG HTML, section 9.2.4, and for an interval of heartbeats.
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

/// What a request with such an answer can do.
pub(super) fn stream(name: &Ident, data: &Type, inputs: &Inputs) -> TokenStream {
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
            /// The events from here on. The stream is opened when the first one is asked for, and
            /// opened again where it left off when the connection is lost.
            #[inline]
            #[allow(unused_mut)]
            pub fn stream(self) -> crate::Events<#data> {
                let (call, start, ping) = (self.call.clone(), #start, #ping);
                crate::Events::new(call, Self::OPERATION, start, ping, move |id| {
                    let mut next = self.clone();
                    #resume
                    next.request()
                })
            }
        }

        impl ::std::future::IntoFuture for #name {
            type Output = ::std::result::Result<crate::Events<#data>, crate::Error>;
            type IntoFuture = crate::Pending<crate::Events<#data>>;

            /// Opens the stream, so that a refusal shows at once.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                self.stream().open()
            }
        }
    }
}

/// How events of this type are told from each other.
pub(super) fn kinds(source: &Source<'_>, name: &str) -> Option<TokenStream> {
    let schema = source.components.get(name)?;
    let path: Type = syn::parse_str(&source.type_path(name)).ok()?;
    let Some(tag) = schema.get(note::TAG).and_then(Value::as_str) else {
        return Some(quote! { impl crate::events::event::StreamEvent for #path {} });
    };
    let values = reference(&schema["properties"][tag])?;
    let values: Type = syn::parse_str(&source.type_path(values)).ok()?;
    let field = ident(&snake(tag));
    Some(quote! {
        impl crate::events::event::StreamEvent for #path {
            const TAG: ::std::option::Option<&'static str> = ::std::option::Option::Some(#tag);
            const KINDS: &'static [&'static str] = #values::KNOWN;

            fn kind(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::Some(self.#field.as_str())
            }
        }
    })
}

/// Components that are events of a stream.
pub(super) fn streamed<'a>(source: &'a Source<'_>) -> impl Iterator<Item = &'a str> {
    let paths = source.document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let names = operations.filter_map(|(_, operation)| reference(operation.pointer(SCHEMA)?));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}
