//! Progenitor's methods, cut off before they would send: functions that build a request. What goes
//! over the wire, and how an answer is read, is the client's own.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, FnArg, GenericArgument, Ident, ImplItemFn, Pat, PathArguments, ReturnType, Stmt,
    Type, parse_quote,
};

use crate::error::Error;
use crate::pointer::Pointer;

/// A function that builds a request, and what the answer's data is.
pub(super) struct Builder {
    pub(super) function: ImplItemFn,
    pub(super) parameters: Vec<(Ident, Type)>,
    pub(super) data: Type,
}

const ENDPOINT: &str = "sendmux_endpoint";

/// Names that progenitor uses inside the function.
const TAKEN: [&str; 2] = ["header_map", ENDPOINT];

pub(super) fn builder(at: &Pointer, mut function: ImplItemFn) -> Result<Builder, Error> {
    let name = function.sig.ident.to_string();
    let unexpected = |what: &str| {
        Error::new(at, format!("the request of `{name}` has {what}"), "report this document")
    };
    let data = data_type(&function.sig.output).ok_or_else(|| unexpected("no answer"))?;
    cut(&mut function.block).ok_or_else(|| unexpected("no end"))?;
    Rewrite.visit_block_mut(&mut function.block);
    let generic =
        function.sig.generics.type_params().next().map(|parameter| parameter.ident.clone());
    let mut parameters: Vec<(Ident, Type)> = Vec::new();
    for argument in function.sig.inputs.iter().skip(1) {
        let FnArg::Typed(argument) = argument else { return Err(unexpected("two receivers")) };
        let Pat::Ident(pattern) = argument.pat.as_ref() else {
            return Err(unexpected("an unnamed parameter"));
        };
        let mut ty = argument.ty.as_ref().clone();
        if generic.as_ref().is_some_and(|generic| is_ident(&ty, generic)) {
            ty = parse_quote! { ::reqwest::Body };
        }
        let ident = &pattern.ident;
        if parameters.iter().any(|(other, _)| other == ident)
            || TAKEN.iter().any(|name| ident == name)
        {
            return Err(Error::new(
                at,
                format!("two inputs of the operation are called `{ident}` in Rust"),
                "rename the parameter",
            ));
        }
        parameters.push((ident.clone(), ty));
    }
    let endpoint = Ident::new(ENDPOINT, Span::call_site());
    let inputs = parameters.iter().map(|(name, ty)| quote! { #name: #ty });
    let sig = &mut function.sig;
    sig.asyncness = None;
    sig.generics = parse_quote! { <'a> };
    sig.inputs = parse_quote! { #endpoint: &'a crate::transport::call::Endpoint, #(#inputs),* };
    sig.output = parse_quote! { -> ::std::result::Result<::reqwest::Request, crate::transport::outbound_request::BuildError> };
    function.vis = parse_quote! { pub(super) };
    function.attrs = vec![parse_quote! { #[inline] }];
    Ok(Builder { function, parameters, data })
}

fn is_ident(ty: &Type, ident: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(ident))
}

/// `T` of `Result<ResponseValue<T>, Error<()>>`.
fn data_type(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, result) = output else { return None };
    let response = first_argument(result)?;
    first_argument(&response)
}

fn first_argument(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}

/// Ends the body where the request is built, and takes the version header out of it: the API has
/// none.
fn cut(block: &mut Block) -> Option<()> {
    let built = |statement: &Stmt| match statement {
        Stmt::Local(local) => match (&local.pat, &local.init) {
            (Pat::Ident(pattern), Some(init)) if ends_in_build(&init.expr) => {
                Some(pattern.ident.clone())
            }
            _ => None,
        },
        _ => None,
    };
    let (end, request) = block
        .stmts
        .iter()
        .enumerate()
        .find_map(|(index, statement)| Some((index, built(statement)?)))?;
    block.stmts.truncate(end + 1);
    block.stmts.retain(|statement| {
        !matches!(statement, Stmt::Expr(..))
            || !statement.to_token_stream().to_string().contains("\"api-version\"")
    });
    block.stmts.push(Stmt::Expr(parse_quote! { Ok(#request) }, None));
    Some(())
}

fn ends_in_build(expression: &Expr) -> bool {
    let Expr::Try(attempt) = expression else { return false };
    matches!(attempt.expr.as_ref(), Expr::MethodCall(call) if call.method == "build")
}

/// Turns `self` into the endpoint, and checks path segments where progenitor only encodes them.
struct Rewrite;

impl VisitMut for Rewrite {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::Call(call) = expression {
            let encodes = matches!(call.func.as_ref(),
                Expr::Path(path) if path.path.is_ident("encode_path"));
            if encodes {
                let arguments = &call.args;
                *expression = parse_quote! { crate::transport::outbound_request::path_segment(#arguments)? };
            }
        }
    }

    fn visit_macro_mut(&mut self, invocation: &mut syn::Macro) {
        // The URL is made by `format!`, whose arguments are tokens to syn.
        let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if let Ok(mut arguments) = invocation.parse_body_with(parser) {
            for argument in &mut arguments {
                self.visit_expr_mut(argument);
            }
            invocation.tokens = arguments.to_token_stream();
        }
    }

    fn visit_ident_mut(&mut self, ident: &mut Ident) {
        if ident == "self" {
            *ident = Ident::new(ENDPOINT, Span::call_site());
        }
    }
}
