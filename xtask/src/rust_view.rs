//! What two documents make of the public items of this crate, and which finding caused what.

mod cause;
mod changes;
mod fit;
mod reach;

use sendmux_client_codegen::{Item, Surface, generate};

pub(crate) use cause::explain;
pub use changes::{Change, changes};

/// The public items that a document generates, for every surface given.
///
/// # Errors
/// If the generator refuses the document: its reason, with the place.
pub fn items(document: &str, surfaces: &[Surface]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for surface in surfaces {
        let generated = generate(document, *surface)
            .map_err(|error| format!("{} surface: {error}", surface.module()))?;
        items.extend(generated.items);
    }
    Ok(items)
}
