//! What makes a request one that can be mocked.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use crate::answer::Answer;

/// Mocks of one request type.
pub(super) fn request(name: &Ident, answer: Answer, data: &Type) -> TokenStream {
    let format = match answer {
        Answer::Enveloped => quote! { Data<#data> },
        Answer::Page => quote! { Items<#data> },
        Answer::Bare => quote! { Bare<#data> },
        Answer::Text => quote! { Text },
        Answer::Events => quote! { Events },
        Answer::Bytes => quote! { Bytes },
        Answer::Empty => quote! { Empty },
    };
    quote! {
        impl crate::mock::Mockable for super::#name {
            type Format = crate::mock::reply::#format;

            #[track_caller]
            fn matcher(&self) -> crate::mock::Matcher {
                crate::mock::Matcher::new(self, self.request(), OPERATIONS)
            }

            fn any_matcher() -> crate::mock::Matcher {
                crate::mock::Matcher::any(Self::OPERATION, OPERATIONS)
            }
        }
    }
}

/// All operations of the surface: a path that fits several templates is the most literal one's.
pub(super) fn operations(names: &[Ident]) -> TokenStream {
    quote! {
        const OPERATIONS: &[&crate::Operation] = &[#(super::#names::OPERATION),*];
    }
}
