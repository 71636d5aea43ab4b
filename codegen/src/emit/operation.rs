//! One operation of the document, and what is said of it.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::{Source, docs};
use crate::answer::Answer;
use crate::lower::note;
use crate::naming::snake;
use crate::pointer::Pointer;
use crate::walk::METHODS;

/// One operation of the lowered document.
pub(super) struct Operation<'a> {
    pub(super) at: Pointer,
    path: &'a str,
    method: &'static str,
    pub(super) value: &'a Value,
}

impl<'a> Operation<'a> {
    fn text(&self, key: &str) -> &'a str {
        self.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'a str {
        self.text(note::METHOD_NAME)
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::from_name(self.text(note::ANSWER)).unwrap_or(Answer::Bytes)
    }

    fn permissions(&self) -> Vec<&'a str> {
        let list = self.value.get(note::PERMISSIONS).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn flag(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// The parameter that became this Rust name.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a Value> {
        let list = self.value.get("parameters")?.as_array()?;
        list.iter()
            .find(|parameter| parameter["name"].as_str().is_some_and(|wire| snake(wire) == name))
    }
}

/// All operations, by name.
pub(super) fn operations<'a>(source: &Source<'a>) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    let paths = source.document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                found.push(Operation { at: Pointer::operation(path, method), path, method, value });
            }
        }
    }
    found.sort_by_key(|operation| operation.name());
    found
}

/// What the client knows of an operation besides its types.
pub(super) fn about(operation: &Operation<'_>) -> TokenStream {
    let id = operation.text(note::ID);
    let method = operation.method.to_ascii_uppercase();
    let path = operation.path;
    let permissions = operation.permissions();
    let public = operation.flag(note::PUBLIC);
    let idempotency_key = operation.parameter("idempotency_key").is_some();
    quote! {
        crate::Operation {
            id: #id,
            method: #method,
            path: #path,
            permissions: &[#(#permissions),*],
            public: #public,
            idempotency_key: #idempotency_key,
        }
    }
}

/// Documentation of the method that makes the request.
pub(super) fn method_docs(operation: &Operation<'_>) -> String {
    let mut parts = Vec::new();
    let summary = docs::clean(operation.text("summary"));
    let description = docs::clean(operation.text("description"));
    if summary.is_empty() && description.is_empty() {
        parts.push(format!("The `{}` operation.", operation.text(note::ID)));
    }
    if !summary.is_empty() {
        parts.push(format!("{}.", summary.trim_end_matches('.')));
    }
    if !description.is_empty() {
        parts.push(description);
    }
    if operation.flag("deprecated") {
        parts.push("The API marks this operation as deprecated.".to_owned());
    }
    parts.push(format!(
        "Sends `{} {}` (operation `{}`).",
        operation.method.to_ascii_uppercase(),
        operation.path,
        operation.text(note::ID)
    ));
    let permissions = operation.permissions();
    parts.push(if operation.flag(note::PUBLIC) {
        "Sent without the client's credential.".to_owned()
    } else if permissions.is_empty() {
        "Any valid credential may call this.".to_owned()
    } else {
        format!("Needs the permission `{}`.", permissions.join("`, `"))
    });
    parts.push(
        "# Errors\n\nAwaiting the request fails as [`crate::Error`] describes; in particular with \
         [`is_permission_denied`](crate::Error::is_permission_denied) where the permission is missing."
            .to_owned(),
    );
    parts.join("\n\n")
}
