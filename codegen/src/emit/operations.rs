//! Operations: a request type each, the method that makes it, and the function that turns it into
//! an HTTP request.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{ImplItemFn, Type, parse_quote};

use super::arguments::{argument, last_segment, signature, without_option};
use super::condition::Condition;
use super::feeds::{self, Feed};
use super::operation::{Operation, about, method_docs, operations};
use super::wire::{self, Builder};
use super::{Source, docs, events, mocks};
use crate::answer::Answer;
use crate::error::Error;
use crate::item::Items;
use crate::naming::{free_input, ident, request_type};
use crate::surface::Surface;

/// One input of a request.
struct Input {
    name: Ident,
    /// What the request owns.
    owned: Type,
    /// What the building function takes.
    passed: TokenStream,
    required: bool,
    secret: bool,
    condition: Option<Condition>,
    docs: TokenStream,
}

/// What is written for the operations of a module.
pub(super) struct Emitted {
    pub(super) operations: TokenStream,
    pub(super) mocks: TokenStream,
}

pub(super) fn emit(
    source: &Source<'_>,
    methods: Vec<ImplItemFn>,
    items: &mut Items,
) -> Result<Emitted, Error> {
    let mut methods: BTreeMap<String, ImplItemFn> =
        methods.into_iter().map(|method| (method.sig.ident.to_string(), method)).collect();
    let (mut requests, mut constructors, mut functions) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    let mut feeds = Vec::new();
    let (mut mocked, mut names) = (TokenStream::new(), Vec::new());
    for operation in operations(source) {
        let method = methods.remove(operation.name()).ok_or_else(|| {
            Error::new(&operation.at, "no request came of this operation", "report this document")
        })?;
        let mut builder = wire::builder(&operation.at, method)?;
        if operation.answer() == Answer::Events {
            builder.data = events::data(source, operation.value);
        }
        let inputs = inputs(source, &operation, &builder);
        items.add(
            format!("Client::{}", operation.name()),
            format!("fn -> {}", signature(&output(&operation, &builder.data))),
            &operation.at.to_string(),
        );
        requests.extend(request(&operation, &builder, &inputs, items));
        if let Some(feed) = feed(source, &operation, &builder.data, &inputs) {
            let (name, method) = (ident(&request_type(operation.name())), feed.method());
            items.add(format!("{name}::feed"), "fn -> crate::Feed", &operation.at.to_string());
            requests.extend(quote! { impl #name { #method } });
            feeds.push(feed);
        }
        constructors.extend(constructor(source, &operation, &inputs));
        let name = ident(&request_type(operation.name()));
        mocked.extend(mocks::request(&name, operation.answer(), &builder.data));
        names.push(name);
        let function = builder.function;
        functions.extend(quote! { #function });
    }
    let kinds = events::streamed(source).filter_map(|name| events::kinds(source, name));
    requests.extend(kinds);
    requests.extend(feeds::implementations(&feeds));
    mocked.extend(mocks::operations(&names));
    let operations = quote! {
        impl Client { #constructors }
        #requests
        /// Builds the requests, as progenitor generated it.
        #[allow(clippy::all, clippy::pedantic, unused_mut, unused_variables)]
        mod wire {
            use super::types;
            #functions
        }
    };
    Ok(Emitted { operations, mocks: mocked })
}

fn inputs(source: &Source<'_>, operation: &Operation<'_>, builder: &Builder) -> Vec<Input> {
    builder
        .parameters
        .iter()
        .map(|(name, ty)| {
            let (inner, optional) = without_option(ty);
            let (bare, borrowed) = match inner {
                Type::Reference(reference) => (reference.elem.as_ref(), true),
                other => (other, false),
            };
            let parameter = operation.parameter(&name.to_string());
            let condition = parameter.and_then(Condition::of);
            let secret = parameter
                .and_then(|parameter| parameter["name"].as_str())
                .is_some_and(|name| source.table.is_secret(name));
            let body = last_segment(bare).as_deref() == Some("Body");
            let text = last_segment(bare).as_deref() == Some("str");
            let owned: Type = match (secret, body, text) {
                (true, ..) => parse_quote! { crate::Secret },
                (_, true, _) => parse_quote! { crate::Upload },
                (_, _, true) => parse_quote! { ::std::string::String },
                _ => bare.clone(),
            };
            let name = ident(&free_input(&name.to_string()));
            let passed = match (secret, body, text, optional, borrowed) {
                (true, _, _, true, _) => quote! { self.#name.as_ref().map(crate::Secret::expose) },
                (true, _, _, false, _) => quote! { self.#name.expose() },
                (_, true, ..) => quote! { ::reqwest::Body::default() },
                (_, _, true, true, _) => quote! { self.#name.as_deref() },
                (_, _, true, false, _) => quote! { &self.#name },
                (_, _, _, true, true) => quote! { self.#name.as_ref() },
                (_, _, _, false, true) => quote! { &self.#name },
                (_, _, _, _, false) => quote! { self.#name },
            };
            let words = parameter.and_then(|parameter| {
                docs::description(&parameter["schema"]).or_else(|| docs::description(parameter))
            });
            Input {
                docs: docs::attribute(words, &format!("Sets `{name}`.")),
                name,
                owned,
                passed,
                required: !optional,
                secret,
                condition,
            }
        })
        .collect()
}

fn output(operation: &Operation<'_>, data: &Type) -> TokenStream {
    match operation.answer() {
        Answer::Enveloped | Answer::Bare => quote! { crate::Response<#data> },
        Answer::Page => quote! { crate::Page<#data> },
        Answer::Text => quote! { crate::Response<::std::string::String> },
        Answer::Empty => quote! { crate::Response<()> },
        Answer::Events => quote! { crate::Events<#data> },
        Answer::Bytes => quote! { crate::Download },
    }
}

fn finish(operation: &Operation<'_>) -> Ident {
    ident(match operation.answer() {
        Answer::Enveloped => "enveloped",
        Answer::Page => "page",
        Answer::Bare => "bare",
        Answer::Text => "text",
        Answer::Empty => "empty",
        // Streams of events have a way of their own.
        Answer::Events | Answer::Bytes => "download",
    })
}

fn request(
    operation: &Operation<'_>,
    builder: &Builder,
    inputs: &[Input],
    items: &mut Items,
) -> TokenStream {
    let name = ident(&request_type(operation.name()));
    let origin = operation.at.to_string();
    items.add(&name, "struct", &origin);
    let fields = inputs.iter().map(|input| {
        let (name, owned) = (&input.name, &input.owned);
        if input.required {
            quote! { #name: #owned, }
        } else {
            quote! { #name: ::std::option::Option<#owned>, }
        }
    });
    let setters: Vec<TokenStream> = inputs
        .iter()
        .filter(|input| !input.required)
        .map(|input| {
            let ty = match input.condition {
                None => signature(&input.owned),
                Some(condition) => condition.signature().to_owned(),
            };
            items.add(format!("{name}::{}", input.name), ty, &origin);
            match input.condition {
                None => setter(input),
                Some(condition) => condition.setter(&name, &input.name, &input.docs),
            }
        })
        .collect();
    let passed = inputs.iter().map(|input| &input.passed);
    let body = inputs.iter().find(|input| last_segment(&input.owned).as_deref() == Some("Upload"));
    let build = ident(operation.name());
    let built = quote! { wire::#build(self.call.endpoint(), #(#passed),*) };
    let built = match body {
        Some(input) => {
            let body = &input.name;
            quote! { #built.map(|request| crate::transport::outbound_request::OutboundRequest::with_typed_upload(request, &self.#body)) }
        }
        None => quote! { #built.map(::std::convert::Into::into) },
    };
    let answer = match operation.answer() {
        Answer::Events => {
            items.add(format!("{name}::stream"), "fn -> crate::Events", &origin);
            let inputs = events::Inputs::of(operation.value);
            events::stream(&name, &builder.data, &inputs)
        }
        _ => future(&name, &output(operation, &builder.data), &finish(operation)),
    };
    let about = about(operation);
    let pages = (operation.answer() == Answer::Page).then(|| pages(&name, &builder.data, inputs));
    let conditions = inputs
        .iter()
        .filter(|input| !input.required)
        .filter_map(|input| Some(input.condition?.implementation(&name, &input.name)));
    let docs = format!(
        "Request of [`Client::{}`]: set what is optional, then `.await` it.",
        operation.name()
    );
    quote! {
        #[doc = #docs]
        #[must_use = "a request is sent when it is awaited"]
        #[derive(Clone)]
        pub struct #name {
            call: crate::transport::call::Call,
            #(#fields)*
        }

        crate::transport::call::request_builder!(#name);

        impl #name {
            const OPERATION: &'static crate::Operation = &#about;

            #(#setters)*

            #[inline]
            fn request(&self) -> crate::transport::outbound_request::BuildResult {
                #built
            }
        }

        #pages

        #(#conditions)*

        #answer
    }
}

fn future(name: &Ident, output: &TokenStream, finish: &Ident) -> TokenStream {
    quote! {
        impl ::std::future::IntoFuture for #name {
            type Output = ::std::result::Result<#output, crate::Error>;
            type IntoFuture = crate::Pending<#output>;

            // Compiled where it is called, so that nobody waits for the decoders of other operations.
            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                let request = self.request();
                self.call.#finish(Self::OPERATION, request)
            }
        }
    }
}

fn setter(input: &Input) -> TokenStream {
    let (name, docs) = (&input.name, &input.docs);
    let argument = argument(&input.owned, name);
    let (ty, value) = (argument.ty, argument.value);
    let secrecy = input.secret.then(|| {
        quote! {
            ///
            /// Never shown in any formatted output.
        }
    });
    quote! {
        #docs
        #secrecy
        pub fn #name(mut self, #name: #ty) -> Self {
            self.#name = ::std::option::Option::Some(#value);
            self
        }
    }
}

fn pages(name: &Ident, item: &Type, inputs: &[Input]) -> TokenStream {
    let Some(cursor) = inputs.iter().find(|input| input.name == "cursor" && !input.required) else {
        return TokenStream::new();
    };
    let cursor = &cursor.name;
    quote! {
        impl #name {
            /// All pages from here on, fetched as they are asked for.
            #[inline]
            pub fn pages(self) -> crate::Pages<#item> {
                let (call, start) = (self.call.clone(), self.#cursor.clone());
                crate::Pages::new(call, Self::OPERATION, start, move |cursor| {
                    let mut next = self.clone();
                    next.#cursor = cursor.map(::std::borrow::ToOwned::to_owned);
                    next.request()
                })
            }

            /// All items from here on, page after page.
            #[inline]
            pub fn stream(self) -> crate::Items<#item> {
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
    if operation.answer() != Answer::Enveloped {
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
        let ty = argument(&input.owned, name).ty;
        quote! { #name: #ty }
    });
    let values = inputs.iter().map(|input| {
        let name = &input.name;
        if input.required {
            let value = argument(&input.owned, name).value;
            quote! { #name: #value, }
        } else if source.module == Surface::Mailbox.into() && name == "mailbox_id" {
            quote! { #name: self.default_mailbox_id().map(::std::borrow::ToOwned::to_owned), }
        } else {
            quote! { #name: ::std::option::Option::None, }
        }
    });
    let docs = method_docs(operation);
    quote! {
        #[doc = #docs]
        #[inline]
        pub fn #method(&self, #(#parameters),*) -> #name {
            #name { call: self.call(), #(#values)* }
        }
    }
}
