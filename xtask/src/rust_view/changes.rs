//! The difference between two lists of public items.

use std::collections::BTreeMap;

use sendmux_client_codegen::Item;

/// One public item that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the crate.
    pub path: String,
    /// The item before, unless it is new.
    pub old: Option<Item>,
    /// The item now, unless it is gone.
    pub new: Option<Item>,
}

impl Change {
    /// Whether a program that used the item can stop compiling.
    pub fn breaks(&self) -> bool {
        self.old.is_some()
    }
}

/// Items added, removed and changed, sorted by path.
pub fn changes(old: &[Item], new: &[Item]) -> Vec<Change> {
    let mut before: BTreeMap<&str, &Item> =
        old.iter().map(|item| (item.path.as_str(), item)).collect();
    let mut all: Vec<Change> = Vec::new();
    for item in new {
        let old = before.remove(item.path.as_str());
        if old.is_none_or(|old| old.signature != item.signature) {
            all.push(Change {
                path: item.path.clone(),
                old: old.cloned(),
                new: Some(item.clone()),
            });
        }
    }
    all.extend(before.into_values().map(|item| Change {
        path: item.path.clone(),
        old: Some(item.clone()),
        new: None,
    }));
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}
