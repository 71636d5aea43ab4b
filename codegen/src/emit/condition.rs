//! Headers that make a request depend on the version of its resource.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

/// RFC 9110, section 13.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    IfMatch,
    IfNoneMatch,
}

impl Condition {
    pub(super) fn of(parameter: &Value) -> Option<Self> {
        let name = parameter["name"].as_str().filter(|_| parameter["in"] == "header")?;
        match name.to_ascii_lowercase().as_str() {
            "if-match" => Some(Self::IfMatch),
            "if-none-match" => Some(Self::IfNoneMatch),
            _ => None,
        }
    }

    /// What the setter takes and gives, for the list of items.
    pub(super) fn signature(self) -> &'static str {
        match self {
            Self::IfMatch => "crate::ETag",
            Self::IfNoneMatch => "crate::ETag -> crate::IfNoneMatch",
        }
    }

    /// The setter on a request.
    pub(super) fn setter(self, request: &Ident, field: &Ident, docs: &TokenStream) -> TokenStream {
        let set = quote! {
            let version: crate::ETag = version.into();
            self.#field = ::std::option::Option::Some(version.into());
        };
        match self {
            Self::IfMatch => quote! {
                #docs
                pub fn #field(mut self, version: impl ::std::convert::Into<crate::ETag>) -> Self {
                    #set
                    self
                }
            },
            Self::IfNoneMatch => quote! {
                #docs
                ///
                /// The answer then is a [`Conditional`](crate::Conditional).
                pub fn #field(
                    mut self,
                    version: impl ::std::convert::Into<crate::ETag>,
                ) -> crate::IfNoneMatch<#request> {
                    #set
                    crate::IfNoneMatch::new(self)
                }
            },
        }
    }

    /// What a request can do because it has this header.
    pub(super) fn implementation(self, request: &Ident, field: &Ident) -> TokenStream {
        match self {
            Self::IfMatch => quote! {
                impl crate::IfMatch for #request {
                    fn if_match(self, version: crate::ETag) -> Self {
                        #request::#field(self, version)
                    }
                }
            },
            Self::IfNoneMatch => TokenStream::new(),
        }
    }
}
