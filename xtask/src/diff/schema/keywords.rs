//! Compares keywords that only restrict values (`not`, `if`, `propertyNames`, …), without their prose.

use serde_json::{Map, Value};

use super::Context;
use crate::diff::annotations::{self, is_annotation};
use crate::diff::change::Change;
use crate::diff::constraints::Types;
use crate::diff::inclusion::{self, Order, Schema};
use crate::diff::pointer::Place;
use crate::diff::rules;
use crate::diff::shape::Shape;

/// Keywords that mean something together, and the type whose values they restrict.
const GROUPS: [(&[&str], Option<Types>); 15] = [
    (&["not"], None),
    (&["if", "then", "else"], None),
    (&["$dynamicRef"], None),
    (&["$recursiveRef"], None),
    (&["contains", "minContains", "maxContains"], Some(Types::ARRAY)),
    (&["prefixItems"], Some(Types::ARRAY)),
    (&["additionalItems"], Some(Types::ARRAY)),
    (&["unevaluatedItems"], Some(Types::ARRAY)),
    (&["propertyNames"], Some(Types::OBJECT)),
    (&["patternProperties"], Some(Types::OBJECT)),
    (&["dependentRequired"], Some(Types::OBJECT)),
    (&["dependentSchemas"], Some(Types::OBJECT)),
    (&["contentSchema"], Some(Types::STRING)),
    (&["contentMediaType"], Some(Types::STRING)),
    (&["contentEncoding"], Some(Types::STRING)),
];

/// Whether a keyword restricts values and has no rules of its own.
pub(super) fn is_constraint(keyword: &str) -> bool {
    GROUPS.iter().any(|(keys, _)| keys.contains(&keyword))
}

/// Compares the keywords that restrict values of two schemas of the same types.
pub(super) fn compare<'a>(
    context: Context<'a>,
    old: &Shape<'a>,
    new: &Shape<'a>,
) -> Vec<Change<'a>> {
    let applies = |types: &Option<Types>| match (types, new.types) {
        (Some(some), Some(all)) => !all.intersection(*some).is_none(),
        _ => true,
    };
    let groups = GROUPS.iter().filter(|(_, types)| applies(types));
    groups.flat_map(|(keys, _)| compare_group(context, keys, old, new)).collect()
}

fn compare_group<'a>(
    context: Context<'a>,
    keys: &[&'static str],
    old: &Shape<'a>,
    new: &Shape<'a>,
) -> Vec<Change<'a>> {
    let has_items = old.items.is_some() || new.items.is_some();
    let pairs: Vec<(&str, Option<Place<'a>>, Option<Place<'a>>)> = keys
        .iter()
        .map(|key| (*key, old.keywords.get(key).cloned(), new.keywords.get(key).cloned()))
        .filter(|(_, old, new)| old.is_some() || new.is_some())
        .collect();
    let restriction = |place: &dyn Fn(usize) -> Option<&'a Value>| -> Value {
        let found = pairs.iter().enumerate();
        let found =
            found.filter_map(|(index, (key, ..))| Some(((*key).to_owned(), place(index)?.clone())));
        let mut all: Map<String, Value> = found.collect();
        // Whatever `items` says, it begins where `prefixItems` ends.
        if has_items && all.contains_key("prefixItems") {
            all.insert("items".to_owned(), Value::Bool(true));
        }
        Value::Object(all)
    };
    let before = restriction(&|index| pairs[index].1.as_ref().map(|place| place.value));
    let after = restriction(&|index| pairs[index].2.as_ref().map(|place| place.value));
    let value = |place: &Option<Place<'a>>| place.as_ref().map(|place| place.value);
    let differing = pairs.iter().find(|(_, old, new)| value(old) != value(new));
    let none = Value::Object(Map::new());
    let before = Schema { document: context.old, value: &before };
    let after = Schema { document: context.new, value: &after };
    let nothing =
        |side: Schema<'_>| inclusion::order(Schema { value: &none, ..side }, side) == Order::Same;
    // Another encoding of the same text is another text.
    let is_content =
        keys.first().is_some_and(|key| ["contentEncoding", "contentMediaType"].contains(key));
    let rules = match inclusion::order(before, after) {
        Order::Same => {
            return pairs.into_iter().flat_map(|(_, old, new)| prose(old, new)).collect();
        }
        _ if is_content => &rules::CONSTRAINT_CHANGED,
        _ if nothing(before) => &rules::CONSTRAINT_ADDED,
        _ if nothing(after) => &rules::CONSTRAINT_REMOVED,
        Order::Tightened => &rules::CONSTRAINT_TIGHTENED,
        Order::Loosened => &rules::CONSTRAINT_LOOSENED,
        Order::Unknown => &rules::CONSTRAINT_CHANGED,
    };
    // What differs can also be behind a reference.
    let Some((key, old, new)) = differing.or(pairs.first()) else { return Vec::new() };
    let rule = rules.for_direction(context.direction);
    vec![Change::replaced(rule, &format!("constraint `{key}`"), old.clone(), new.clone())]
}

/// Compares the annotations inside two constraints that demand the same.
fn prose<'a>(old: Option<Place<'a>>, new: Option<Place<'a>>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let mut open: Vec<(Place<'a>, Place<'a>)> = old.zip(new).into_iter().collect();
    while let Some((old, new)) = open.pop() {
        if old.value == new.value {
            continue;
        }
        changes.extend(annotations::compare(&old, &new));
        let inner = old.entries().filter(|(key, _)| !is_annotation(key));
        open.extend(inner.filter_map(|(key, place)| Some((place, new.get(key)?))));
        open.extend(old.elements().zip(new.elements()));
    }
    changes
}
