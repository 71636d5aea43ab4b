//! Constructors and setters of the types that a caller builds.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::structs::Member;
use super::{Items, Source};
use crate::error::Error;
use crate::naming::{ident, numbered};
use crate::note::Note;

/// What a type offers to make a value: `new`, and a function for each smaller set of arguments that
/// the API has come to be content with.
pub(super) struct Constructors<'a> {
    /// What each takes; `new` comes first.
    all: Vec<Vec<&'a Member<'a>>>,
    /// What `new` takes besides what it took when it was published.
    added: Vec<&'a Member<'a>>,
}

impl<'a> Constructors<'a> {
    /// Returns the constructors of a type. `new` keeps the arguments that were published, even where the
    /// API does not require them any more; what it requires besides follows, in the order of
    /// `names.json` where it has one.
    pub(super) fn of(source: &Source<'_>, name: &str, members: &'a [Member<'a>]) -> Self {
        let known = |names: &Vec<String>| -> Vec<&'a Member<'a>> {
            let member = |name: &String| members.iter().find(|member| member.name == name);
            names.iter().filter_map(member).collect()
        };
        let published = source.names.constructors.get(name).map(Vec::as_slice);
        let mut new = published.and_then(<[_]>::first).map(known).unwrap_or_default();
        let order = source.table.constructors.get(name).map(Vec::as_slice).unwrap_or_default();
        let place = |member: &&Member<'_>| {
            let listed = order.iter().position(|field| member.name == field);
            listed.unwrap_or(order.len())
        };
        // A null may mean something, so the caller decides on it, unless `names.json` leaves it out.
        let or_null = |member: &Member<'_>| {
            member.required && (order.is_empty() || order.iter().any(|field| member.name == field))
        };
        let mut required: Vec<&Member<'_>> =
            members.iter().filter(|member| member.must_be_given() || or_null(member)).collect();
        required.sort_by_key(place);
        let is_in = |all: &[&Member<'_>], member: &Member<'_>| {
            all.iter().any(|other| other.name == member.name)
        };
        let added: Vec<&Member<'_>> =
            required.iter().filter(|member| !is_in(&new, member)).copied().collect();
        new.extend(&added);
        let mut all = vec![new];
        let others = published.unwrap_or_default().iter().skip(1);
        let whole = others.filter(|names| known(names).len() == names.len()).map(known);
        let valid = whole.filter(|given| required.iter().all(|member| is_in(given, member)));
        for given in valid.chain([required.clone()]) {
            let same = |other: &Vec<&Member<'_>>| {
                other.len() == given.len() && other.iter().all(|member| is_in(&given, member))
            };
            if !all.iter().any(same) {
                all.push(given);
            }
        }
        Self { all, added: if published.is_some() { added } else { Vec::new() } }
    }

    /// Returns the names of the constructors. One that takes less than `new` has a name that no setter
    /// has: `with_from_and_to`.
    fn names(&self, members: &[Member<'_>]) -> Vec<String> {
        let setters = members.iter().filter(|member| !member.must_be_given());
        let mut taken: BTreeSet<String> = setters.map(|member| member.name.to_string()).collect();
        let name = |(index, given): (usize, &Vec<&Member<'_>>)| {
            let name = match (index, given.is_empty()) {
                (0, _) => "new".to_owned(),
                (_, true) => "default".to_owned(),
                (_, false) => {
                    let wanted = with(given);
                    let mut names = std::iter::once(wanted.clone()).chain(numbered(&wanted));
                    names.find(|name| !taken.contains(name)).unwrap_or_default()
                }
            };
            taken.insert(name.clone());
            name
        };
        self.all.iter().enumerate().map(name).collect()
    }

    /// Adds the constructors to the items and to the published names, and says what `new` takes now.
    pub(super) fn publish(
        &self,
        ty: &str,
        members: &[Member<'_>],
        origin: &str,
        items: &mut Items,
    ) {
        let mut published = Vec::new();
        for (given, function) in self.all.iter().zip(self.names(members)) {
            let names: Vec<String> = given.iter().map(|member| member.name.to_string()).collect();
            let signature = format!("fn({})", names.join(","));
            items.add(format!("types::{ty}::{function}"), signature, origin);
            published.push(names);
        }
        items.names.constructors.insert(ty.to_owned(), published);
        if !self.added.is_empty() {
            let names: Vec<String> =
                self.added.iter().map(|member| format!("`{}`", member.name)).collect();
            let reason = Error::new(
                origin,
                format!("the API requires {} as well", names.join(" and ")),
                "pass what it requires",
            );
            items.notes.push(Note::new(format!("`{ty}::new` with the arguments it had"), reason));
        }
    }

    /// Returns the functions, and setters for everything that a value may lack.
    pub(super) fn emit(&self, ty: &Ident, members: &[Member<'_>]) -> TokenStream {
        let is_small = self.all.len() > 1;
        let named = self.all.iter().zip(self.names(members));
        let functions = named.enumerate().map(|(index, (given, function))| {
            let docs = match (index, is_small) {
                (0, false) => {
                    " Creates a value with what the API requires; everything else is absent or null \
                     until it is set."
                }
                (0, true) => {
                    " Creates a value with what most callers set; everything else is absent or null \
                     until it is set."
                }
                _ => {
                    " Creates a value with what these arguments say; everything else is absent or \
                     null until it is set."
                }
            };
            if function == "default" {
                return default(ty, &value(members, given));
            }
            let function = ident(&function);
            let parameters = given.iter().map(|member| {
                let (name, ty) = (&member.name, member.argument().ty);
                quote! { #name: #ty }
            });
            let value = value(members, given);
            quote! {
                impl #ty {
                    #[doc = #docs]
                    #[must_use]
                    pub fn #function(#(#parameters),*) -> Self {
                        #value
                    }
                }
            }
        });
        let setters = members.iter().filter(|member| !member.must_be_given()).map(Member::setter);
        let takes_nothing = self.all.first().is_some_and(Vec::is_empty);
        let default = takes_nothing.then(|| default(ty, &quote! { Self::new() }));
        quote! {
            #(#functions)*
            impl #ty { #(#setters)* }
            #default
        }
    }
}

fn with(given: &[&Member<'_>]) -> String {
    let names: Vec<String> = given
        .iter()
        .map(|member| member.name.to_string().trim_end_matches('_').to_owned())
        .collect();
    format!("with_{}", names.join("_and_"))
}

fn default(ty: &Ident, value: &TokenStream) -> TokenStream {
    quote! {
        impl ::std::default::Default for #ty {
            fn default() -> Self { #value }
        }
    }
}

/// Returns a value with what is given.
fn value(members: &[Member<'_>], given: &[&Member<'_>]) -> TokenStream {
    let values = members.iter().map(|member| {
        let name = &member.name;
        let value = member.argument().value;
        let is_given = given.iter().any(|other| other.name == *name);
        match (member.required, member.nullable, is_given) {
            (true, false, _) | (true, true, true) => quote! { #name: #value },
            (false, true, true) => quote! { #name: crate::Nullable::Value(#value) },
            (false, true, false) => quote! { #name: crate::Nullable::Absent },
            (_, _, true) => quote! { #name: ::std::option::Option::Some(#value) },
            (_, _, false) => quote! { #name: ::std::option::Option::None },
        }
    });
    quote! { Self { #(#values),* } }
}
