//! Compares what documents say besides their operations and schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Change, Matching, compare_keys, excerpt_text};
use super::document::Document;
use super::pointer::{Place, Pointer};
use super::{annotations, rules, security};

/// Compares info, servers, tags and security schemes.
pub(crate) fn compare<'a>(old: &'a Document, new: &'a Document) -> Vec<Change<'a>> {
    let (before, after) = (old.root(), new.root());
    let mut changes = annotations::compare(&before, &after);
    changes.extend(servers(&before, &after));
    changes.extend(security::of_documents(old, new));
    let info = |root: &Place<'a>| {
        root.get("info").unwrap_or_else(|| Place::new(Pointer::root(), &Value::Null))
    };
    let (old, new) = (info(&before), info(&after));
    let keys: BTreeSet<&str> = old.entries().chain(new.entries()).map(|(key, _)| key).collect();
    changes.extend(compare_keys(&rules::INFO_CHANGED, keys, &old, &new));
    changes.extend(tags(&before, &after));
    changes
}

/// Lists the objects in an array, each with the text that identifies it.
fn by_text<'a>(place: &Place<'a>, list: &str, key: &str) -> Vec<(&'a str, Place<'a>)> {
    let objects = place.elements_of(list);
    objects.filter_map(|place| Some((place.text(key)?, place))).collect()
}

fn tags<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let list = |place: &Place<'a>| by_text(place, "tags", "name");
    let matching = Matching::by_key(list(old), list(new));
    let removed = matching.removed.into_iter().map(|(_, place)| (Some(place), None));
    let added = matching.added.into_iter().map(|(_, place)| (None, Some(place)));
    let pairs = matching.pairs.into_iter().filter(|(old, new)| old.value != new.value);
    let changed = pairs.map(|(old, new)| (Some(old), Some(new)));
    removed
        .chain(added)
        .chain(changed)
        .map(|(old, new)| Change::replaced(&rules::TAG_CHANGED, "tag", old, new))
        .collect()
}

/// Compares the servers that a document, a path item or an operation lists.
pub(crate) fn servers<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let list = |place: &Place<'a>| by_text(place, "servers", "url");
    let matching = Matching::by_key(list(old), list(new));
    let mut changes = Vec::new();
    for (old, new) in &matching.pairs {
        changes.extend(annotations::compare(old, new));
        changes.extend(server_variables(old, new));
    }
    if let ([(was, old)], [(is, new)]) = (matching.removed.as_slice(), matching.added.as_slice()) {
        let what = format!("has another server: `{}` → `{}`", excerpt_text(was), excerpt_text(is));
        let (old_at, new_at) = (old.at.key("url"), new.at.key("url"));
        let change = Change::changed(&rules::SERVER_URL_CHANGED, old_at, new_at, what);
        changes.push(change.values(*was, *is));
        changes.extend(annotations::compare(old, new));
        return changes;
    }
    for (url, place) in matching.removed {
        let what = format!("no longer has the server `{}`", excerpt_text(url));
        let change = Change::removed(&rules::SERVER_REMOVED, place.at, what);
        changes.push(change.values(url, Value::Null));
    }
    for (url, place) in matching.added {
        let what = format!("also has the server `{}`", excerpt_text(url));
        let change = Change::added(&rules::SERVER_ADDED, place.at, what);
        changes.push(change.values(Value::Null, url));
    }
    changes
}

fn server_variables<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let list = |place: &Place<'a>| place.entries_of("variables").collect::<Vec<_>>();
    let matching = Matching::by_key(list(old), list(new));
    let mut changes = Vec::new();
    // The URL names its variables, so the others do not matter.
    let used = |name: &str| new.text("url").is_some_and(|url| url.contains(&format!("{{{name}}}")));
    let removed = matching.removed.into_iter().map(|(name, place)| (name, Some(place), None));
    let added = matching.added.into_iter().map(|(name, place)| (name, None, Some(place)));
    for (name, old, new) in removed.chain(added).filter(|(name, ..)| used(name)) {
        let noun = format!("definition of the variable {name}");
        changes.push(Change::replaced(&rules::SERVER_URL_CHANGED, &noun, old, new));
    }
    for (old, new) in matching.pairs {
        changes.extend(annotations::compare(&old, &new));
        changes.extend(compare_keys(&rules::SERVER_URL_CHANGED, ["default"], &old, &new));
        changes.extend(server_values(&old, &new));
    }
    changes
}

/// Compares the values that a variable can have; without a list, it can have any.
fn server_values<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let (before, after) = (old.get("enum"), new.get("enum"));
    let (Some(_), Some(_)) = (&before, &after) else {
        let rule = if after.is_some() { &rules::SERVER_REMOVED } else { &rules::SERVER_ADDED };
        let changed = before.is_some() || after.is_some();
        let change = changed.then(|| Change::replaced(rule, "list of values", before, after));
        return change.into_iter().collect();
    };
    let values = |place: &Place<'a>| {
        let values = place.elements_of("enum").map(|place| (place.value.to_string(), place));
        values.collect::<Vec<_>>()
    };
    let Matching { removed, added, .. } = Matching::by_key(values(old), values(new));
    let removed = removed.into_iter().map(|(value, place)| {
        let what = format!("no longer accepts {value} for a variable");
        Change::removed(&rules::SERVER_REMOVED, place.at, what)
            .values(place.value.clone(), Value::Null)
    });
    let added = added.into_iter().map(|(value, place)| {
        let what = format!("also accepts {value} for a variable");
        Change::added(&rules::SERVER_ADDED, place.at, what).values(Value::Null, place.value.clone())
    });
    removed.chain(added).collect()
}
