//! Operations: the method that creates a request, the request type, and the function that builds the
//! HTTP request from it.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::Type;

use super::conversions::{conversion, signature};
use super::extras::Shapes;
use super::feeds::{self, Feed};
use super::inputs::Input;
use super::method_docs::{method_docs, request_docs};
use super::method_errors::MethodErrors;
use super::operation::{Groups, Operation, constant};
use super::{Items, Source, cases, docs, event_streams, mocks};
use crate::client::{
    BUILD_RESULT, CALL, ERROR, EVENTS, FEED, ITEMS, LIST, OPERATION, PAGES, PENDING,
    REQUEST_BUILDER, WITH_UPLOAD, awaited, send,
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
    published: &Value,
    left_out: &[Note],
    items: &mut Items,
) -> Result<Emitted, Error> {
    let (mut requests, mut functions) = (TokenStream::new(), TokenStream::new());
    let all = Operation::all(source.document);
    let groups = Groups::of(&all);
    let mut constructors: BTreeMap<String, TokenStream> = BTreeMap::new();
    let (mut feeds, mut shapes) = (Vec::new(), Shapes::default());
    let errors = MethodErrors::of(published);
    let (mut mocked, mut names) = (TokenStream::new(), Vec::new());
    let mut cases = TokenStream::new();
    for operation in all {
        let at = operation.at();
        let mut request_fn = output.take_request_fn(operation.name()).ok_or_else(|| {
            Error::new(&at, "no request was generated for this operation", "report this document")
        })?;
        if operation.content() == ResponseContent::EventStream {
            request_fn.data = event_streams::event_type(source, operation.value());
        }
        let data = &request_fn.data;
        let inputs = request_fn.arguments.iter();
        let inputs: Vec<Input> =
            inputs.map(|argument| Input::new(source, &operation, argument)).collect();
        items.add(
            format!("Client::{}", operation.name()),
            format!("fn -> {}", signature(&awaited(operation.content(), data))),
            &at,
        );
        let arguments = arguments(source, &operation, &inputs);
        let required: Vec<String> = arguments.iter().map(|input| signature(&input.owned)).collect();
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
        let is_list = cursor(&operation, &inputs).is_some();
        let docs =
            method_docs(source.module, &operation, &errors, &inputs, &arguments, data, is_list);
        let mut methods =
            constructor(source, &operation, operation.name(), &inputs, &arguments, &docs);
        if !arguments.is_empty() {
            let taken = arguments.iter().map(|input| input.name.to_string()).collect();
            items.names.arguments.insert(at.clone(), taken);
        }
        let required: Vec<&Input> =
            arguments.iter().filter(|input| input.required).copied().collect();
        let least = without(operation.name(), &arguments);
        if least != operation.name() {
            let docs = format!(
                " Creates a request as [`Self::{}`] does, with only what the API requires.",
                operation.name()
            );
            let docs = quote! { #[doc = #docs] };
            methods.extend(constructor(source, &operation, &least, &inputs, &required, &docs));
            let signature = format!("fn -> {}", signature(&awaited(operation.content(), data)));
            items.add(format!("Client::{least}"), signature, &at);
        }
        constructors.entry(groups.name(&operation)).or_default().extend(methods);
        cases.extend(cases::case(&operation, &least, &inputs, &required, is_list));
        let name = ident(&request_type(operation.name()));
        mocked.extend(mocks::request(&name, operation.content(), data));
        names.push(name);
        functions.extend(request_fn.tokens);
    }
    let events = event_streams::components(source);
    requests
        .extend(events.into_iter().filter_map(|name| event_streams::implementation(source, name)));
    requests.extend(feeds::implementations(&feeds));
    let missing = left_out
        .iter()
        .map(|note| docs::attributes(&docs::clean(&format!("Not generated: {note}."))));
    let missing = (!left_out.is_empty()).then(|| quote! { #(#missing)* impl Client {} });
    let constructors = constructors.into_iter().map(|(group, methods)| {
        let group = docs::attributes(&docs::clean(&group));
        quote! { #group impl Client { #methods } }
    });
    let operations = quote! {
        #missing
        #(#constructors)*
        #requests
        /// All operations of this surface, sorted by the name of their method.
        pub const OPERATIONS: &[&#OPERATION] = &[#(#names::OPERATION),*];
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
        future(&name, operation, data)
    };
    let constant = constant(operation);
    let pages = cursor(operation, inputs).map(|cursor| pages(&name, data, cursor));
    let docs = request_docs(operation);
    quote! {
        #docs
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

fn future(name: &Ident, operation: &Operation<'_>, data: &Type) -> TokenStream {
    let content = operation.content();
    let takes_range = operation.parameter("Range").is_some();
    let (awaited, send) = (awaited(content, data), send(content, takes_range));
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

        impl #LIST for #name {
            type Item = #item;

            #[inline]
            fn cursor(self, cursor: impl ::std::convert::Into<::std::string::String>) -> Self {
                #name::#cursor(self, cursor)
            }

            #[inline]
            fn pages(self) -> #PAGES<#item> {
                #name::pages(self)
            }

            #[inline]
            fn stream(self) -> #ITEMS<#item> {
                #name::stream(self)
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

/// Returns the name of the method that takes only what the API requires: `get_usage_without_start` where
/// the other one takes more, as it did when it was published.
fn without(method: &str, arguments: &[&Input]) -> String {
    let more = arguments.iter().filter(|input| !input.required);
    let names: Vec<String> = more.map(|input| input.name.to_string()).collect();
    match names.as_slice() {
        [] => method.to_owned(),
        names => format!("{method}_without_{}", names.join("_and_")),
    }
}

/// Returns what the method of an operation takes: what it took when it was published, even where the API
/// does not require it any more, and what the API requires besides, in the order of `names.json` where
/// it has one.
fn arguments<'a>(
    source: &Source<'_>,
    operation: &Operation<'_>,
    inputs: &'a [Input],
) -> Vec<&'a Input> {
    let order = source.table.constructors.get(&request_type(operation.name()));
    let order = order.map(Vec::as_slice).unwrap_or_default();
    let place = |input: &&Input| {
        let listed = order.iter().position(|name| input.name == name);
        listed.unwrap_or(order.len())
    };
    let published = source.names.arguments.get(&operation.at()).into_iter().flatten();
    let can_be = |input: &&Input| !input.set_before_sending && !input.changes_request();
    let mut arguments: Vec<&Input> = published
        .filter_map(|name| inputs.iter().find(|input| input.name == name).filter(can_be))
        .collect();
    let is_new = |input: &&Input| !arguments.iter().any(|other| other.name == input.name);
    let mut new: Vec<&Input> =
        inputs.iter().filter(|input| input.required).filter(is_new).collect();
    new.sort_by_key(place);
    arguments.extend(new);
    arguments
}

fn constructor(
    source: &Source<'_>,
    operation: &Operation<'_>,
    method: &str,
    inputs: &[Input],
    arguments: &[&Input],
    docs: &TokenStream,
) -> TokenStream {
    let method = ident(method);
    let name = ident(&request_type(operation.name()));
    let parameters = arguments.iter().map(|input| {
        let name = &input.name;
        let ty = conversion(&input.owned, name).ty;
        quote! { #name: #ty }
    });
    let values = inputs.iter().map(|input| {
        let name = &input.name;
        let value = conversion(&input.owned, name).value;
        if input.required {
            quote! { #name: #value, }
        } else if arguments.iter().any(|argument| argument.name == *name) {
            quote! { #name: ::std::option::Option::Some(#value), }
        } else if source.module == Surface::Mailbox.into() && name == "mailbox_id" {
            quote! { #name: self.default_mailbox_id().map(::std::borrow::ToOwned::to_owned), }
        } else {
            quote! { #name: ::std::option::Option::None, }
        }
    });
    quote! {
        #docs
        #[inline]
        pub fn #method(&self, #(#parameters),*) -> #name {
            #name { call: self.call(), #(#values)* }
        }
    }
}
