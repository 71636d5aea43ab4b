//! Operations: the method that creates a request, the request type, and the function that builds the
//! HTTP request from it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use super::conversions::{conversion, signature};
use super::extras::Shapes;
use super::feeds::{self, Feed};
use super::inputs::Input;
use super::operation::{Operation, constant, method_docs};
use super::{Items, Source, cases, docs, event_streams, mocks};
use crate::client::{
    BUILD_RESULT, CALL, ERROR, EVENTS, FEED, ITEMS, OPERATION, PAGES, PENDING, REQUEST_BUILDER,
    WITH_UPLOAD, awaited, send,
};
use crate::error::Error;
use crate::extensions::ResponseContent;
use crate::module::Surface;
use crate::naming::{ident, request_type};
use crate::note::Note;
use crate::progenitor::Output;

/// What is emitted for the operations of a module.
pub(super) struct Emitted {
    pub(super) operations: TokenStream,
    pub(super) mocks: TokenStream,
    pub(super) cases: TokenStream,
    pub(super) shapes: Shapes,
}

pub(super) fn emit(
    source: &Source<'_>,
    mut output: Output,
    left_out: &[Note],
    items: &mut Items,
) -> Result<Emitted, Error> {
    let (mut requests, mut constructors, mut functions) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    let (mut feeds, mut shapes) = (Vec::new(), Shapes::default());
    let (mut mocked, mut names) = (TokenStream::new(), Vec::new());
    let mut cases = TokenStream::new();
    for operation in Operation::all(source) {
        let at = operation.at();
        let mut request_fn = output.take_request_fn(operation.name()).ok_or_else(|| {
            Error::new(&at, "no request was generated for this operation", "report this document")
        })?;
        if operation.content() == ResponseContent::EventStream {
            request_fn.data = event_streams::event_type(source, operation.value());
        }
        let data = &request_fn.data;
        let arguments = request_fn.arguments.iter();
        let inputs: Vec<Input> =
            arguments.map(|argument| Input::new(source, &operation, argument)).collect();
        items.add(
            format!("Client::{}", operation.name()),
            format!("fn -> {}", signature(&awaited(operation.content(), data))),
            &at,
        );
        let required = inputs.iter().filter(|input| input.required);
        let required: Vec<String> = required.map(|input| signature(&input.owned)).collect();
        shapes.add(format!("Client::{}", operation.name()), format!("fn({})", required.join(",")));
        items.names.operations.insert(at.clone(), operation.name().to_owned());
        for input in &inputs {
            let renamed = input.parameter.as_ref().is_some_and(|name| input.name != name);
            if let Some(key) = input.published_as.clone().filter(|_| renamed) {
                let inputs = items.names.inputs.entry(at.clone()).or_default();
                inputs.insert(key, input.name.to_string());
            }
        }
        requests.extend(request(&operation, data, &inputs, items));
        if let Some(feed) = feed(source, &operation, data, &inputs) {
            let (name, method) = (ident(&request_type(operation.name())), feed.method());
            items.add(format!("{name}::feed"), format!("fn -> {}", FEED.0), &at);
            requests.extend(quote! { impl #name { #method } });
            shapes.add(format!("types::{}", feed.data_type), "ChangeSet");
            feeds.push(feed);
        }
        constructors.extend(constructor(source, &operation, &inputs));
        cases.extend(cases::case(&operation, &inputs, cursor(&operation, &inputs).is_some()));
        let name = ident(&request_type(operation.name()));
        mocked.extend(mocks::request(&name, operation.content(), data));
        names.push(name);
        functions.extend(request_fn.tokens);
    }
    let events = event_streams::components(source);
    requests
        .extend(events.into_iter().filter_map(|name| event_streams::implementation(source, name)));
    requests.extend(feeds::implementations(&feeds));
    mocked.extend(mocks::operations(&names));
    let missing = left_out
        .iter()
        .map(|note| docs::attributes(&docs::clean(&format!("Not generated: {note}."))));
    let operations = quote! {
        #(#missing)*
        impl Client { #constructors }
        #requests
        /// Functions that build HTTP requests.
        #[allow(clippy::all, clippy::pedantic, unused_mut, unused_variables)]
        mod wire {
            use super::types;
            #functions
        }
    };
    let cases = cases::cases(source.module, &cases);
    Ok(Emitted { operations, mocks: mocked, cases, shapes })
}

fn request(
    operation: &Operation<'_>,
    data: &Type,
    inputs: &[Input],
    items: &mut Items,
) -> TokenStream {
    let name = ident(&request_type(operation.name()));
    let origin = operation.at();
    items.add(&name, "struct", &origin);
    let fields = inputs.iter().map(|input| {
        let (name, owned) = (&input.name, &input.owned);
        if input.required {
            quote! { #name: #owned, }
        } else {
            quote! { #name: ::std::option::Option<#owned>, }
        }
    });
    let optional = || inputs.iter().filter(|input| !input.required);
    for input in optional() {
        items.add(format!("{name}::{}", input.name), input.signature(), &origin);
    }
    let setters = optional().map(|input| input.setter(&name));
    let implementations = optional().filter_map(|input| input.implementation(&name));
    let passed = inputs.iter().map(|input| &input.passed);
    let body = inputs.iter().find(|input| input.is_upload);
    let build = ident(operation.name());
    let built = quote! { wire::#build(self.call.endpoint(), #(#passed),*) };
    let built = match body {
        Some(input) => {
            let body = &input.name;
            quote! { #built.map(|request| #WITH_UPLOAD(request, &self.#body)) }
        }
        None => quote! { #built.map(::std::convert::Into::into) },
    };
    let response = if operation.content() == ResponseContent::EventStream {
        items.add(format!("{name}::stream"), format!("fn -> {}", EVENTS.0), &origin);
        let inputs = event_streams::StreamInputs::of(operation.value());
        event_streams::methods(&name, data, &inputs)
    } else {
        future(&name, operation.content(), data)
    };
    let constant = constant(operation);
    let pages = cursor(operation, inputs).map(|cursor| pages(&name, data, cursor));
    let docs = format!(" A request of [`Client::{}`].", operation.name());
    quote! {
        #[doc = #docs]
        ///
        /// Set optional inputs, then `.await` the request to send it.
        #[must_use = "a request is sent when it is awaited"]
        #[derive(Clone)]
        pub struct #name {
            call: #CALL,
            #(#fields)*
        }

        #REQUEST_BUILDER!(#name);

        impl #name {
            const OPERATION: &'static #OPERATION = &#constant;

            #(#setters)*

            #[inline]
            fn request(&self) -> #BUILD_RESULT {
                #built
            }
        }

        #pages

        #(#implementations)*

        #response
    }
}

fn future(name: &Ident, content: ResponseContent, data: &Type) -> TokenStream {
    let (awaited, send) = (awaited(content, data), send(content));
    quote! {
        impl ::std::future::IntoFuture for #name {
            type Output = ::std::result::Result<#awaited, #ERROR>;
            type IntoFuture = #PENDING<#awaited>;

            // Compiled only where it is called, like the decoder that it leads to.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                let request = self.request();
                self.call.#send(Self::OPERATION, request)
            }
        }
    }
}

/// Returns the input that makes a list of an operation, if it is one.
fn cursor<'a>(operation: &Operation<'_>, inputs: &'a [Input]) -> Option<&'a Ident> {
    let mut optional = inputs.iter().filter(|input| !input.required).map(|input| &input.name);
    let cursor = optional.find(|name| *name == "cursor");
    cursor.filter(|_| operation.content() == ResponseContent::Page)
}

fn pages(name: &Ident, item: &Type, cursor: &Ident) -> TokenStream {
    quote! {
        impl #name {
            /// Returns a stream of the pages from here on, each fetched when it is needed.
            #[inline]
            pub fn pages(self) -> #PAGES<#item> {
                let (call, start) = (self.call.clone(), self.#cursor.clone());
                #PAGES::new(call, Self::OPERATION, start, move |cursor| {
                    let mut next = self.clone();
                    next.#cursor = cursor.map(::std::borrow::ToOwned::to_owned);
                    next.request()
                })
            }

            /// Returns a stream of the items of all pages from here on.
            #[inline]
            pub fn stream(self) -> #ITEMS<#item> {
                self.pages().items()
            }
        }
    }
}

