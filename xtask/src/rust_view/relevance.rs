//! Decides whether a finding can be the reason why an item changed.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use sendmux_client_codegen::Item;
use serde_json::Value;

use super::items::ItemChange;
use crate::diff::pointer::unescape;
use crate::diff::{Direction, Finding, Level};

/// The findings that a search considers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// Those that are reported in any case, except annotations.
    Reported,
    /// Also those that only explain why items change.
    Unreported,
    /// Also the titles that types are named after, and other documentation that names something.
    Annotations,
}

impl Filter {
    pub(super) fn admits(self, finding: &Finding) -> bool {
        match self {
            Filter::Reported => finding.level > Level::Docs && !finding.unreported,
            Filter::Unreported => finding.level > Level::Docs,
            Filter::Annotations => !is_prose(finding),
        }
    }
}

/// Returns the pointer to the component or operation that a pointer leads into.
pub(super) fn root(pointer: &str) -> &str {
    match pointer.match_indices('/').nth(3) {
        Some((end, _)) => &pointer[..end],
        None => pointer,
    }
}

/// Whether one place contains the other.
pub(super) fn related(one: &str, other: &str) -> bool {
    inside(one, other) || inside(other, one)
}

/// Whether a place is another one or within it.
fn inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a finding concerns a schema itself or one of its properties, and nothing deeper.
pub(super) fn is_shallow(at: &str, schema: &str) -> bool {
    let rest = at.strip_prefix(schema);
    rest.is_some_and(|rest| {
        (rest.is_empty() || rest.starts_with('/')) && rest.matches("/properties/").count() <= 1
    })
}

/// Returns the path of the type that an item is or belongs to: `management::types::EmailLog`.
pub(super) fn type_of(path: &str) -> Option<String> {
    let mut segments = path.split("::");
    let (module, types, name) = (segments.next()?, segments.next()?, segments.next()?);
    (types == "types").then(|| format!("{module}::types::{name}"))
}

