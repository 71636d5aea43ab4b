//! Gives types their final names: those of `names.json`, else the document's without the words that
//! the module already says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Context;
use crate::document::{components, components_mut, schemas_mut};
use crate::error::Error;
use crate::module::{Module, Surface};
use crate::naming::pascal;
use crate::schema::{enum_values, reference, reference_to, skeleton};

pub(super) fn rename_types(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let components = components(document).cloned().unwrap_or_default();
    let renamed = assign(&components, context);
    if let Some(slot) = components_mut(document) {
        *slot = collect(components, &renamed);
    }
    references(document, &renamed)
}

/// Replaces the names in every reference.
pub(super) fn references(
    document: &mut Value,
    renamed: &BTreeMap<String, String>,
) -> Result<(), Error> {
    schemas_mut(document, &mut |_, node| {
        if let Some(name) = reference(node).and_then(|name| renamed.get(name)) {
            node["$ref"] = reference_to(name)["$ref"].clone();
        }
        Ok(())
    })
}

/// Drops what the module already says, and the endings of request bodies.
fn by_rule(module: Module, name: &str) -> String {
    let name = pascal(name);
    let prefix = match module {
        Module::Surface(Surface::Mailbox) => "Mailbox",
        Module::Webhooks => "Webhook",
        Module::Surface(_) => "",
    };
    let mut words = name.strip_prefix(prefix).unwrap_or(&name);
    for ending in ["RequestBody", "Body"] {
        words = words.strip_suffix(ending).unwrap_or(words);
    }
    if words.starts_with(|first: char| first.is_ascii_uppercase()) {
        words.to_owned()
    } else {
        name
    }
}

/// Returns the final name of every component. Two components share a name only if `names.json` says
/// so and they are the same type; otherwise the later one in alphabetical order keeps more of its own
/// name.
fn assign(components: &Map<String, Value>, context: &Context<'_>) -> BTreeMap<String, String> {
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut owners: BTreeMap<String, &Value> = BTreeMap::new();
    let tabled = |name: &str| context.table.type_name(context.module, name);
    let (first, second): (Vec<_>, Vec<_>) =
        components.iter().partition(|(name, _)| tabled(name).is_some());
    for (name, schema) in first.into_iter().chain(second) {
        let own = pascal(name);
        let by_rule = by_rule(context.module, name);
        let numbered = (2..).map(|number| format!("{own}{number}"));
        let mut candidates = tabled(name)
            .map(str::to_owned)
            .into_iter()
            .chain([by_rule, own.clone()])
            .chain(numbered);
        let free = |candidate: &String| match owners.get(candidate) {
            None => true,
            Some(other) => tabled(name) == Some(candidate.as_str()) && same_type(other, schema),
        };
        if let Some(chosen) = candidates.find(|candidate| free(candidate)) {
            owners.entry(chosen.clone()).or_insert(schema);
            renamed.insert(name.clone(), chosen);
        }
    }
    renamed
}

fn same_type(left: &Value, right: &Value) -> bool {
    let both_enums = enum_values(left).is_some() && enum_values(right).is_some();
    both_enums || skeleton(left) == skeleton(right)
}

/// Returns the components under their final names; enums that share a name are merged.
fn collect(
    components: Map<String, Value>,
    renamed: &BTreeMap<String, String>,
) -> Map<String, Value> {
    let mut collected: Map<String, Value> = Map::new();
    for (name, schema) in components {
        let name = renamed.get(&name).cloned().unwrap_or(name);
        match collected.get_mut(&name) {
            None => {
                collected.insert(name, schema);
            }
            Some(other) => {
                if let (Some(known), Some(more)) = (enum_values(other), enum_values(&schema)) {
                    let values: BTreeSet<&str> = known.iter().chain(&more).copied().collect();
                    let mut ordered = known.clone();
                    ordered.extend(values.into_iter().filter(|value| !known.contains(value)));
                    let ordered = json!(ordered);
                    other["enum"] = ordered;
                }
            }
        }
    }
    collected
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAILBOX: Module = Module::Surface(Surface::Mailbox);
    const MANAGEMENT: Module = Module::Surface(Surface::Management);

    #[test]
    fn names_do_not_repeat_the_module() {
        assert_eq!(by_rule(MAILBOX, "MailboxMessage"), "Message");
        assert_eq!(by_rule(MAILBOX, "Mailbox"), "Mailbox");
        assert_eq!(by_rule(MAILBOX, "Mailboxes"), "Mailboxes");
        assert_eq!(by_rule(MANAGEMENT, "MailboxDomain"), "MailboxDomain");
        assert_eq!(by_rule(MANAGEMENT, "WebhookCreateBody"), "WebhookCreate");
        assert_eq!(by_rule(MANAGEMENT, "Body"), "Body");
        assert_eq!(by_rule(Module::Webhooks, "WebhookEventData"), "EventData");
        assert_eq!(by_rule(Module::Webhooks, "Webhook"), "Webhook");
    }

    #[test]
    fn different_types_never_share_a_name() {
        let components = json!({
            "foo_bar": {"type": "object", "properties": {"a": {}}},
            "FooBar": {"type": "object", "properties": {"b": {}}},
            "FooBarBody": {"type": "object", "properties": {"c": {}}},
        });
        let context = Context { module: MANAGEMENT, table: crate::naming::table().unwrap() };
        let names = assign(components.as_object().unwrap(), &context);
        let distinct: BTreeSet<_> = names.values().collect();
        assert_eq!(distinct.len(), 3, "{names:?}");
    }
}