fn feed(
    source: &Source<'_>,
    operation: &Operation<'_>,
    data: &Type,
    inputs: &[Input],
) -> Option<Feed> {
    if operation.content() != ResponseContent::Enveloped {
        return None;
    }
    let optional = inputs.iter().filter(|input| !input.required);
    Feed::of(source, data, optional.map(|input| &input.name))
}

fn constructor(source: &Source<'_>, operation: &Operation<'_>, inputs: &[Input]) -> TokenStream {
    let method = ident(operation.name());
    let name = ident(&request_type(operation.name()));
    let parameters = inputs.iter().filter(|input| input.required).map(|input| {
        let name = &input.name;
        let ty = conversion(&input.owned, name).ty;
        quote! { #name: #ty }
    });
    let values = inputs.iter().map(|input| {
        let name = &input.name;
        if input.required {
            let value = conversion(&input.owned, name).value;
            quote! { #name: #value, }
        } else if source.module == Surface::Mailbox.into() && name == "mailbox_id" {
            quote! { #name: self.default_mailbox_id().map(::std::borrow::ToOwned::to_owned), }
        } else {
            quote! { #name: ::std::option::Option::None, }
        }
    });
    let docs = docs::attributes(&method_docs(operation));
    quote! {
        #docs
        #[inline]
        pub fn #method(&self, #(#parameters),*) -> #name {
            #name { call: self.call(), #(#values)* }
        }
    }
}
