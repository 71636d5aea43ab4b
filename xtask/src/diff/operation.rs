//! The operations of a document, and which of NEW was which of OLD.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::place::Place;

/// Methods an OpenAPI path item can have.
const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// Where operations are listed.
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
    /// The path item, behind its reference.
    pub(crate) item: Place<'a>,
    pub(crate) place: Place<'a>,
}

impl<'a> Operation<'a> {
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.place.text("operationId")
    }

    /// The operation id, or method and path.
    pub(crate) fn label(&self) -> String {
        match self.id() {
            Some(id) => id.to_owned(),
            None => format!("{} {}", self.method.to_uppercase(), self.path),
        }
    }

    /// Names of the path parameters in the order of the path.
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

    /// What stays when path parameters are renamed.
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

/// Every operation of a document, in its order.
pub(crate) fn all<'a>(document: &'a Document, section: Section) -> Vec<Operation<'a>> {
    let items = document.root().get(section.key());
    let mut operations = Vec::new();
    for (path, item) in items.iter().flat_map(Place::entries) {
        operations.extend(of_item(document, section, path, item));
    }
    operations
}

/// The operations of one path item.
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

/// Operations of two documents, matched.
pub(crate) struct Matched<'a> {
    pub(crate) pairs: Vec<(Operation<'a>, Operation<'a>)>,
    pub(crate) removed: Vec<Operation<'a>>,
    pub(crate) added: Vec<Operation<'a>>,
}

/// Matches by method and path, whatever the path's parameters are called.
pub(crate) fn matched<'a>(old: Vec<Operation<'a>>, new: Vec<Operation<'a>>) -> Matched<'a> {
    let mut pairs = Vec::new();
    let mut rest = new;
    let mut unmatched = Vec::new();
    let exact: BTreeSet<(&str, &str)> =
        rest.iter().map(|operation| (operation.method, operation.path)).collect();
    let mut same: BTreeMap<(&str, &str), Operation<'a>> = BTreeMap::new();
    let (matching, others): (Vec<_>, Vec<_>) =
        old.into_iter().partition(|operation| exact.contains(&(operation.method, operation.path)));
    for operation in matching {
        same.insert((operation.method, operation.path), operation);
    }
    let mut fresh = Vec::new();
    for operation in rest.drain(..) {
        match same.remove(&(operation.method, operation.path)) {
            Some(old) => pairs.push((old, operation)),
            None => fresh.push(operation),
        }
    }
    let mut by_template: BTreeMap<(&str, String), Vec<Operation<'a>>> = BTreeMap::new();
    for operation in others {
        by_template.entry((operation.method, operation.template())).or_default().push(operation);
    }
    for operation in fresh {
        let candidates = by_template.get_mut(&(operation.method, operation.template()));
        match candidates.filter(|list| !list.is_empty()).map(|list| list.remove(0)) {
            Some(old) => pairs.push((old, operation)),
            None => unmatched.push(operation),
        }
    }
    let removed = by_template.into_values().flatten().collect();
    Matched { pairs, removed, added: unmatched }
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
    fn braces_that_do_not_close_are_text() {
        let document = Document::from_value(json!({
            "openapi": "3.1.0", "paths": {"/a/{id": {"get": {}}, "/{a}/{b}{c}": {"get": {}}}
        }))
        .unwrap();
        let operations = all(&document, Section::Paths);
        assert_eq!(operations[0].path_names().len(), 0);
        assert_eq!(operations[1].path_names(), ["a", "b", "c"]);
    }
}
