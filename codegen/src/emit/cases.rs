//! What the client's own tests need: a case for each operation, with every way to call it.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::inputs::Input;
use super::operation::Operation;
use crate::module::Module;
use crate::naming::ident;

/// Returns the cases of a module as one call of the macro `cases!`, which the tests define.
pub(super) fn cases(module: Module, cases: &TokenStream) -> TokenStream {
    let module = ident(module.name());
    quote! { cases! { #module; #cases } }
}

/// Returns the case of an operation: the call with what it requires, the setters of everything else,
/// and the setters that make another request of it.
pub(super) fn case(
    operation: &Operation<'_>,
    call: &str,
    inputs: &[Input],
    arguments: &[&Input],
    is_list: bool,
) -> TokenStream {
    let kind = ident(if is_list { "list" } else { "call" });
    let (method, path) = operation.endpoint();
    let (name, call) = (ident(operation.name()), ident(call));
    let required = arguments.iter().copied().map(value);
    let set_before_sending = inputs.iter().filter(|input| input.set_before_sending).map(set);
    let optional = inputs.iter().filter(|input| !input.required && !input.set_before_sending);
    let (conditions, options): (Vec<&Input>, Vec<&Input>) =
        optional.partition(|input| input.changes_request());
    let (options, conditions) = (options.into_iter().map(set), conditions.into_iter().map(set));
    quote! {
        #kind #method #path #name(client, values, request) {
            client.#call(#(#required),*) #(#set_before_sending)*;
            request #(#options)*;
            request #(#conditions)*;
        }
    }
}

fn set(input: &Input) -> TokenStream {
    let (name, value) = (&input.name, value(input));
    quote! { .#name(#value) }
}

/// Returns the value of an input, by the place and the name of its parameter.
fn value(input: &Input) -> TokenStream {
    let ty = from_outside(input.owned.to_token_stream());
    let place = &input.place;
    match &input.parameter {
        _ if input.is_upload => quote! { values.bytes() },
        None => quote! { values.body::<#ty>() },
        Some(parameter) if input.is_condition() => quote! { values.tag(#parameter) },
        Some(parameter) => quote! { values.parameter::<#ty>(#place, #parameter) },
    }
}

/// Returns a type as another crate names it.
fn from_outside(ty: TokenStream) -> TokenStream {
    let rewritten = ty.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "crate" => {
            let name = Ident::new("sendmux_client", ident.span());
            quote! { ::#name }
        }
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), from_outside(group.stream())).to_token_stream()
        }
        other => other.to_token_stream(),
    });
    rewritten.collect()
}
