//! Inputs of a request: what it owns, how it passes them on, and their setters.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::{Type, parse_quote};

use super::conversions::{Conversion, conversion, signature};
use super::operation::Operation;
use super::{Source, docs};
use crate::client::{
    BUILD_ERROR, CONDITIONAL, CONDITIONAL_READ, ETAG, IF_MATCH, IF_NONE_MATCH, SECRET, UPLOAD,
};
use crate::extensions::{input_key, wire_name};
use crate::naming::{free_input, ident};
use crate::progenitor::{Argument, Passing};

/// An input of a request.
pub(super) struct Input {
    pub(super) name: Ident,
    /// Name of the parameter in the document; none for the body.
    pub(super) parameter: Option<String>,
    /// Where the document puts the parameter: `path`, `query` or `header`.
    pub(super) place: Option<String>,
    /// What the published names call it, if it is in the query; the rest has its name by rule.
    pub(super) published_as: Option<String>,
    /// What the request owns.
    pub(super) owned: Type,
    /// What the request passes to the function that builds it.
    pub(super) passed: TokenStream,
    /// Whether the method that creates the request takes it.
    pub(super) required: bool,
    /// Whether it is set on the request, which is not sent without it: `modify` knows it last.
    pub(super) set_before_sending: bool,
    pub(super) is_upload: bool,
    secret: bool,
    condition: Option<Condition>,
    /// How the document describes the parameter.
    pub(super) description: Option<String>,
    docs: TokenStream,
}

impl Input {
    pub(super) fn new(source: &Source<'_>, operation: &Operation<'_>, argument: &Argument) -> Self {
        let parameter = argument.parameter.as_deref();
        let parameter = parameter.and_then(|name| operation.parameter(name));
        let wire_name = parameter.map(|it| wire_name(it, it["name"].as_str().unwrap_or_default()));
        let secret = argument.passing == Passing::Text
            && wire_name.is_some_and(|name| source.table.is_secret(name));
        let name = ident(&free_input(&argument.name.to_string()));
        let owned: Type = match argument.passing {
            _ if secret => parse_quote! { #SECRET },
            Passing::Upload => parse_quote! { #UPLOAD },
            Passing::Text => parse_quote! { ::std::string::String },
            Passing::ByReference | Passing::ByValue => argument.ty.clone(),
        };
        let condition = parameter.and_then(Condition::of);
        let set_before_sending = !argument.optional && condition == Some(Condition::IfMatch);
        let passed = match (argument.passing, argument.optional) {
            _ if set_before_sending => quote! {
                self.#name.as_deref().ok_or(#BUILD_ERROR::Input(
                    "`if_match` is not set, which this write requires; `modify` sets it"
                ))?
            },
            (_, true) if secret => quote! { self.#name.as_ref().map(#SECRET::expose) },
            (_, false) if secret => quote! { self.#name.expose() },
            (Passing::Upload, _) => quote! { ::reqwest::Body::default() },
            (Passing::Text, true) => quote! { self.#name.as_deref() },
            (Passing::ByReference, true) => quote! { self.#name.as_ref() },
            (Passing::Text | Passing::ByReference, false) => quote! { &self.#name },
            (Passing::ByValue, _) => quote! { self.#name },
        };
        let description = parameter.and_then(|parameter| {
            docs::description(&parameter["schema"]).or_else(|| docs::description(parameter))
        });
        Self {
            docs: docs::setter(&name, description),
            description: description.map(docs::clean),
            condition,
            is_upload: argument.passing == Passing::Upload,
            required: !argument.optional && !set_before_sending,
            set_before_sending,
            name,
            parameter: wire_name.map(str::to_owned),
            place: parameter.and_then(|it| it["in"].as_str()).map(str::to_owned),
            published_as: parameter.filter(|it| it["in"] == "query").map(input_key),
            owned,
            passed,
            secret,
        }
    }

    /// Returns whether the input is an optional condition, whose setter takes an entity tag.
    pub(super) fn is_condition(&self) -> bool {
        self.condition.is_some() && !self.required
    }

    /// Returns whether the setter makes another request, which resolves to something else.
    pub(super) fn changes_request(&self) -> bool {
        self.condition == Some(Condition::IfNoneMatch)
    }

    /// Returns what the setter takes, for the list of items.
    pub(super) fn signature(&self) -> String {
        self.condition.map_or_else(|| signature(&self.owned), Condition::signature)
    }

    /// Returns the setter on a request.
    pub(super) fn setter(&self, request: &Ident) -> TokenStream {
        let (name, docs) = (&self.name, &self.docs);
        if let Some(condition) = self.condition {
            let required = self.set_before_sending.then(|| {
                quote! {
                    ///
                    /// Required: without it, the request fails before anything is sent.
                }
            });
            return condition.setter(request, name, &quote! { #docs #required });
        }
        let Conversion { ty, value } = conversion(&self.owned, name);
        let secrecy = self.secret.then(|| {
            quote! {
                ///
                /// The value is redacted in `Debug` and `Display` output.
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

    /// Returns what a request implements because it has this input.
    pub(super) fn implementation(&self, request: &Ident) -> Option<TokenStream> {
        Some(self.condition?.implementation(request, &self.name))
    }
}

/// A header that makes a request depend on the version of its resource (RFC 9110, section 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    IfMatch,
    IfNoneMatch,
}

impl Condition {
    fn of(parameter: &Value) -> Option<Self> {
        let name = parameter["name"].as_str().filter(|_| parameter["in"] == "header")?;
        let name = wire_name(parameter, name);
        match name.to_ascii_lowercase().as_str() {
            "if-match" => Some(Self::IfMatch),
            "if-none-match" => Some(Self::IfNoneMatch),
            _ => None,
        }
    }

    /// Returns what the setter takes and returns, for the list of items.
    fn signature(self) -> String {
        match self {
            Self::IfMatch => ETAG.0.to_owned(),
            Self::IfNoneMatch => format!("{} -> {}", ETAG.0, IF_NONE_MATCH.0),
        }
    }

    /// Returns the setter.
    fn setter(self, request: &Ident, field: &Ident, docs: &TokenStream) -> TokenStream {
        let conditional =
            format!(" The request then resolves to a [`Conditional`]({}).", CONDITIONAL.0);
        let set = quote! {
            let version: #ETAG = version.into();
            self.#field = ::std::option::Option::Some(version.into());
        };
        match self {
            Self::IfMatch => quote! {
                #docs
                pub fn #field(mut self, version: impl ::std::convert::Into<#ETAG>) -> Self {
                    #set
                    self
                }
            },
            Self::IfNoneMatch => quote! {
                #docs
                ///
                #[doc = #conditional]
                pub fn #field(
                    mut self,
                    version: impl ::std::convert::Into<#ETAG>,
                ) -> #IF_NONE_MATCH<#request> {
                    #set
                    #IF_NONE_MATCH::new(self)
                }
            },
        }
    }

    /// Returns the trait implementation of a request with this header.
    fn implementation(self, request: &Ident, field: &Ident) -> TokenStream {
        match self {
            Self::IfMatch => quote! {
                impl #IF_MATCH for #request {
                    fn if_match(self, version: #ETAG) -> Self {
                        #request::#field(self, version)
                    }
                }
            },
            Self::IfNoneMatch => quote! {
                impl #CONDITIONAL_READ for #request {
                    fn if_none_match(
                        self,
                        version: impl ::std::convert::Into<#ETAG>,
                    ) -> #IF_NONE_MATCH<Self> {
                        #request::#field(self, version)
                    }
                }
            },
        }
    }
}
