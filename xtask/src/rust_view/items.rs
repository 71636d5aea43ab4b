//! The public items that a document generates, and how two lists of them differ.

use std::collections::BTreeMap;

use sendmux_client_codegen::{Generated, Item, Module};

use crate::diff::pointer::escape;
use crate::spec::generated;

/// What a document generates.
#[derive(Debug, Default)]
pub struct View {
    /// The public items.
    pub items: Vec<Item>,
    /// The operations that the crate has no method for.
    pub left_out: Vec<LeftOut>,
}

/// An operation that the crate has no method for.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// JSON pointer to the operation, or to the path with all of its operations.
    pub operation: String,
    /// JSON pointer to the reason.
    pub reason: String,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl View {
    /// Joins what the modules of a document hold.
    pub fn of<'a>(modules: impl IntoIterator<Item = &'a Generated>) -> Self {
        let mut view = Self::default();
        for module in modules {
            view.add(module);
        }
        view
    }

    fn add(&mut self, generated: &Generated) {
        self.items.extend_from_slice(&generated.items);
        let left_out = generated.notes.iter().filter_map(|note| {
            let subject = note.subject().trim_matches('`');
            let operation = match subject.split_once(' ') {
                Some((method, path)) if path.starts_with('/') => {
                    format!("/paths/{}/{}", escape(path), method.to_lowercase())
                }
                None if subject.starts_with('/') => format!("/paths/{}", escape(subject)),
                _ => return None,
            };
            let (reason, message) = (note.reason().pointer().to_owned(), note.to_string());
            Some(LeftOut { operation, reason, message })
        });
        self.left_out.extend(left_out);
    }
}

/// Returns what a document generates for the given modules.
///
/// # Errors
/// Fails if the generator refuses the document, with its reason.
pub fn view(document: &str, modules: &[Module]) -> Result<View, String> {
    let generated: Result<Vec<_>, _> =
        modules.iter().map(|module| generated(document, *module)).collect();
    Ok(View::of(&generated?))
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
