//! From the document as published to the OpenAPI 3.0 that progenitor reads without loss.
//!
//! Every repair is one step: a function from document to document with a reason. What a step
//! changed is found by comparing, so no step can forget to say so.

mod aliases;
mod answers;
mod bodies;
mod closed;
mod constraints;
mod dialect;
mod duplicates;
mod endless;
mod flatten;
pub(crate) mod hoist;
mod lenient;
mod parameters;
mod payload;
mod prune;
mod rename;
mod scalars;
mod select;
pub(crate) mod spelling;
mod streamed;
mod unions;

use serde_json::Value;

use crate::error::Error;
use crate::module::Module;
use crate::naming::Table;
use crate::repair::{self, Repair};

/// Keys that steps leave on an operation for the emitter.
pub(crate) mod note {
    /// Name of the method on the client.
    pub(crate) const METHOD_NAME: &str = "x-method-name";
    /// The operation id in the published document.
    pub(crate) const ID: &str = "x-id";
    /// Scopes a credential needs.
    pub(crate) const PERMISSIONS: &str = "x-permissions";
    /// Whether the operation takes no credential.
    pub(crate) const PUBLIC: &str = "x-public";
    /// What the answer is: see [`crate::answer::Answer`].
    pub(crate) const ANSWER: &str = "x-answer";
    /// On a schema: the special type that replaces it.
    pub(crate) const SPECIAL: &str = "x-special";
    /// On a schema that is left out or null at times: its default stands in.
    pub(crate) const DEFAULT: &str = "x-default";
    /// On a streamed event: the property that says what happened.
    pub(crate) const TAG: &str = "x-tag";
    /// On a component: the pointer to the place it was found at.
    pub(crate) const ORIGIN: &str = "x-origin";
}

pub(crate) struct Context<'a> {
    pub(crate) module: Module,
    pub(crate) table: &'a Table,
}

struct Step {
    name: &'static str,
    run: fn(&mut Value, &Context<'_>) -> Result<(), Error>,
}

const STEPS: &[Step] = &[
    Step { name: "select", run: select::run },
    Step { name: "closed", run: closed::run },
    Step { name: "dialect", run: dialect::run },
    Step { name: "constraints", run: constraints::run },
    Step { name: "flatten", run: flatten::run },
    Step { name: "endless", run: endless::run },
    Step { name: "parameters", run: parameters::run },
    Step { name: "bodies", run: bodies::run },
    Step { name: "answers", run: answers::run },
    Step { name: "unions", run: unions::run },
    Step { name: "aliases", run: aliases::run },
    Step { name: "scalars", run: scalars::run },
    Step { name: "prune", run: prune::run },
    Step { name: "hoist", run: hoist::run },
    Step { name: "duplicates", run: duplicates::run },
    Step { name: "lenient", run: lenient::run },
    Step { name: "streamed", run: streamed::run },
    Step { name: "payload", run: payload::run },
    Step { name: "rename", run: rename::run },
];

/// Runs every step in order.
pub(crate) fn lower(
    mut document: Value,
    context: &Context<'_>,
) -> Result<(Value, Vec<Repair>), Error> {
    let mut repairs = Vec::new();
    for step in STEPS {
        let before = document.clone();
        (step.run)(&mut document, context)?;
        if step.name != "select" {
            repairs.extend(repair::between(step.name, &before, &document));
        }
    }
    Ok((document, repairs))
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::naming::table;
    use crate::surface::Surface;

    /// Runs one step on a document made of component schemas.
    pub(crate) fn on_schemas(
        run: fn(&mut Value, &Context<'_>) -> Result<(), Error>,
        schemas: Value,
    ) -> Result<Value, Error> {
        let mut document = serde_json::json!({"components": {"schemas": schemas}, "paths": {}});
        on_document(run, &mut document)?;
        Ok(document["components"]["schemas"].take())
    }

    /// Runs one step on a whole document.
    pub(crate) fn on_document(
        run: fn(&mut Value, &Context<'_>) -> Result<(), Error>,
        document: &mut Value,
    ) -> Result<(), Error> {
        on_module(run, document, Surface::Management.into())
    }

    /// Runs one step on a whole document for a module.
    pub(crate) fn on_module(
        run: fn(&mut Value, &Context<'_>) -> Result<(), Error>,
        document: &mut Value,
        module: Module,
    ) -> Result<(), Error> {
        run(document, &Context { module, table: table().unwrap() })
    }
}
