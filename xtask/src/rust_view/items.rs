//! The public items that a document generates, and how two lists of them differ.

use std::collections::BTreeMap;

use sendmux_client_codegen::{Item, Module};

use crate::spec::generated;

/// Returns the public items that a document generates for the given modules.
///
/// # Errors
/// Fails if the generator refuses the document, with its reason.
pub fn items(document: &str, modules: &[Module]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for module in modules {
        items.extend(generated(document, *module)?.items);
    }
    Ok(items)
}

/// A public item that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// Path below the crate.
    pub path: String,
    /// The item before, unless it was added.
    pub old: Option<Item>,
    /// The item after, unless it was removed.
    pub new: Option<Item>,
}

impl ItemChange {
    /// Whether a program that uses the item may stop compiling.
    pub fn breaks(&self) -> bool {
        self.old.is_some()
    }

    /// Iterates over the item before and after.
    pub(crate) fn sides(&self) -> impl Iterator<Item = &Item> {
        self.old.iter().chain(&self.new)
    }
}

/// Returns the items that differ between two lists, sorted by path.
pub fn changes(old: &[Item], new: &[Item]) -> Vec<ItemChange> {
    let mut before: BTreeMap<&str, &Item> =
        old.iter().map(|item| (item.path.as_str(), item)).collect();
    let mut all: Vec<ItemChange> = Vec::new();
    for item in new {
        let old = before.remove(item.path.as_str());
        if old.is_none_or(|old| old.signature != item.signature) {
            all.push(ItemChange {
                path: item.path.clone(),
                old: old.cloned(),
                new: Some(item.clone()),
            });
        }
    }
    all.extend(before.into_values().map(|item| ItemChange {
        path: item.path.clone(),
        old: Some(item.clone()),
        new: None,
    }));
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}
