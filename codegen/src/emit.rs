//! From the lowered document to Rust.

mod arguments;
mod condition;
mod docs;
mod enums;
mod events;
mod feeds;
mod generator;
mod mocks;
mod operation;
mod operations;
mod samples;
mod structs;
mod unions;
mod wire;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::item::{Item, Items};
use crate::module::Module;
use crate::naming::Table;
use crate::pointer::Pointer;
use crate::schema::{branches, enum_values, reference};
use crate::walk;

/// What every part of the emitter needs to know.
pub(crate) struct Source<'a> {
    pub(crate) module: Module,
    pub(crate) table: &'a Table,
    pub(crate) document: &'a Value,
    pub(crate) components: Map<String, Value>,
    /// Types that a caller builds: those that a request body leads to.
    pub(crate) requested: BTreeSet<String>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(module: Module, table: &'a Table, document: &'a Value) -> Self {
        let components = walk::components(document).cloned().unwrap_or_default();
        let requested = requested(document, &components);
        Self { module, table, document, components, requested }
    }

    /// Full path of a generated type.
    pub(crate) fn type_path(&self, name: &str) -> String {
        format!("crate::{}::types::{name}", self.module.name())
    }

    fn server(&self) -> &str {
        self.document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default()
    }
}

fn requested(document: &Value, components: &Map<String, Value>) -> BTreeSet<String> {
    let mut bodies = document.clone();
    let mut pending = Vec::new();
    let mut found = BTreeSet::new();
    let mut references = |_: &Pointer, node: &mut Value| {
        pending.extend(reference(node).map(str::to_owned));
        Ok(())
    };
    let walked = walk::operations_mut(&mut bodies, &mut |at, operation| {
        let body = operation.get("requestBody").cloned();
        let mut only_body = serde_json::json!({ "requestBody": body });
        walk::operation_schemas_mut(at, &mut only_body, &mut references)
    });
    debug_assert!(walked.is_ok(), "the document was walked before");
    while let Some(name) = pending.pop() {
        let Some(mut schema) = components.get(&name).cloned() else { continue };
        if found.insert(name) {
            let walked = walk::schema_mut(&Pointer::root(), &mut schema, &mut |_, node| {
                pending.extend(reference(node).map(str::to_owned));
                Ok(())
            });
            debug_assert!(walked.is_ok(), "the schema was walked before");
        }
    }
    found
}

/// What is written for a module.
pub(crate) struct Emitted {
    pub(crate) module: TokenStream,
    /// What tests of users need of it.
    pub(crate) mocks: TokenStream,
    /// Its public items, which point into the document as published.
    pub(crate) items: Vec<Item>,
}

pub(crate) fn emit(source: &Source<'_>, published: &Value) -> Result<Emitted, Error> {
    let generated = generator::run(source)?;
    let mut items = Items::new(source.module.name());
    let mut types = TokenStream::new();
    for (name, schema) in &source.components {
        types.extend(if enum_values(schema).is_some() {
            enums::emit(name, schema, &mut items)
        } else if branches(schema).is_some() {
            unions::emit(source, name, schema, &mut items)?
        } else {
            structs::emit(source, name, schema, generated.structure(name)?, &mut items)?
        });
    }
    let (operations, mut mocks, purpose) = match source.module {
        Module::Surface(_) => {
            let operations::Emitted { operations, mocks } =
                operations::emit(source, generated.methods, &mut items)?;
            let server = source.server().trim_end_matches('/');
            let operations = quote! {
                /// Where this surface is served, as its document says.
                pub(crate) const SERVER: &str = #server;

                #operations
            };
            (operations, mocks, "Types of requests and answers.")
        }
        Module::Webhooks => (TokenStream::new(), TokenStream::new(), "Types of events."),
    };
    mocks.extend(samples::emit(source));
    let module = quote! {
        #operations

        #[doc = #purpose]
        #[allow(clippy::all)]
        pub mod types {
            #types
        }
    };
    Ok(Emitted { module, mocks, items: items.into_sorted(published) })
}
