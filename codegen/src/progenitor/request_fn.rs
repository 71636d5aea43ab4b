//! Cuts progenitor's methods off where they would send: what is left is a function that builds a
//! request. How it is sent, and how the response is read, is the client's own.

use std::collections::BTreeMap;

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use serde_json::Value;
use syn::{Expr, FnArg, ImplItemFn, Pat, ReturnType, Stmt, Type};

use super::{first_argument, without_option};
use crate::client::{BUILD_ERROR, ENDPOINT, PATH_SEGMENT, RESERVED_INPUTS, WITH_QUERY};
use crate::document::Operation;
use crate::error::Error;
use crate::extensions::{MEDIA_TYPE, WIRE_NAME};
use crate::naming::snake;

/// A function that builds the request of an operation.
pub(crate) struct RequestFn {
    pub(crate) tokens: TokenStream,
    /// What it takes, after the endpoint.
    pub(crate) arguments: Vec<Argument>,
    /// Type of the response's data.
    pub(crate) data: Type,
}

/// An argument of a [`RequestFn`].
pub(crate) struct Argument {
    pub(crate) name: Ident,
    /// Name of the parameter in the document; none for the body.
    pub(crate) parameter: Option<String>,
    /// Type of a value that is present, without reference.
    pub(crate) ty: Type,
    pub(crate) passing: Passing,
    pub(crate) optional: bool,
}

/// How an [`Argument`] is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// As `&str`.
    Text,
    /// As the body of an upload.
    Upload,
    ByReference,
    ByValue,
}

/// Argument that takes the place of `self`.
const RECEIVER: &str = "sendmux_endpoint";

/// Cuts a method: its arguments become those of a function, and its body ends with the request.
pub(super) fn cut(operation: &Operation<'_>, method: ImplItemFn) -> Result<RequestFn, Error> {
    let at = operation.at();
    let name = &method.sig.ident;
    let unexpected = |what: &str| {
        let what = format!("progenitor's method `{name}` has {what}");
        Error::new(&at, what, "report this document")
    };
    let data = data_type(&method.sig.output).ok_or_else(|| unexpected("no typed response"))?;
    let body = until_built(method.block.stmts).ok_or_else(|| unexpected("no request"))?;
    let body = rewritten(body, &literals(operation));
    let generic = method.sig.generics.type_params().next().map(|parameter| &parameter.ident);
    let (mut arguments, mut inputs) = (Vec::<Argument>::new(), Vec::new());
    for input in method.sig.inputs.iter().skip(1) {
        let FnArg::Typed(input) = input else { return Err(unexpected("two receivers")) };
        let Pat::Ident(pattern) = input.pat.as_ref() else {
            return Err(unexpected("an unnamed parameter"));
        };
        let name = &pattern.ident;
        if arguments.iter().any(|other| other.name == *name)
            || RESERVED_INPUTS.iter().any(|reserved| name == reserved)
        {
            return Err(Error::new(
                &at,
                format!("two inputs of the operation would be called `{name}` in Rust"),
                "rename the parameter",
            ));
        }
        let ty = input.ty.as_ref();
        // progenitor takes the body of an upload as a type parameter.
        let is_upload = matches!(ty, Type::Path(path)
            if generic.is_some_and(|generic| path.path.is_ident(generic)));
        let ty = if is_upload {
            syn::parse_quote! { ::reqwest::Body }
        } else {
            ty.clone()
        };
        inputs.push(quote! { #name: #ty });
        arguments.push(argument(operation, name, ty, is_upload));
    }
    let receiver = Ident::new(RECEIVER, Span::call_site());
    let tokens = quote! {
        #[inline]
        pub(super) fn #name<'a>(
            #receiver: &'a #ENDPOINT, #(#inputs),*
        ) -> ::std::result::Result<::reqwest::Request, #BUILD_ERROR> {
            #body
        }
    };
    Ok(RequestFn { tokens, arguments, data })
}

fn argument(operation: &Operation<'_>, name: &Ident, ty: Type, is_upload: bool) -> Argument {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let mut names = parameters.filter_map(|parameter| parameter["name"].as_str());
    let parameter = names.find(|wire_name| name == &snake(wire_name)).map(str::to_owned);
    let (ty, optional) = without_option(ty);
    let (ty, passing) = match ty {
        Type::Reference(reference) => match *reference.elem {
            Type::Path(path) if path.path.is_ident("str") => (Type::Path(path), Passing::Text),
            inner => (inner, Passing::ByReference),
        },
        ty if is_upload => (ty, Passing::Upload),
        ty => (ty, Passing::ByValue),
    };
    Argument { name: name.clone(), parameter, ty, passing, optional }
}

