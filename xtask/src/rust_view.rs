//! What two documents make of the public items of this crate, and which finding caused what.

mod cause;
mod changes;
mod fit;
mod reach;

use sendmux_client_codegen::{Item, Module, generate};

pub(crate) use cause::explain;
pub use changes::{Change, changes};

/// The public items that a document generates, for every module given.
///
/// # Errors
/// If the generator refuses the document: its reason, with the place.
pub fn items(document: &str, modules: &[Module]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for module in modules {
        let generated =
            generate(document, *module).map_err(|error| format!("{module}: {error}"))?;
        items.extend(generated.items);
    }
    Ok(items)
}
