//! Emits Rust from a lowered document: types, request types, and what tests need of them.

mod cases;
mod constructors;
mod conversions;
mod docs;
mod enums;
mod event_streams;
mod extras;
mod feeds;
mod inputs;
mod method_docs;
mod method_errors;
mod mocks;
mod operation;
mod operations;
mod reading;
mod structs;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use crate::document;
use crate::error::Error;
use crate::extensions::{PLACES, STREAMED};
use crate::lock::Names;
use crate::module::Module;
use crate::naming::Table;
use crate::note::Note;
use crate::progenitor;
use crate::schema::{branches, enum_values, reachable, reference, type_name};

/// What every part of the emitter reads.
pub(crate) struct Source<'a> {
    module: Module,
    table: &'a Table,
    /// What has been published of the module.
    names: &'a Names,
    document: &'a Value,
    components: Map<String, Value>,
    /// Types that a caller builds: those that a request body leads to.
    requested: BTreeSet<String>,
    /// Where types are used.
    uses: uses::Uses,
    /// Types with a floating-point number, which has no `Eq`.
    inexact: BTreeSet<String>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(
        module: Module,
        table: &'a Table,
        names: &'a Names,
        document: &'a Value,
    ) -> Result<Self, Error> {
        let mut components = document::components(document).cloned().unwrap_or_default();
        let requested = requested(document, &mut components)?;
        let uses = uses::Uses::of(module, document);
        let inexact = inexact(&components);
        Ok(Self { module, table, names, document, components, requested, uses, inexact })
    }

    /// Returns the full path of a generated type.
    fn type_path(&self, name: &str) -> String {
        format!("crate::{}::types::{name}", self.module.name())
    }

    /// Returns the traits that generated code derives for each type.
    fn derives(&self, name: &str) -> TokenStream {
        let exact = (!self.inexact.contains(name)).then(|| quote! { Eq, Hash, });
        quote! {
            #[derive(Clone, Debug, PartialEq, #exact ::serde::Serialize)]
            #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        }
    }

    fn server(&self) -> &str {
        self.document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default()
    }
}

fn requested(
    document: &Value,
    components: &mut Map<String, Value>,
) -> Result<BTreeSet<String>, Error> {
    let mut bodies = document.clone();
    document::operations_mut(&mut bodies, &mut |_, operation| {
        if let Value::Object(keys) = operation {
            keys.retain(|key, _| key == "requestBody");
        }
        Ok(())
    })?;
    let from = document::references_of_operations(&mut bodies)?;
    reachable(components, from)
}