/// Returns the paths of the types in an item's signature.
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
enum ItemKind<'c> {
    Method,
    Request,
    Setter(&'c str),
    Type,
    Constructor,
    Variant(&'c str),
    UnionVariant,
    Field(&'c str),
}

fn item_kind(change: &ItemChange) -> ItemKind<'_> {
    let signature =
        change.new.as_ref().or(change.old.as_ref()).map_or("", |item| item.signature.as_str());
    let segments: Vec<&str> = change.path.split("::").collect();
    match segments.as_slice() {
        [_, "Client", _] => ItemKind::Method,
        [_, "types", _] => ItemKind::Type,
        [_, "types", _, "new"] if signature.starts_with("fn(") => ItemKind::Constructor,
        [_, "types", _, name] => match signature.strip_prefix("variant ") {
            Some(value) => ItemKind::Variant(value),
            None if name.starts_with(|c: char| c.is_uppercase()) => ItemKind::UnionVariant,
            None => ItemKind::Field(name),
        },
        [_, _, name] => ItemKind::Setter(name),
        _ => ItemKind::Request,
    }
}

/// Returns the value that a variant of an enum stands for.
pub(super) fn value_of(change: &ItemChange) -> Option<String> {
    match item_kind(change) {
        ItemKind::Variant(quoted) => serde_json::from_str(quoted).ok(),
        _ => None,
    }
}

/// Whether a finding is about prose, which names nothing.
fn is_prose(finding: &Finding) -> bool {
    const PROSE: [&str; 9] = [
        "annotation-changed",
        "deprecated",
        "deprecation-withdrawn",
        "description-changed",
        "example-changed",
        "info-changed",
        "operation-tags-changed",
        "summary-changed",
        "tag-definition-changed",
    ];
    PROSE.contains(&finding.id)
}

/// Whether a finding is about credentials or servers, which no item depends on.
pub(super) fn is_access(finding: &Finding) -> bool {
    ["security-", "oauth-", "redundant-security-", "server-"]
        .iter()
        .any(|start| finding.id.starts_with(start))
}

/// Whether a finding and a changed item go the same way: what only adds makes nothing disappear,
/// and what only removes makes nothing appear. A property is the cause of its own items alone.
pub(super) fn agrees(change: &ItemChange, finding: &Finding) -> bool {
    let stem = ["request-", "response-"]
        .iter()
        .find_map(|side| finding.id.strip_prefix(side))
        .unwrap_or(finding.id);
    let about_property =
        ["optional-property-", "required-property-"].iter().any(|start| stem.starts_with(start));
    let argument = finding.direction == Direction::Request && stem.starts_with("required-");
    let kind = item_kind(change);
    let is_type = matches!(kind, ItemKind::Type | ItemKind::UnionVariant | ItemKind::Variant(_));
    if stem.ends_with("-added") {
        const ADDITIONS: [&str; 8] = [
            "callback-",
            "enum-value-",
            "error-status-",
            "header-",
            "operation-added",
            "optional-",
            "unused-schema-",
            "webhook-",
        ];
        let adds = ADDITIONS.iter().any(|start| stem.starts_with(start))
            || (stem.starts_with("required-") && !argument)
            || stem.starts_with("union-variant-");
        if change.old.is_some() && adds {
            return false;
        }
        let constructs =
            matches!(kind, ItemKind::Constructor | ItemKind::Method | ItemKind::Request);
        if change.old.is_some() && argument && !constructs {
            return false;
        }
    }
    let removes = ["operation-removed", "webhook-removed", "unused-schema-removed"].contains(&stem)
        || ["enum-value-", "error-status-", "optional-", "required-", "union-variant-"]
            .iter()
            .any(|start| stem.starts_with(start) && stem.ends_with("-removed"));
    if change.old.is_none() && removes {
        return false;
    }
    if !about_property {
        return true;
    }
    match kind {
        ItemKind::Field(name) => {
            let within = |item: &Item| finding.pointers().any(|at| inside(&item.origin, at));
            change.sides().any(within)
                || last_property(finding).is_none_or(|property| is_called(&property, name))
        }
        // The type of a property belongs to it, the type around it does not.
        _ if is_type => change.sides().all(|item| {
            finding.pointers().all(|at| !inside(at, &item.origin) || at == item.origin)
        }),
        _ => true,
    }
}

/// Whether a finding near the item can have changed it.
pub(super) fn fits(change: &ItemChange, finding: &Finding) -> bool {
    let concerns_operation = ["operation-", "webhook-", "path-parameter"]
        .iter()
        .any(|start| finding.id.starts_with(start) && finding.id != "operation-tags-changed");
    let kind = item_kind(change);
    let is_of_operation =
        matches!(kind, ItemKind::Method | ItemKind::Request | ItemKind::Setter(_));
    // How a parameter is written says nothing about types.
    if finding.id.starts_with("parameter-") && !is_of_operation {
        return false;
    }
    match kind {
        ItemKind::Method => concerns_operation || finding.direction != Direction::Request,
        ItemKind::Request => concerns_operation || finding.direction != Direction::Response,
        ItemKind::Setter(name) => {
            concerns_operation
                || (finding.direction != Direction::Response && is_set_by(finding, name))
        }
        ItemKind::Type | ItemKind::UnionVariant => {
            !is_constraint(finding) && !finding.id.contains("enum-value-")
        }
        ItemKind::Constructor => concerns_arguments(change, finding),
        ItemKind::Variant(value) => {
            if finding.id.contains("enum-value-") {
                let quoted =
                    |side: &Value| side.as_str().is_some_and(|text| format!("{text:?}") == value);
                return quoted(&finding.old) || quoted(&finding.new);
            }
            !is_constraint(finding)
        }
        ItemKind::Field(name) => {
            let property = last_property(finding);
            !is_constraint(finding)
                && !finding.id.contains("enum-value-")
                && (is_about_whole(finding)
                    || property.is_none_or(|property| is_called(&property, name)))
        }
    }
}

/// Whether a finding about a type or operation concerns every field of it.
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

/// Whether a finding is about a constraint. The generator drops constraints, so they change no item.
pub(super) fn is_constraint(finding: &Finding) -> bool {
    [
        "-bound-",
        "-pattern-",
        "-default-",
        "-format-added",
        "-format-removed",
        "-constraint-",
        "-unnamed-",
    ]
    .iter()
    .any(|part| finding.id.contains(part))
}

fn concerns_arguments(change: &ItemChange, finding: &Finding) -> bool {
    let arguments = |item: &Option<Item>| -> Option<BTreeSet<String>> {
        let list = item.as_ref()?.signature.strip_prefix("fn(")?.strip_suffix(')')?;
        Some(list.split(',').map(str::to_owned).collect())
    };
    let (Some(old), Some(new)) = (arguments(&change.old), arguments(&change.new)) else {
        return !is_constraint(finding) && !finding.id.contains("enum-value-");
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

/// Returns the innermost property that contains a finding.
fn last_property(finding: &Finding) -> Option<String> {
    let (_, rest) = finding.location.rsplit_once("/properties/")?;
    let name = rest.split('/').next()?;
    Some(unescape(name))
}

fn is_called(name: &str, item: &str) -> bool {
    let item = item.trim_start_matches("r#").trim_end_matches('_');
    name == item || name.to_snake_case() == item || name.to_upper_camel_case() == item
}

/// Whether a finding is about the value that a setter sets.
fn is_set_by(finding: &Finding, name: &str) -> bool {
    match &finding.parameter {
        Some(parameter) => is_called(parameter, name),
        None => name == "body" && !finding.location.contains("/responses/"),
    }
}
