//! The `# Errors` section of a method: what the document says that its operation can be answered with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::docs;
use crate::client::{ERROR, ERROR_CODE, ERROR_CODES};
use crate::document;
use crate::naming::pascal;

/// What the published document says about unsuccessful responses.
pub(super) struct MethodErrors<'a> {
    published: &'a Value,
    /// Statuses with descriptions that tell nothing about an operation.
    common: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> MethodErrors<'a> {
    pub(super) fn of(published: &'a Value) -> Self {
        let mut counted: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for operation in document::operations(published) {
            for (status, description) in failures(published, operation.value) {
                *counted.entry(status).or_default().entry(description).or_default() += 1;
            }
        }
        let mut common = BTreeSet::new();
        for (status, descriptions) in counted {
            let operations: usize = descriptions.values().sum();
            // Several operations share such a description, which names neither a resource nor a field.
            let shared = descriptions.into_iter().filter(|(description, count)| {
                let is_plain = status != "404" && !description.contains('`');
                is_plain && *count >= 3 && count * 10 >= operations
            });
            common.extend(shared.map(|(description, _)| (status, description)));
        }
        Self { published, common }
    }

    /// Returns the section for the operation at a JSON pointer.
    pub(super) fn section(&self, at: &str) -> String {
        let operation = self.published.pointer(at).unwrap_or(&Value::Null);
        let mut particular = failures(self.published, operation);
        particular.retain(|failure| !self.common.contains(failure));
        let listed: Vec<String> =
            particular.into_iter().map(|(status, description)| item(status, description)).collect();
        let any = format!(
            "# Errors\n\nAwaiting the request returns an [`Error`]({}) if the call fails. \
             [`ErrorCode`]({}) lists why the API rejects any call",
            ERROR.0, ERROR_CODE.0
        );
        match listed.as_slice() {
            [] => format!("{any}."),
            _ => format!("{any}. Particular to this one are:\n\n{}", listed.join("\n")),
        }
    }
}

/// Returns status and description of the unsuccessful responses of an operation.
fn failures<'a>(published: &'a Value, operation: &'a Value) -> Vec<(&'a str, &'a str)> {
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let failures = responses.filter(|(status, _)| status.starts_with(['4', '5']));
    let described = failures.filter_map(|(status, response)| {
        let target = response.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| published.pointer(target.strip_prefix('#')?));
        let description = docs::description(target.unwrap_or(response))?;
        Some((status.as_str(), description.trim())).filter(|(_, text)| !text.is_empty())
    });
    described.collect()
}

/// Returns a line of the list: the status, how a caller recognizes it, and what it means.
fn item(status: &str, description: &str) -> String {
    let mut text = docs::clean(&description.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut names_code = false;
    for code in ERROR_CODES {
        let quoted = format!("`{code}`");
        if text.contains(&quoted) {
            names_code = true;
            text = text.replace(&quoted, &format!("[{quoted}]({})", variant(code)));
        }
    }
    let is_stale = description.contains("If-Match") || description.starts_with("Stale");
    let question = match status {
        "401" => Some("is_unauthorized"),
        "403" => Some("is_permission_denied"),
        "404" => Some("is_not_found"),
        "409" | "412" if is_stale => Some("is_precondition_failed"),
        "429" => Some("is_rate_limited"),
        _ => None,
    };
    let code = match status {
        "402" => Some("insufficient_credits"),
        "413" => Some("payload_too_large"),
        "422" => Some("validation_error"),
        _ => None,
    };
    let recognized = match (question, code) {
        (Some(question), _) => format!(", [`{question}`]({}::{question})", ERROR.0),
        (None, Some(code)) if !names_code => format!(", [`{code}`]({})", variant(code)),
        _ => String::new(),
    };
    format!("- {status}{recognized}: {text}")
}

/// Returns the path of the variant of an error code.
fn variant(code: &str) -> String {
    format!("{}::{}", ERROR_CODE.0, pascal(code))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_particular_to_an_operation_is_listed() {
        let answers = |other: (&str, &str)| {
            let (status, description) = other;
            json!({"get": {"responses": {
                "200": {"description": "OK"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                status: {"description": description},
            }}})
        };
        let document = json!({
            "paths": {
                "/a": answers(("404", "No such\nthing.")),
                "/b": answers(("409", "Stale `If-Match`, or in use (`conflict`).")),
                "/c": answers(("503", "Filters unavailable.")),
                "/d": answers(("304", "Not modified.")),
                "/e": answers(("422", "Bad [rule].")),
            },
            "components": {"responses": {"Unauthorized": {"description": "Bad credential."}}},
        });
        let errors = MethodErrors::of(&document);
        let listed = |path: &str| {
            let section = errors.section(&format!("/paths/~1{path}/get"));
            section.split_once("are:\n\n").map(|(_, list)| list.to_owned()).unwrap_or_default()
        };
        assert_eq!(
            listed("a"),
            "- 404, [`is_not_found`](crate::Error::is_not_found): No such thing."
        );
        assert_eq!(
            listed("b"),
            "- 409, [`is_precondition_failed`](crate::Error::is_precondition_failed): Stale \
             `If-Match`, or in use ([`conflict`](crate::ErrorCode::Conflict))."
        );
        assert_eq!(listed("c"), "- 503: Filters unavailable.");
        assert_eq!(listed("d"), "");
        assert_eq!(
            listed("e"),
            "- 422, [`validation_error`](crate::ErrorCode::ValidationError): Bad \\[rule\\]."
        );
    }
}
