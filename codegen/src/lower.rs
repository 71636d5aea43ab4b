//! Lowers a document as published to a plainer OpenAPI 3.0 that still describes the same requests and
//! the same data.
//!
//! Each step is a function from document to document, with a reason. What a step changed is found by
//! comparing, where somebody asks, so no step can forget to report it.

mod all_of;
mod constraints;
mod dialect;
mod event_streams;
mod fields;
mod hoist;
mod leave_out;
mod references;
mod rename;
mod requests;
mod responses;
mod scalars;
mod select;
mod unions;
mod webhook_payload;

use serde_json::Value;

use crate::error::Error;
use crate::extensions::PLACES;
use crate::lock::Names;
use crate::module::Module;
use crate::naming::Table;
use crate::repair::{self, Repair};

pub(crate) use self::leave_out::{Place, concerned, only_operation, remove_operation};
pub(crate) use self::select::select;

pub(crate) struct Context<'a> {
    pub(crate) module: Module,
    pub(crate) table: &'a Table,
    /// What has been published of the module.
    pub(crate) names: &'a Names,
}

impl Context<'_> {
    /// Returns the name under which a component was published, if it was.
    fn published(&self, component: &Value) -> Option<&str> {
        let places = component.get(PLACES)?.as_array()?;
        let names = places.iter().filter_map(Value::as_str);
        names.filter_map(|place| self.names.types.get(place)).map(String::as_str).min()
    }
}

type Step = fn(&mut Value, &Context<'_>) -> Result<(), Error>;

const STEPS: &[(&str, Step)] = &[
    ("open_objects", constraints::open_objects),
    ("downgrade_to_3_0", dialect::downgrade_to_3_0),
    ("document_limits", constraints::document_limits),
    ("merge_all_of", all_of::merge_all_of),
    ("check_maps", constraints::check_maps),
    ("reject_cycles", references::reject_cycles),
    ("lower_parameters", requests::lower_parameters),
    ("lower_request_bodies", requests::lower_request_bodies),
    ("lower_responses", responses::lower_responses),
    ("simplify_unions", unions::simplify_unions),
    ("inline_aliases", references::inline_aliases),
    ("check_parameters", requests::check_parameters),
    ("mark_scalars", scalars::mark_scalars),
    ("prune_components", references::prune_components),
    ("hoist_inline_schemas", hoist::hoist_inline_schemas),
    ("merge_duplicates", hoist::merge_duplicates),
    ("check_unions", unions::check_unions),
    ("loosen_webhook_payload", webhook_payload::loosen_webhook_payload),
    ("loosen_streamed_events", event_streams::loosen_streamed_events),
    ("name_webhook_payload", webhook_payload::name_webhook_payload),
    ("rename_types", rename::rename_types),
    ("name_fields", fields::name_fields),
];

/// Runs every step in order on what [`select`] returned.
pub(crate) fn lower(mut document: Value, context: &Context<'_>) -> Result<Value, Error> {
    for (_, step) in STEPS {
        step(&mut document, context)?;
    }
    Ok(document)
}

/// Returns what each step changes in what [`select`] returned.
pub(crate) fn repairs(mut document: Value, context: &Context<'_>) -> Result<Vec<Repair>, Error> {
    let mut repairs = Vec::new();
    for (name, step) in STEPS {
        let before = document.clone();
        step(&mut document, context)?;
        repairs.extend(repair::between(name, &before, &document));
    }
    Ok(repairs)
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::module::Surface;
    use crate::naming::table;

    /// Runs a step on a document of component schemas.
    pub(crate) fn on_schemas(step: Step, schemas: Value) -> Result<Value, Error> {
        let mut document = serde_json::json!({"components": {"schemas": schemas}, "paths": {}});
        on_document(step, &mut document)?;
        Ok(document["components"]["schemas"].take())
    }

    /// Runs a step on a whole document.
    pub(crate) fn on_document(step: Step, document: &mut Value) -> Result<(), Error> {
        on_module(step, document, Surface::Management.into())
    }

    /// Runs a step on a whole document, for a module.
    pub(crate) fn on_module(step: Step, document: &mut Value, module: Module) -> Result<(), Error> {
        step(document, &Context { module, table: table().unwrap(), names: &Names::default() })
    }

    /// Returns the context of the management surface.
    pub(crate) fn context() -> Context<'static> {
        let names = crate::lock::Lock::vendored().unwrap().names(Module::Webhooks);
        Context { module: Surface::Management.into(), table: table().unwrap(), names }
    }
}
