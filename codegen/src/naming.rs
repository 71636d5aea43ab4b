//! Names: the rules that turn the words of a document into Rust identifiers, and `names.json` for
//! what no rule can decide.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use heck::{ToPascalCase, ToSnakeCase};
use proc_macro2::{Ident, Span};
use serde::Deserialize;

use crate::client::{CLIENT_METHODS, MODULE_TYPES, REQUEST_MEMBERS};
use crate::error::Error;
use crate::module::{Module, Surface};

/// The contents of `names.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Operation id → method name.
    pub(crate) operations: BTreeMap<String, String>,
    /// Module → schema name → Rust type name.
    types: BTreeMap<String, BTreeMap<String, String>>,
    /// Union type → name of the component or deciding property → variant.
    pub(crate) variants: BTreeMap<String, BTreeMap<String, String>>,
    /// Type → the required properties in the order in which its constructor takes them.
    pub(crate) constructors: BTreeMap<String, Vec<String>>,
    /// Properties that hold whole numbers even where the document says `number`.
    pub(crate) counts: BTreeSet<String>,
    /// Properties whose inner properties are never counts.
    pub(crate) fractions: BTreeSet<String>,
    /// Properties that hold decimal money strings.
    pub(crate) decimals: BTreeSet<String>,
    /// Properties that hold a point in time, besides those that end in `_at`.
    pub(crate) timestamps: BTreeSet<String>,
    /// Properties, parameters and maps that must never be printed.
    pub(crate) secrets: BTreeSet<String>,
}

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../names.json")).map_err(|error| error.to_string())
});

/// Returns the parsed `names.json`.
pub(crate) fn table() -> Result<&'static Table, Error> {
    TABLE.as_ref().map_err(|error| {
        Error::new("", format!("names.json cannot be read: {error}"), "fix codegen/names.json")
    })
}

impl Table {
    /// Returns the type name that overrides the rule for a schema.
    pub(crate) fn type_name(&self, module: Module, schema: &str) -> Option<&str> {
        let types = self.types.get(module.name())?;
        types.get(schema).map(String::as_str)
    }

    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.secrets.contains(&name.to_ascii_lowercase().replace('-', "_"))
    }
}

/// Returns a type name made of the words of `text`; never empty, never a keyword.
pub(crate) fn pascal(text: &str) -> String {
    // Repeated until it is stable, so that converting a type name again does not change it:
    // `f-o-o` → `FOO` → `Foo`.
    let mut name = ascii_words(text).to_pascal_case();
    loop {
        let again = name.to_pascal_case();
        if again == name {
            break;
        }
        name = again;
    }
    match name.chars().next() {
        None => "Unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) if name == "Self" => "SelfValue".to_owned(),
        Some(_) => name,
    }
}

/// Returns a function or field name made of the words of `text`; keywords get a trailing underscore.
pub(crate) fn snake(text: &str) -> String {
    let name = ascii_words(text).to_snake_case();
    let name = match name.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) => name,
    };
    if syn::parse_str::<Ident>(&name).is_ok() { name } else { format!("{name}_") }
}

/// Returns whether every generator makes the same words of a name.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.chars().all(is_part)
}

fn ascii_words(text: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    text.chars().map(word).collect()
}

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Returns the method name of an operation that has not been published: that of `names.json`, else its
/// id without the prefix of the surface, else one made of the HTTP method and the path.
pub(crate) fn method_name(
    table: &Table,
    surface: Surface,
    id: Option<&str>,
    method: &str,
    path: &str,
) -> String {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return unnamed_operation(method, path);
    };
    if let Some(name) = table.operations.get(id) {
        return name.clone();
    }
    let rest = id.strip_prefix(surface.module()).unwrap_or(id);
    free_method(snake(if rest.is_empty() { id } else { rest }))
}

pub(crate) fn unnamed_operation(method: &str, path: &str) -> String {
    let mut words = vec![method.to_owned()];
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if segment.starts_with('{') {
            words.push("by".to_owned());
        }
        words.push(segment.to_owned());
    }
    free_method(snake(&words.join(" ")))
}