/// Returns the components that hold a number that need not be whole.
fn inexact(components: &Map<String, Value>) -> BTreeSet<String> {
    fn is_inexact(part: &Value, known: &BTreeSet<String>) -> bool {
        match part {
            Value::Array(parts) => parts.iter().any(|part| is_inexact(part, known)),
            Value::Object(keywords) => {
                type_name(part) == Some("number")
                    || reference(part).is_some_and(|name| known.contains(name))
                    || keywords.values().any(|part| is_inexact(part, known))
            }
            _ => false,
        }
    }
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, schema) in components {
            if is_inexact(schema, &found) {
                found.insert(name.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// A public item of the client, as a caller would name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Path below the crate, such as `management::types::EmailLog::size_bytes`.
    pub path: String,
    /// What a caller's code depends on: the kind of the item, or its type.
    pub signature: String,
    /// JSON pointer to the place in the document that the item comes from.
    pub origin: String,
}

/// The items of one module, as they are collected, and the names that they publish.
struct Items {
    module: &'static str,
    list: Vec<Item>,
    names: Names,
    /// What could not be called as it was.
    notes: Vec<Note>,
}

impl Items {
    fn add(&mut self, path: impl std::fmt::Display, signature: impl Into<String>, origin: &str) {
        self.list.push(Item {
            path: format!("{}::{path}", self.module),
            signature: signature.into(),
            origin: origin.to_owned(),
        });
    }

    /// Returns the items, each with the nearest place that exists in the published document: `allOf`
    /// leaves properties at places to which no pointer leads.
    fn into_sorted(mut self, published: &Value) -> Vec<Item> {
        for item in &mut self.list {
            while published.pointer(&item.origin).is_none() {
                let end = item.origin.rfind('/').unwrap_or_default();
                item.origin.truncate(end);
            }
        }
        self.list.sort();
        self.list
    }
}

/// What is emitted for a module.
pub(crate) struct Emitted {
    pub(crate) module: TokenStream,
    /// What tests of users need of it.
    pub(crate) mocks: TokenStream,
    /// What the client's own tests need of it.
    pub(crate) cases: TokenStream,
    /// Its public items, with their places in the document as published.
    pub(crate) items: Vec<Item>,
    /// The names that are public with it.
    pub(crate) names: Names,
    /// The extras that the document does not have, and published names that it could not keep.
    pub(crate) notes: Vec<Note>,
}

/// Emits a module, whose documentation says what was left out so far.
pub(crate) fn emit(
    source: &Source<'_>,
    published: &Value,
    left_out: &[Note],
) -> Result<Emitted, Error> {
    let written_here = source.components.iter().filter(|(_, schema)| !is_struct(schema));
    let replaced: BTreeMap<String, String> =
        written_here.map(|(name, _)| (name.clone(), source.type_path(name))).collect();
    let output = progenitor::run(source.document, &replaced)?;
    let mut items = Items {
        module: source.module.name(),
        list: Vec::new(),
        names: names_of_types(source),
        notes: Note::left(source.document),
    };
    let mut types = TokenStream::new();
    for (name, schema) in &source.components {
        types.extend(if enum_values(schema).is_some() {
            enums::emit_enum(source, name, schema, &mut items)
        } else if branches(schema).is_some() {
            enums::emit_union(source, name, schema, &mut items)?
        } else {
            structs::emit(source, name, schema, output.fields(name)?, &mut items)?
        });
    }
    let mut notes = Vec::new();
    let mut cases = TokenStream::new();
    let (operations, mut mocks, purpose) = match source.module {
        Module::Surface(_) => {
            let operations::Emitted { operations, mocks, cases: all, shapes } =
                operations::emit(source, output, published, left_out, &mut items)?;
            cases = all;
            let extras = extras::emit(source.module, shapes, &items, &mut notes);
            let server = source.server().trim_end_matches('/');
            let operations = quote! {
                /// Default base URL of this surface, from its document.
                pub(crate) const SERVER: &str = #server;

                #extras
                #operations
            };
            (operations, mocks, " Types of requests and responses.")
        }
        Module::Webhooks => {
            let shapes = extras::Shapes::default();
            let extras = extras::emit(source.module, shapes, &items, &mut notes);
            (extras, TokenStream::new(), " Types of events.")
        }
    };
    mocks.extend(mocks::samples(source));
    let module = quote! {
        #operations

        #[doc = #purpose]
        #[allow(clippy::all)]
        pub mod types {
            #types
        }
    };
    let names = std::mem::take(&mut items.names);
    // What was published and changes comes first.
    items.notes.append(&mut notes);
    let notes = std::mem::take(&mut items.notes);
    Ok(Emitted { module, mocks, cases, items: items.into_sorted(published), names, notes })
}

/// Returns the types of all places, and which of them are read as leniently as an event.
fn names_of_types(source: &Source<'_>) -> Names {
    let mut names = Names::default();
    for (name, schema) in &source.components {
        let places = schema.get(PLACES).and_then(Value::as_array).into_iter().flatten();
        let places = places.filter_map(Value::as_str);
        names.types.extend(places.map(|place| (place.to_owned(), name.clone())));
        names.streamed.extend(schema.get(STREAMED).map(|_| name.clone()));
    }
    names
}

fn is_struct(schema: &Value) -> bool {
    enum_values(schema).is_none() && branches(schema).is_none()
}
