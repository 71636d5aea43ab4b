//! An operation of the document: what lowering noted of it, and its documentation.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::client::OPERATION;
use crate::document;
use crate::extensions::{METHOD_NAME, PERMISSIONS, PUBLIC, PUBLISHED_ID, ResponseContent};
use crate::naming::snake;

/// An operation of the lowered document.
pub(super) struct Operation<'a>(document::Operation<'a>);

impl<'a> Operation<'a> {
    /// Returns all operations, sorted by name.
    pub(super) fn all(document: &'a Value) -> Vec<Self> {
        let mut found: Vec<Self> = document::operations(document).map(Self).collect();
        found.sort_by_key(Self::name);
        found
    }

    /// Returns the JSON pointer to the operation.
    pub(super) fn at(&self) -> String {
        self.0.at().to_string()
    }

    /// Returns the HTTP method, in capitals, and the path.
    pub(super) fn endpoint(&self) -> (String, &'a str) {
        (self.0.method.to_ascii_uppercase(), self.0.path)
    }

    pub(super) fn value(&self) -> &'a Value {
        self.0.value
    }

    /// Returns the tag that groups the operation with others.
    fn tag(&self) -> &'a str {
        self.0.value.pointer("/tags/0").and_then(Value::as_str).unwrap_or("Operations")
    }

    pub(super) fn text(&self, key: &str) -> &'a str {
        self.0.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'a str {
        self.text(METHOD_NAME)
    }

    pub(super) fn content(&self) -> ResponseContent {
        ResponseContent::of(self.0.value)
    }

    /// Returns the alternative sets of permissions.
    pub(super) fn permissions(&self) -> Vec<Vec<&'a str>> {
        let alternatives = self.0.value.get(PERMISSIONS).and_then(Value::as_array);
        let sets = alternatives.into_iter().flatten().filter_map(Value::as_array);
        sets.map(|set| set.iter().filter_map(Value::as_str).collect()).collect()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.0.value.get(key) == Some(&Value::Bool(true))
    }

    fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        self.0.value.get("parameters").and_then(Value::as_array).into_iter().flatten()
    }

    /// Returns the parameter of a name.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a Value> {
        self.parameters().find(|parameter| parameter["name"] == name)
    }
}

/// The groups in which documentation shows the methods of a module.
pub(super) struct Groups {
    /// Segments of the path that all operations share, if they share their tag as well.
    prefix: Option<usize>,
}

impl Groups {
    pub(super) fn of(operations: &[Operation<'_>]) -> Self {
        let mut prefix = None;
        if let Some((first, others)) = operations.split_first()
            && others.iter().all(|operation| operation.tag() == first.tag())
        {
            let is_shared = |(index, segment): &(usize, &str)| {
                others.iter().all(|other| other.0.path.split('/').nth(*index) == Some(*segment))
            };
            let segments = first.0.path.split('/').enumerate();
            prefix = Some(segments.take_while(is_shared).count()).filter(|_| !others.is_empty());
        }
        Self { prefix }
    }

    /// Returns the name of an operation's group: its tag, or else what its path starts with.
    pub(super) fn name(&self, operation: &Operation<'_>) -> String {
        let segment = self.prefix.and_then(|prefix| operation.0.path.split('/').nth(prefix));
        let resource = segment.and_then(|segment| segment.split(':').next());
        match resource.filter(|resource| !resource.is_empty() && !resource.starts_with('{')) {
            Some(resource) => {
                let words = snake(resource).replace('_', " ").trim_end().to_owned();
                let (first, rest) = words.split_at(1);
                format!("{}{rest}", first.to_ascii_uppercase())
            }
            None => operation.tag().to_owned(),
        }
    }
}

/// Returns what the client knows of an operation besides its types.
pub(super) fn constant(operation: &Operation<'_>) -> TokenStream {
    let id = operation.text(PUBLISHED_ID);
    let method = operation.0.method.to_ascii_uppercase();
    let path = operation.0.path;
    let permissions = operation.permissions().into_iter().map(|set| quote! { &[#(#set),*] });
    let public = operation.flag(PUBLIC);
    let mut names = operation.parameters().filter_map(|parameter| parameter["name"].as_str());
    let idempotency_key = names.any(|name| snake(name) == "idempotency_key");
    quote! {
        #OPERATION {
            id: #id,
            method: #method,
            path: #path,
            permissions: &[#(#permissions),*],
            public: #public,
            idempotency_key: #idempotency_key,
        }
    }
}
