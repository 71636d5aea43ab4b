//! The public items that generated code adds to the client.

use serde_json::Value;

/// One public item of the client, as a caller would name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Path below the crate, such as `management::types::EmailLog::size_bytes`.
    pub path: String,
    /// What a caller's code depends on: kind of item, or its type.
    pub signature: String,
    /// JSON pointer to the place in the document that the item comes from.
    pub origin: String,
}

/// Items under collection, all of one module.
#[derive(Debug)]
pub(crate) struct Items {
    module: &'static str,
    list: Vec<Item>,
}

impl Items {
    pub(crate) fn new(module: &'static str) -> Self {
        Self { module, list: Vec::new() }
    }

    pub(crate) fn add(
        &mut self,
        path: impl std::fmt::Display,
        signature: impl Into<String>,
        origin: &str,
    ) {
        self.list.push(Item {
            path: format!("{}::{path}", self.module),
            signature: signature.into(),
            origin: origin.to_owned(),
        });
    }

    /// The items, each with the nearest place that the published document has: `allOf` leaves
    /// properties where no pointer of the merged schema leads.
    pub(crate) fn into_sorted(mut self, published: &Value) -> Vec<Item> {
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