/// Returns `T` of `Result<ResponseValue<T>, Error<()>>`.
fn data_type(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, result) = output else { return None };
    first_argument(&first_argument(result)?)
}

/// Returns the statements up to `let request = ….build()?;`, with the request as their value. The
/// version header that progenitor always sends is left out: the API does not define one.
fn until_built(statements: Vec<Stmt>) -> Option<TokenStream> {
    let mut body = TokenStream::new();
    for statement in statements {
        if let Some(request) = built(&statement) {
            let request = with_query(request.clone(), Vec::new());
            return Some(quote! { #body Ok(#request) });
        }
        let tokens = statement.to_token_stream();
        if !tokens.to_string().contains("Self :: api_version") {
            body.extend(tokens);
        }
    }
    None
}

/// Returns the expression that builds the request, if the statement has it.
fn built(statement: &Stmt) -> Option<&Expr> {
    let Stmt::Local(local) = statement else { return None };
    let expr = local.init.as_ref()?.expr.as_ref();
    let Expr::Try(attempt) = expr else { return None };
    let is_build =
        matches!(attempt.expr.as_ref(), Expr::MethodCall(call) if call.method == "build");
    is_build.then_some(expr)
}

/// Turns each `.query(&QueryParam::new(name, &value))` in a chain of calls into a pair, and adds the
/// pairs to the URL, which the first call takes.
fn with_query(chain: Expr, mut pairs: Vec<TokenStream>) -> Expr {
    match chain {
        Expr::Try(mut attempt) => {
            *attempt.expr = with_query(*attempt.expr, pairs);
            Expr::Try(attempt)
        }
        Expr::MethodCall(call) if call.method == "query" => {
            if let Some(Expr::Reference(parameter)) = call.args.first()
                && let Expr::Call(parameter) = parameter.expr.as_ref()
            {
                let pair = &parameter.args;
                pairs.insert(0, quote! { (#pair) });
            }
            with_query(*call.receiver, pairs)
        }
        Expr::MethodCall(mut call) if matches!(*call.receiver, Expr::MethodCall(_)) => {
            *call.receiver = with_query(*call.receiver, pairs);
            Expr::MethodCall(call)
        }
        Expr::MethodCall(mut call) if !pairs.is_empty() => {
            let url = &call.args;
            call.args = syn::parse_quote! { #WITH_QUERY(&#url, &[#(#pairs),*])? };
            Expr::MethodCall(call)
        }
        other => other,
    }
}

/// Returns the literals that stand for something else, each with the literal to send: parameters under
/// another name, and the media type of a body of bytes.
fn literals(operation: &Operation<'_>) -> BTreeMap<String, Literal> {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let renamed = parameters.filter_map(|parameter| {
        Some((parameter["name"].as_str()?, parameter.get(WIRE_NAME)?.as_str()?))
    });
    let media_type = operation.value.get(MEDIA_TYPE).and_then(Value::as_str);
    let media_type = media_type.map(|name| ("application/octet-stream", name));
    let literals = renamed.chain(media_type);
    literals.map(|(from, to)| (Literal::string(from).to_string(), Literal::string(to))).collect()
}

/// Turns `self` into the endpoint, `encode_path(…)` into a call that also refuses what cannot be a
/// segment of a path, and literals into those to send. Works on tokens, because the URL
/// is made in a macro.
fn rewritten(tokens: TokenStream, literals: &BTreeMap<String, Literal>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut encoding = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "encode_path" => {
                encoding = true;
                PATH_SEGMENT.to_tokens(&mut out);
                continue;
            }
            TokenTree::Ident(ident) if ident == "self" => {
                Ident::new(RECEIVER, ident.span()).to_tokens(&mut out);
            }
            TokenTree::Literal(literal) => {
                literals.get(&literal.to_string()).unwrap_or(&literal).to_tokens(&mut out);
            }
            TokenTree::Group(group) => {
                let inner = rewritten(group.stream(), literals);
                Group::new(group.delimiter(), inner).to_tokens(&mut out);
                if encoding {
                    out.extend(quote! { ? });
                }
            }
            other => other.to_tokens(&mut out),
        }
        encoding = false;
    }
    out
}
