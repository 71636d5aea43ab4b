//! Gives types their final names: those that were published, else those of `names.json`, else the
//! document's without the words that the module already says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Context;
use super::hoist::add_places;
use crate::document::{components, components_mut, schemas_mut};
use crate::error::{Error, Pointer};
use crate::extensions::ORIGIN;
use crate::module::{Module, Surface};
use crate::naming::pascal;
use crate::note::Note;
use crate::schema::{
    branches, enum_values, is_nullable, is_required, properties, reference, reference_to,
    set_nullable, skeleton, type_name, visit,
};

pub(super) fn rename_types(document: &mut Value, context: &Context<'_>) -> Result<(), Error> {
    let mut parted = BTreeSet::new();
    loop {
        let Some(components) = components(document) else { return Ok(()) };
        let renamed = assign(components, context, &parted);
        match collect(components, &renamed)? {
            Ok(collected) => {
                if let Some(slot) = components_mut(document) {
                    slot.clear();
                }
                references(document, &renamed)?;
                if let Some(slot) = components_mut(document) {
                    *slot = collected;
                }
                return Ok(());
            }
            // It stands alone from now on, and what it refers to may have to as well.
            Err(name) => {
                let origin = &document["components"]["schemas"][&name][ORIGIN];
                let reason = Error::new(
                    origin.as_str().unwrap_or_default(),
                    "the API describes it differently from the other places of that type now",
                    "use the type that it has there now",
                );
                Note::new(format!("`{}` at one of its places", renamed[&name]), reason)
                    .leave(document);
                parted.insert(name);
            }
        }
    }
}

/// Replaces the names in every reference.
pub(super) fn references(
    document: &mut Value,
    renamed: &BTreeMap<String, String>,
) -> Result<(), Error> {
    schemas_mut(document, &mut |_, node| rename_reference(node, renamed))
}

fn rename_reference(node: &mut Value, renamed: &BTreeMap<String, String>) -> Result<(), Error> {
    if let Some(name) = reference(node).and_then(|name| renamed.get(name)) {
        node["$ref"] = reference_to(name)["$ref"].clone();
    }
    Ok(())
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

/// Returns the final name of every component. What was published keeps its name, and shares it with
/// the other places that do. Of the rest, two share a name only if `names.json` says so and they are the
/// same type; otherwise the later one in alphabetical order keeps more of its own name.
fn assign(
    components: &Map<String, Value>,
    context: &Context<'_>,
    parted: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut owners: BTreeMap<String, &Value> = BTreeMap::new();
    let tabled = |name: &str| context.table.type_name(context.module, name);
    let (published, new): (Vec<_>, Vec<_>) = components
        .iter()
        .partition(|(name, schema)| context.published(schema).is_some() && !parted.contains(*name));
    for (name, schema) in published {
        if let Some(published) = context.published(schema) {
            owners.entry(published.to_owned()).or_insert(schema);
            renamed.insert(name.clone(), published.to_owned());
        }
    }
    let (first, second): (Vec<_>, Vec<_>) =
        new.into_iter().partition(|(name, _)| tabled(name).is_some());
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
            Some(other) => {
                tabled(name) == Some(candidate.as_str())
                    && !parted.contains(name)
                    && same_type(other, schema)
            }
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

/// Returns the components under their final names, those that share a name joined; or the name of one
/// that cannot be joined with the others.
fn collect(
    components: &Map<String, Value>,
    renamed: &BTreeMap<String, String>,
) -> Result<Result<Map<String, Value>, String>, Error> {
    let mut collected: Map<String, Value> = Map::new();
    for (name, schema) in components {
        let mut schema = schema.clone();
        visit(&Pointer::root(), &mut schema, &mut |_, node| rename_reference(node, renamed))?;
        let last = renamed.get(name).unwrap_or(name);
        match collected.get_mut(last) {
            None => {
                collected.insert(last.clone(), schema);
            }
            Some(other) => {
                let Some(mut both) = joined(other, &schema) else { return Ok(Err(name.clone())) };
                add_places(&mut both, &schema);
                *other = both;
            }
        }
    }
    Ok(Ok(collected))
}

/// Returns the type whose values are those of both, if there is one: every value of an enum, every
/// branch of a union, every property of an object.
fn joined(left: &Value, right: &Value) -> Option<Value> {
    if skeleton(left) == skeleton(right) {
        return Some(left.clone());
    }
    let mut both = left.clone();
    if let (Some(known), Some(more)) = (enum_values(left), enum_values(right)) {
        let values: BTreeSet<&str> =
            more.into_iter().filter(|value| !known.contains(value)).collect();
        both["enum"] = known.into_iter().chain(values).collect();
    } else if let (Some(known), Some(more)) = (branches(left), branches(right)) {
        let is_new =
            |branch: &&Value| known.iter().all(|other| skeleton(other) != skeleton(branch));
        both["anyOf"] = known.iter().chain(more.iter().filter(is_new)).cloned().collect();
    } else {
        let (known, more) = (properties(left)?, properties(right)?);
        let mut all = known.clone();
        for (name, schema) in more {
            let schema = match known.get(name) {
                Some(other) => joined_property(other, schema)?,
                None => schema.clone(),
            };
            all.insert(name.clone(), schema);
        }
        let required: Vec<&String> =
            all.keys().filter(|name| is_required(left, name) && is_required(right, name)).collect();
        both["required"] = json!(required);
        both["properties"] = all.into();
    }
    Some(both)
}

fn joined_property(left: &Value, right: &Value) -> Option<Value> {
    let bare = |schema: &Value| {
        let mut skeleton = skeleton(schema);
        if let Value::Object(keywords) = &mut skeleton {
            keywords.remove("nullable");
        }
        skeleton
    };
    let mut both = left.clone();
    if bare(left) != bare(right) {
        let lists = type_name(left) == Some("array") && type_name(right) == Some("array");
        let items = (left.get("items")?, right.get("items")?);
        both["items"] = lists.then(|| joined_property(items.0, items.1))??;
    }
    if is_nullable(right) {
        set_nullable(&mut both);
    }
    Some(both)
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
        let context = crate::lower::testing::context();
        let names = assign(components.as_object().unwrap(), &context, &BTreeSet::new());
        let distinct: BTreeSet<_> = names.values().collect();
        assert_eq!(distinct.len(), 3, "{names:?}");
    }
}
