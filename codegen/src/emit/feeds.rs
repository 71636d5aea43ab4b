//! Operations that return what changed since a state.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::{Map, Value};
use syn::Type;

use super::Source;
use super::conversions::last_segment;
use crate::client::{CHANGE_SET, FEED};
use crate::naming::{ident, snake};
use crate::schema::{is_required, properties};

/// An operation that is repeated while its response has more: `new_state` or `new_query_state` of one
/// response is `since_state` or `since_query_state` of the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Feed {
    /// Name of the response's type.
    pub(super) data_type: String,
    /// Field of the response with the state that it leads to.
    state: String,
    /// Input of the request with the state to start from.
    pub(super) since: Ident,
    sync_required: bool,
    /// Lists of changes, and whether each is always present.
    lists: Vec<(Ident, bool)>,
}

impl Feed {
    /// Returns the feed that a response and one of the inputs form, if they do.
    pub(super) fn of<'a>(
        source: &Source<'_>,
        data: &Type,
        inputs: impl Iterator<Item = &'a Ident>,
    ) -> Option<Self> {
        let data_type = last_segment(data)?;
        let schema = source.components.get(&data_type)?;
        let all = properties(schema)?;
        all.get("has_more").filter(|more| more["type"] == "boolean")?;
        let (state, since) = inputs.into_iter().find_map(|input| {
            let state = format!("new_{}", input.to_string().strip_prefix("since_")?);
            let is_text = |schema: &Value| schema["type"] == "string";
            all.get(&state).is_some_and(is_text).then(|| (state, input.clone()))
        })?;
        let (sync_required, lists) = (has_sync_required(all), lists(schema, all));
        Some(Self { state, since, sync_required, lists, data_type })
    }

    /// Returns the method of the request.
    pub(super) fn method(&self) -> TokenStream {
        let (since, data_type) = (&self.since, ident(&self.data_type));
        quote! {
            /// Returns a stream of the changes since the state, up to the current state.
            #[inline]
            pub fn feed(self) -> #FEED<types::#data_type> {
                let (call, start) = (self.call.clone(), self.#since.clone());
                #FEED::new(call, Self::OPERATION, start, move |state| {
                    let mut next = self.clone();
                    next.#since = state.map(::std::borrow::ToOwned::to_owned);
                    next.request()
                })
            }
        }
    }

    fn implementation(&self) -> TokenStream {
        let (data_type, state) = (ident(&self.data_type), ident(&snake(&self.state)));
        let sync_required = if self.sync_required {
            quote! { self.sync_required == ::std::option::Option::Some(true) }
        } else {
            quote! { false }
        };
        let empty = self.lists.iter().map(|(list, required)| {
            if *required {
                quote! { self.#list.is_empty() }
            } else {
                quote! { self.#list.as_ref().is_none_or(::std::vec::Vec::is_empty) }
            }
        });
        // Without a list, whatever it is counts as a change.
        let is_empty = if self.lists.is_empty() {
            quote! { false }
        } else {
            quote! { #(#empty)&&* }
        };
        quote! {
            impl #CHANGE_SET for types::#data_type {
                fn is_empty(&self) -> bool {
                    #is_empty
                }

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

/// Returns the properties that are lists.
fn lists(schema: &Value, all: &Map<String, Value>) -> Vec<(Ident, bool)> {
    let of_list = |(name, property): (&String, &Value)| {
        (property["type"] == "array").then(|| (ident(&snake(name)), is_required(schema, name)))
    };
    all.iter().filter_map(of_list).collect()
}

/// Returns whether a response can demand a full synchronisation instead.
fn has_sync_required(all: &Map<String, Value>) -> bool {
    all.get("sync_required").is_some_and(|schema| schema["type"] == "boolean")
}

/// Returns the trait implementations of the response types of all feeds.
pub(super) fn implementations(feeds: &[Feed]) -> TokenStream {
    let by_type: BTreeMap<&str, &Feed> =
        feeds.iter().map(|feed| (feed.data_type.as_str(), feed)).collect();
    by_type.into_values().map(Feed::implementation).collect()
}