/// Returns a method name that does not clash with the hand-written methods of a client.
fn free_method(name: String) -> String {
    if CLIENT_METHODS.contains(&name.as_str()) { format!("{name}_operation") } else { name }
}

/// Returns the name of an input that does not clash with the members of every request.
pub(crate) fn free_input(name: &str) -> String {
    if REQUEST_MEMBERS.contains(&name) { format!("{name}_value") } else { name.to_owned() }
}

/// Returns the name of a field that does not clash with the constructor.
pub(crate) fn free_field(name: &str) -> String {
    if name == "new" { "new_value".to_owned() } else { name.to_owned() }
}

/// Returns the names to try for a field or an input whose name is taken.
pub(crate) fn numbered(name: &str) -> impl Iterator<Item = String> {
    let name = name.trim_end_matches('_');
    (2..).map(move |number| format!("{name}_{number}"))
}

/// Returns the name of an operation's request type.
pub(crate) fn request_type(operation: &str) -> String {
    let name = pascal(operation);
    if MODULE_TYPES.contains(&name.as_str()) { format!("{name}Request") } else { name }
}

/// Returns the variant name of an enum value. A value that starts with a digit borrows the unit, or
/// the name of the property: `24h` → `Hours24`, `30` of `days` → `Days30`.
pub(crate) fn variant(property: &str, value: &str) -> String {
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    let name = if digits.is_empty() {
        match value.strip_prefix('-') {
            Some(rest) => format!("Minus{}", pascal(rest)),
            None => pascal(value),
        }
    } else {
        let unit = match &value[digits.len()..] {
            "s" => "Seconds".to_owned(),
            "m" => "Minutes".to_owned(),
            "h" => "Hours".to_owned(),
            "d" => "Days".to_owned(),
            "w" => "Weeks".to_owned(),
            "" => pascal(property),
            rest => pascal(rest),
        };
        format!("{unit}{digits}")
    };
    if name == "Unknown" { "UnknownValue".to_owned() } else { name }
}

/// Returns the singular of an English property name, for the items of an array.
pub(crate) fn singular(name: &str) -> String {
    if name.ends_with("series") {
        return name.to_owned();
    }
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if name.ends_with(ending) {
            return name[..name.len() - 2].to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) && !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_json_is_readable() {
        assert!(table().is_ok());
    }

    #[test]
    fn identifiers_are_always_legal() {
        for text in ["", "type", "24h", "Last-Event-ID", "self", "日本", "a.b", "crate", "_"] {
            assert!(syn::parse_str::<Ident>(&snake(text)).is_ok(), "{text:?}");
            assert!(syn::parse_str::<Ident>(&pascal(text)).is_ok(), "{text:?}");
            assert!(syn::parse_str::<Ident>(&variant("days", text)).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn values_become_variants() {
        let name = |value| variant("days", value);
        assert_eq!(name("24h"), "Hours24");
        assert_eq!(name("7"), "Days7");
        assert_eq!(name("AUTO_TOPUP"), "AutoTopup");
        assert_eq!(name("message.received.spam"), "MessageReceivedSpam");
        assert_eq!(name("unknown"), "UnknownValue");
    }

    #[test]
    fn operations_without_an_id_are_named_by_method_and_path() {
        let table = table().unwrap();
        let name = |id, path| method_name(table, Surface::Management, id, "get", path);
        assert_eq!(name(None, "/emails/logs/{public_id}"), "get_emails_logs_by_public_id");
        assert_eq!(name(Some("managementGetWidget"), "/w"), "get_widget");
        assert_eq!(name(Some("managementListBalance"), "/w"), "get_balance");
    }

    #[test]
    fn plurals() {
        assert_eq!(singular("attachments"), "attachment");
        assert_eq!(singular("identities"), "identity");
        assert_eq!(singular("mailboxes"), "mailbox");
        assert_eq!(singular("status"), "status");
        assert_eq!(singular("added"), "added");
    }
}
