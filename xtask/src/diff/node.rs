//! A schema as an operation uses it: the places whose demands hold together.

use super::place::Place;

/// One or more schemas that a value has to satisfy at once.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    /// Where the schemas are used; `allOf` brings several for one property.
    pub(crate) sites: Vec<Place<'a>>,
    /// Whether null was counted where the node is used, as in the branch of a choice.
    pub(crate) null_counted: bool,
}

/// What tells a node from every other one of its document.
pub(crate) type NodeKey = (Vec<usize>, bool);

impl<'a> Node<'a> {
    pub(crate) fn new(site: Place<'a>) -> Self {
        Self { sites: vec![site], null_counted: false }
    }

    pub(crate) fn key(&self) -> NodeKey {
        (self.sites.iter().map(Place::identity).collect(), self.null_counted)
    }
}
