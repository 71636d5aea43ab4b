//! An operation of the document: what lowering noted of it, and its documentation.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::{Source, docs};
use crate::client::{ERROR, OPERATION};
use crate::document;
use crate::extensions::{METHOD_NAME, PERMISSIONS, PUBLIC, PUBLISHED_ID, ResponseContent};
use crate::naming::snake;

/// An operation of the lowered document.
pub(super) struct Operation<'a>(document::Operation<'a>);

impl<'a> Operation<'a> {
    /// Returns all operations, sorted by name.
    pub(super) fn all(source: &Source<'a>) -> Vec<Self> {
        let mut found: Vec<Self> = document::operations(source.document).map(Self).collect();
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

    fn text(&self, key: &str) -> &'a str {
        self.0.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'a str {
        self.text(METHOD_NAME)
    }

    pub(super) fn content(&self) -> ResponseContent {
        ResponseContent::of(self.0.value)
    }

    /// Returns the alternative sets of permissions.
    fn permissions(&self) -> Vec<Vec<&'a str>> {
        let alternatives = self.0.value.get(PERMISSIONS).and_then(Value::as_array);
        let sets = alternatives.into_iter().flatten().filter_map(Value::as_array);
        sets.map(|set| set.iter().filter_map(Value::as_str).collect()).collect()
    }

    fn flag(&self, key: &str) -> bool {
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

/// Returns the documentation of the method that creates the request.
pub(super) fn method_docs(operation: &Operation<'_>) -> String {
    let mut parts = Vec::new();
    let summary = docs::clean(operation.text("summary"));
    let description = docs::clean(operation.text("description"));
    if summary.is_empty() && description.is_empty() {
        parts.push(format!("Calls the operation `{}`.", operation.text(PUBLISHED_ID)));
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
        operation.0.method.to_ascii_uppercase(),
        operation.0.path,
        operation.text(PUBLISHED_ID)
    ));
    parts.push(if operation.flag(PUBLIC) {
        "Sent without the client's credential.".to_owned()
    } else {
        required(&operation.permissions())
    });
    parts.push(format!(
        "# Errors\n\nAwaiting the request returns an [`Error`]({0}) if it fails; \
         [`is_permission_denied`]({0}::is_permission_denied) is true if the credential lacks the \
         permission.",
        ERROR.0
    ));
    parts.join("\n\n")
}

/// Returns the sentence that names the permissions of an operation.
fn required(alternatives: &[Vec<&str>]) -> String {
    let set = |set: &Vec<&str>| format!("`{}`", set.join("` and `"));
    match alternatives {
        [] => "Any valid credential is sufficient.".to_owned(),
        [only] if only.len() == 1 => format!("Requires the permission `{}`.", only[0]),
        [only] => format!("Requires the permissions `{}`.", only.join("`, `")),
        several => {
            let sets: Vec<String> = several.iter().map(set).collect();
            format!("Requires one of these permissions: {}.", sets.join(", or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_not_joined() {
        assert_eq!(required(&[vec!["a"]]), "Requires the permission `a`.");
        assert_eq!(required(&[vec!["a", "b"]]), "Requires the permissions `a`, `b`.");
        assert_eq!(
            required(&[vec!["a"], vec!["b", "c"]]),
            "Requires one of these permissions: `a`, or `b` and `c`."
        );
    }
}
