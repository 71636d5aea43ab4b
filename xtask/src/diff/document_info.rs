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
        let what = format!("has another URL: `{}` → `{}`", excerpt_text(was), excerpt_text(is));
        let (old_at, new_at) = (old.at.key("url"), new.at.key("url"));
        let change = Change::changed(&rules::SERVER_URL_CHANGED, old_at, new_at, what);
        changes.push(change.values(*was, *is));
        changes.extend(annotations::compare(old, new));
        return changes;
    }
    for (url, place) in matching.removed {
        let what = format!("`{}` was removed", excerpt_text(url));
        let change = Change::removed(&rules::SERVER_REMOVED, place.at, what);
        changes.push(change.values(url, Value::Null));
    }
    for (url, place) in matching.added {
        let what = format!("`{}` was added", excerpt_text(url));
        let change = Change::added(&rules::SERVER_ADDED, place.at, what);
        changes.push(change.values(Value::Null, url));
    }
    changes
}

fn server_variables<'a>(old: &Place<'a>, new: &Place<'a>) -> Option<Change<'a>> {
    let (before, after) = (old.get("variables"), new.get("variables"));
    if old.value.get("variables") == new.value.get("variables") {
        return None;
    }
    let noun = "definition of variables";
    let change = Change::replaced(&rules::SERVER_URL_CHANGED, noun, before, after);
    Some(Change { old_at: Some(old.at.clone()), new_at: Some(new.at.clone()), ..change })
}
