//! Whether a finding can be the reason why an item changed.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use sendmux_client_codegen::Item;
use serde_json::Value;

use super::changes::Change;
use crate::diff::{Direction, Finding, Level};

/// Which findings are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    /// Those that are reported whether or not an item changed.
    Loud,
    /// Also those that are reported only if one did.
    Silent,
    /// Also those about words, such as titles that give types their names.
    Words,
}

impl Admitted {
    pub(super) fn admits(self, finding: &Finding) -> bool {
        match self {
            Admitted::Loud => finding.level > Level::Docs && !finding.silent,
            Admitted::Silent => finding.level > Level::Docs,
            Admitted::Words => true,
        }
    }
}

/// The component or operation that a pointer leads into.
pub(super) fn root(pointer: &str) -> &str {
    match pointer.match_indices('/').nth(3) {
        Some((end, _)) => &pointer[..end],
        None => pointer,
    }
}

/// Whether one place is inside the other.
pub(super) fn related(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}

/// Whether a finding at the schemas that make up another, or at one of their fields, is about that
/// other as a whole.
pub(super) fn is_shallow(at: &str, schema: &str) -> bool {
    let rest = at.strip_prefix(schema);
    rest.is_some_and(|rest| {
        (rest.is_empty() || rest.starts_with('/')) && rest.matches("/properties/").count() <= 1
    })
}

/// The path of the type that an item is or belongs to: `management::types::EmailLog`.
pub(super) fn type_of(path: &str) -> Option<String> {
    let mut segments = path.split("::");
    let (module, types, name) = (segments.next()?, segments.next()?, segments.next()?);
    (types == "types").then(|| format!("{module}::types::{name}"))
}

/// Paths of the types that an item's signature names.
pub(super) fn types_named(item: &Item) -> BTreeSet<String> {
    if item.signature.starts_with("variant ") || item.signature.starts_with("fn(") {
        return BTreeSet::new();
    }
    let module = item.path.split("::").next().unwrap_or_default();
    let words = item.signature.split(|c: char| !c.is_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with(|c: char| c.is_uppercase()));
    names.map(|name| format!("{module}::types::{name}")).collect()
}

/// What an item is to a caller.
enum Kind<'c> {
    Method,
    Request,
    Setter(&'c str),
    Type,
    Constructor,
    Variant(&'c str),
    Form,
    Field(&'c str),
}

fn kind(change: &Change) -> Kind<'_> {
    let signature =
        change.new.as_ref().or(change.old.as_ref()).map_or("", |item| item.signature.as_str());
    let segments: Vec<&str> = change.path.split("::").collect();
    match segments.as_slice() {
        [_, "Client", _] => Kind::Method,
        [_, "types", _] => Kind::Type,
        [_, "types", _, "new"] if signature.starts_with("fn(") => Kind::Constructor,
        [_, "types", _, name] => match signature.strip_prefix("variant ") {
            Some(value) => Kind::Variant(value),
            None if name.starts_with(|c: char| c.is_uppercase()) => Kind::Form,
            None => Kind::Field(name),
        },
        [_, _, name] => Kind::Setter(name),
        _ => Kind::Request,
    }
}

/// Whether a finding near the item can have changed it.
pub(super) fn fits(change: &Change, finding: &Finding) -> bool {
    let concerns_operation = ["operation-", "webhook-", "path-parameter"]
        .iter()
        .any(|start| finding.id.starts_with(start) && finding.id != "operation-tags-changed");
    let access = finding.id.starts_with("security-") || finding.id.starts_with("oauth-");
    if access {
        return false;
    }
    match kind(change) {
        Kind::Method => concerns_operation || finding.direction != Direction::Request,
        Kind::Request => concerns_operation || finding.direction != Direction::Response,
        Kind::Setter(name) => {
            concerns_operation
                || (finding.direction != Direction::Response && is_set_by(finding, name))
        }
        Kind::Type | Kind::Form => !is_limit(finding) && !finding.id.contains("enum-value-"),
        Kind::Constructor => concerns_arguments(change, finding),
        Kind::Variant(value) => {
            if finding.id.contains("enum-value-") {
                let quoted =
                    |side: &Value| side.as_str().is_some_and(|text| format!("{text:?}") == value);
                return quoted(&finding.old) || quoted(&finding.new);
            }
            !is_limit(finding)
        }
        Kind::Field(name) => {
            let property = last_property(finding);
            !is_limit(finding)
                && !finding.id.contains("enum-value-")
                && (is_about_whole(finding)
                    || property.is_none_or(|property| is_called(&property, name)))
        }
    }
}

/// Findings about a whole type or operation concern every field of it.
fn is_about_whole(finding: &Finding) -> bool {
    const WHOLE: [&str; 8] = [
        "operation-",
        "schema-",
        "unused-schema-",
        "response-union-",
        "request-union-",
        "response-media-",
        "response-success-",
        "response-body-",
    ];
    WHOLE.iter().any(|start| finding.id.starts_with(start))
        || finding.id.ends_with("type-changed")
        || finding.id.ends_with("-added")
        || finding.id.ends_with("-removed")
}

/// The generator drops limits, so they change no item.
pub(super) fn is_limit(finding: &Finding) -> bool {
    ["-bound-", "-pattern-", "-default-", "-format-added", "-format-removed", "-constraint-"]
        .iter()
        .any(|part| finding.id.contains(part))
}

fn concerns_arguments(change: &Change, finding: &Finding) -> bool {
    let arguments = |item: &Option<Item>| -> Option<BTreeSet<String>> {
        let list = item.as_ref()?.signature.strip_prefix("fn(")?.strip_suffix(')')?;
        Some(list.split(',').map(str::to_owned).collect())
    };
    let (Some(old), Some(new)) = (arguments(&change.old), arguments(&change.new)) else {
        return !is_limit(finding) && !finding.id.contains("enum-value-");
    };
    let differing: Vec<&String> = old.symmetric_difference(&new).collect();
    let property = last_property(finding);
    let requirement = ["property-", "nullable", "type-changed", "schema-"]
        .iter()
        .any(|part| finding.id.contains(part));
    requirement
        && (differing.is_empty()
            || property
                .is_none_or(|property| differing.iter().any(|name| is_called(&property, name))))
}

/// The innermost property that a finding stands in.
fn last_property(finding: &Finding) -> Option<String> {
    let (_, rest) = finding.location.rsplit_once("/properties/")?;
    let name = rest.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

fn is_called(name: &str, item: &str) -> bool {
    let item = item.trim_start_matches("r#").trim_end_matches('_');
    name == item || name.to_snake_case() == item || name.to_upper_camel_case() == item
}

/// Whether a finding is about what a setter sets.
fn is_set_by(finding: &Finding, name: &str) -> bool {
    match &finding.parameter {
        Some(parameter) => is_called(parameter, name),
        None => !finding.location.contains("/responses/"),
    }
}
