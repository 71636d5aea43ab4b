//! Operations that tell what changed since a state.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::{Map, Value};
use syn::Type;

use super::Source;
use super::arguments::last_segment;
use crate::naming::{ident, snake};
use crate::schema::properties;

/// How an answer leads on: `new_state` or `new_query_state` goes into `since_state` or
/// `since_query_state` while there is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Feed {
    /// Name of the answer's type.
    answer: String,
    /// Field of the answer with the state it leads to.
    state: String,
    /// Input of the request with the state to start from.
    pub(super) since: Ident,
    sync_required: bool,
}

impl Feed {
    /// The feed that this answer makes together with one of these inputs, if it is one.
    pub(super) fn of<'a>(
        source: &Source<'_>,
        data: &Type,
        inputs: impl Iterator<Item = &'a Ident>,
    ) -> Option<Self> {
        let answer = last_segment(data)?;
        let all = properties(source.components.get(&answer)?)?;
        all.get("has_more").filter(|more| more["type"] == "boolean")?;
        let (state, since) = inputs.into_iter().find_map(|input| {
            let state = format!("new_{}", input.to_string().strip_prefix("since_")?);
            let is_text = |schema: &Value| schema["type"] == "string";
            all.get(&state).is_some_and(is_text).then(|| (state, input.clone()))
        })?;
        Some(Self { state, since, sync_required: says_so(all), answer })
    }

    /// The method on the request.
    pub(super) fn method(&self) -> TokenStream {
        let (since, answer) = (&self.since, ident(&self.answer));
        quote! {
            /// What changed since the state, answer after answer, up to the present state.
            #[inline]
            pub fn feed(self) -> crate::Feed<types::#answer> {
                let (call, start) = (self.call.clone(), self.#since.clone());
                crate::Feed::new(call, Self::OPERATION, start, move |state| {
                    let mut next = self.clone();
                    next.#since = state.map(::std::borrow::ToOwned::to_owned);
                    next.request()
                })
            }
        }
    }

    fn implementation(&self) -> TokenStream {
        let (answer, state) = (ident(&self.answer), ident(&snake(&self.state)));
        let sync_required = if self.sync_required {
            quote! { self.sync_required == ::std::option::Option::Some(true) }
        } else {
            quote! { false }
        };
        quote! {
            impl crate::paging::feed::ChangeSet for types::#answer {
                fn state(&self) -> &str {
                    &self.#state
                }

                fn has_more(&self) -> bool {
                    self.has_more
                }

                fn sync_required(&self) -> bool {
                    #sync_required
                }
            }
        }
    }
}

/// Whether the answer can say that it must not be applied; optional wherever it stands.
fn says_so(all: &Map<String, Value>) -> bool {
    all.get("sync_required").is_some_and(|schema| schema["type"] == "boolean")
}

/// What the answers of all feeds have in common, once for each type.
pub(super) fn implementations(feeds: &[Feed]) -> TokenStream {
    let by_answer: BTreeMap<&str, &Feed> =
        feeds.iter().map(|feed| (feed.answer.as_str(), feed)).collect();
    by_answer.into_values().map(Feed::implementation).collect()
}
