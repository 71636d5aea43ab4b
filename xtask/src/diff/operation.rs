//! The operations of a document, and how those of OLD and NEW are paired.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::document::Document;
use super::finding::Direction;
use super::pointer::Place;

/// The methods of an OpenAPI path item.
const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// The part of a document that lists operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Paths,
    Webhooks,
}

impl Section {
    fn key(self) -> &'static str {
        match self {
            Section::Paths => "paths",
            Section::Webhooks => "webhooks",
        }
    }
}

/// One operation of a document.
#[derive(Debug, Clone)]
pub(crate) struct Operation<'a> {
    pub(crate) section: Section,
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    /// The path item, with its reference resolved.
    pub(crate) item: Place<'a>,
    pub(crate) place: Place<'a>,
}

impl<'a> Operation<'a> {
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.place.text("operationId")
    }

    /// Returns the operation id, or the method and path if there is none.
    pub(crate) fn label(&self) -> String {
        match self.id() {
            Some(id) => id.to_owned(),
            None => format!("{} {}", self.method.to_uppercase(), self.path),
        }
    }

    /// Returns the names of the path parameters in the order of the path.
    pub(crate) fn path_names(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut rest = self.path;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            names.push(name);
            rest = after;
        }
        names
    }

    /// Returns the path without the names of its parameters.
    fn template(&self) -> String {
        let mut template = String::new();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            template.push_str(before);
            let Some((_, after)) = after.split_once('}') else { break };
            template.push_str("{}");
            rest = after;
        }
        template.push_str(rest);
        template
    }
}

/// Returns every operation in a section of a document, in its order.
pub(crate) fn all<'a>(document: &'a Document, section: Section) -> Vec<Operation<'a>> {
    let items = document.root().get(section.key());
    let mut operations = Vec::new();
    for (path, item) in items.iter().flat_map(Place::entries) {
        operations.extend(of_item(document, section, path, item));
    }
    operations
}

/// Returns the operations of one path item.
pub(crate) fn of_item<'a>(
    document: &'a Document,
    section: Section,
    path: &'a str,
    item: Place<'a>,
) -> Vec<Operation<'a>> {
    let item = document.resolved(item);
    let found = METHODS.iter().filter_map(|method| {
        let place = item.get(method).filter(|place| place.value.is_object())?;
        Some(Operation { section, path, method, item: item.clone(), place })
    });
    found.collect()
}

/// An operation of OLD and its successor in NEW.
#[derive(Clone)]
pub(crate) struct OperationPair<'a> {
    /// The number by which findings refer to the operation.
    pub(crate) index: usize,
    pub(crate) old_document: &'a Document,
    pub(crate) new_document: &'a Document,
    pub(crate) old: Operation<'a>,
    pub(crate) new: Operation<'a>,
    /// Which way the request travels: a program receives the request of a webhook.
    pub(crate) request: Direction,
    pub(crate) response: Direction,
}

impl<'a> OperationPair<'a> {
    /// Resolves the references of two places, one of each document.
    pub(crate) fn resolved(&self, old: Place<'a>, new: Place<'a>) -> (Place<'a>, Place<'a>) {
        (self.old_document.resolved(old), self.new_document.resolved(new))
    }
}

/// The operations of two documents, paired.
#[derive(Default)]
pub(crate) struct MatchedOperations<'a> {
    pub(crate) pairs: Vec<(Operation<'a>, Operation<'a>)>,
    pub(crate) removed: Vec<Operation<'a>>,
    pub(crate) added: Vec<Operation<'a>>,
}

/// Pairs operations by method and path; a renamed path parameter does not matter.
pub(crate) fn matched<'a>(
    old: Vec<Operation<'a>>,
    new: Vec<Operation<'a>>,
) -> MatchedOperations<'a> {
    let mut matched = MatchedOperations::default();
    let exact: BTreeSet<(&str, &str)> =
        new.iter().map(|operation| (operation.method, operation.path)).collect();
    let (same_path, other_path): (Vec<_>, Vec<_>) =
        old.into_iter().partition(|operation| exact.contains(&(operation.method, operation.path)));
    let mut by_path: BTreeMap<(&str, &str), Operation<'a>> = BTreeMap::new();
    for operation in same_path {
        by_path.insert((operation.method, operation.path), operation);
    }
    let mut by_template: BTreeMap<(&str, String), VecDeque<Operation<'a>>> = BTreeMap::new();
    for operation in other_path {
        let key = (operation.method, operation.template());
        by_template.entry(key).or_default().push_back(operation);
    }
    let mut unpaired = Vec::new();
    for operation in new {
        match by_path.remove(&(operation.method, operation.path)) {
            Some(old) => matched.pairs.push((old, operation)),
            None => unpaired.push(operation),
        }
    }
    for operation in unpaired {
        let candidates = by_template.get_mut(&(operation.method, operation.template()));
        match candidates.and_then(VecDeque::pop_front) {
            Some(old) => matched.pairs.push((old, operation)),
            None => matched.added.push(operation),
        }
    }
    matched.removed = by_template.into_values().flatten().collect();
    matched
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_renamed_path_parameter_is_the_same_operation() {
        let document =
            |paths| Document::from_value(json!({"openapi": "3.1.0", "paths": paths})).unwrap();
        let old = document(json!({"/a/{id}": {"get": {}}, "/b": {"get": {}}}));
        let new = document(json!({"/a/{public_id}": {"get": {}}, "/c": {"get": {}}}));
        let matched = matched(all(&old, Section::Paths), all(&new, Section::Paths));
        assert_eq!(matched.pairs.len(), 1);
        assert_eq!(matched.pairs[0].1.path_names(), ["public_id"]);
        assert_eq!(matched.removed[0].label(), "GET /b");
        assert_eq!(matched.added[0].label(), "GET /c");
    }

    #[test]
    fn an_unclosed_brace_is_part_of_the_path() {
        let document = Document::from_value(json!({
            "openapi": "3.1.0", "paths": {"/a/{id": {"get": {}}, "/{a}/{b}{c}": {"get": {}}}
        }))
        .unwrap();
        let operations = all(&document, Section::Paths);
        assert_eq!(operations[0].path_names().len(), 0);
        assert_eq!(operations[1].path_names(), ["a", "b", "c"]);
    }
}
