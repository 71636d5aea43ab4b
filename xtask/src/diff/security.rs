//! Compares the credentials that operations accept and the security schemes that documents
//! describe.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{Change, Matching, compare_keys, excerpt_text};
use super::document::Document;
use super::operation::OperationPair;
use super::pointer::Place;
use super::{annotations, rules};

type Scopes = BTreeSet<String>;
/// Schemes that are needed together, each with the scopes that its credential must have.
type Alternative = BTreeMap<String, Scopes>;

/// Compares the alternatives that an operation accepts, its own or the document's.
pub(crate) fn of_operation<'a>(pair: &OperationPair<'a>) -> Vec<Change<'a>> {
    let list = |document: &'a Document, operation: &Place<'a>| {
        operation.get("security").or_else(|| document.root().get("security"))
    };
    let old = list(pair.old_document, &pair.old.place);
    let new = list(pair.new_document, &pair.new.place);
    let names = renamed(pair.old_document, pair.new_document);
    let before = alternatives(old.as_ref(), &names);
    let after = alternatives(new.as_ref(), &BTreeMap::new());
    let changed = |rule, what: String| {
        let old = old.as_ref().unwrap_or(&pair.old.place);
        let new = new.as_ref().unwrap_or(&pair.new.place);
        Change::changed(rule, old.at.clone(), new.at.clone(), what)
    };
    let Pairing { pairs, removed, added } = pair_up(before.clone(), after.clone());
    let mut changes = Vec::new();
    for alternative in &removed {
        let credential = describe(alternative);
        let (rule, what) = if is_implied(alternative, &after) {
            (&rules::REDUNDANT_ACCESS_REMOVED, format!("does not list {credential} any more"))
        } else if alternative.is_empty() {
            (&rules::ACCESS_REMOVED, "now needs a credential".to_owned())
        } else {
            (&rules::ACCESS_REMOVED, format!("no longer accepts {credential}"))
        };
        changes.push(changed(rule, what).values(credential, Value::Null));
    }
    for alternative in &added {
        let credential = describe(alternative);
        let (rule, what) = if is_implied(alternative, &before) {
            (&rules::REDUNDANT_ACCESS_ADDED, format!("also lists {credential}"))
        } else if alternative.is_empty() {
            (&rules::ACCESS_ADDED, "also works without a credential".to_owned())
        } else {
            (&rules::ACCESS_ADDED, format!("also accepts {credential}"))
        };
        changes.push(changed(rule, what).values(Value::Null, credential));
    }
    for (was, is) in &pairs {
        let credentials = !was.keys().eq(is.keys());
        let (rule, verb) = match (needs_no_more(is, was), needs_no_more(was, is)) {
            (true, true) => continue,
            (false, true) if was.is_empty() => (&rules::ACCESS_NARROWED, "now needs a credential"),
            (true, false) if is.is_empty() => {
                (&rules::ACCESS_WIDENED, "no longer needs a credential")
            }
            (false, true) if credentials => (&rules::ACCESS_NARROWED, "needs more credentials"),
            (true, false) if credentials => (&rules::ACCESS_WIDENED, "needs fewer credentials"),
            (false, true) => (&rules::ACCESS_NARROWED, "needs more scopes"),
            (true, false) => (&rules::ACCESS_WIDENED, "needs fewer scopes"),
            (false, false) => (&rules::ACCESS_REPLACED, "needs other scopes"),
        };
        let (was, is) = (describe(was), describe(is));
        changes.push(changed(rule, format!("{verb}: {was} → {is}")).values(was, is));
    }
    changes
}

/// Alternatives of OLD and their successors in NEW.
struct Pairing {
    pairs: Vec<(Alternative, Alternative)>,
    removed: Vec<Alternative>,
    added: Vec<Alternative>,
}

/// Pairs alternatives: equal ones first, then those of which one needs more than the other, then
/// those of the same schemes in their order.
fn pair_up(mut removed: Vec<Alternative>, mut added: Vec<Alternative>) -> Pairing {
    type Test = fn(&Alternative, &Alternative) -> bool;
    let same = |one: &Alternative, other: &Alternative| one.keys().eq(other.keys());
    let mut pairs = Vec::new();
    let tests: [Test; 4] = [
        |one, other| one == other,
        |one, other| {
            one.keys().eq(other.keys()) && (needs_no_more(one, other) || needs_no_more(other, one))
        },
        |one, other| needs_no_more(one, other) || needs_no_more(other, one),
        same,
    ];
    for test in tests {
        removed.retain(|old| {
            let partner = added.iter().position(|new| test(old, new));
            pairs.extend(partner.map(|index| (old.clone(), added.remove(index))));
            partner.is_none()
        });
    }
    Pairing { pairs, removed, added }
}

/// Whether whatever satisfies `other` satisfies `one` as well.
fn needs_no_more(one: &Alternative, other: &Alternative) -> bool {
    one.iter().all(|(name, scopes)| other.get(name).is_some_and(|more| scopes.is_subset(more)))
}

fn is_implied(alternative: &Alternative, others: &[Alternative]) -> bool {
    others.iter().any(|other| other != alternative && needs_no_more(other, alternative))
}

/// Reads a list of alternatives, each once. Without a list, no credential is needed.
fn alternatives(list: Option<&Place<'_>>, names: &BTreeMap<String, String>) -> Vec<Alternative> {
    let read = |place: Place<'_>| -> Alternative {
        let schemes = place.entries().map(|(name, scopes)| {
            let name = names.get(name).map_or(name, String::as_str);
            let scopes =
                scopes.elements().filter_map(|scope| Some(scope.value.as_str()?.to_owned()));
            (name.to_owned(), scopes.collect())
        });
        schemes.collect()
    };
    let mut all: Vec<Alternative> = Vec::new();
    for alternative in list.into_iter().flat_map(Place::elements).map(read) {
        if !all.contains(&alternative) {
            all.push(alternative);
        }
    }
    if all.is_empty() { vec![Alternative::new()] } else { all }
}

fn describe(alternative: &Alternative) -> String {
    let schemes = alternative.iter().map(|(name, scopes)| {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        match scopes.as_slice() {
            [] => name.clone(),
            scopes => format!("{name} with {}", scopes.join(", ")),
        }
    });
    match schemes.collect::<Vec<_>>().as_slice() {
        [] => "no credential".to_owned(),
        schemes => format!("`{}`", excerpt_text(&schemes.join(" and "))),
    }
}

fn schemes(document: &Document) -> Vec<(&str, Place<'_>)> {
    let components = document.root().get("components");
    let schemes = components.iter().flat_map(|place| place.entries_of("securitySchemes"));
    schemes.map(|(name, place)| (name, document.resolved(place))).collect()
}

/// Maps the old names of security schemes that were renamed to their new names.
fn renamed(old: &Document, new: &Document) -> BTreeMap<String, String> {
    let (before, after) = (schemes(old), schemes(new));
    let mut names = BTreeMap::new();
    for (name, place) in &before {
        if after.iter().any(|(other, _)| other == name) {
            continue;
        }
        let candidate = after.iter().find(|(other, theirs)| {
            theirs.value == place.value
                && !before.iter().any(|(name, _)| name == other)
                && !names.values().any(|taken: &String| taken == other)
        });
        if let Some((other, _)) = candidate {
            names.insert((*name).to_owned(), (*other).to_owned());
        }
    }
    names
}

/// Compares the security schemes that two documents describe.
pub(crate) fn of_documents<'a>(old: &'a Document, new: &'a Document) -> Vec<Change<'a>> {
    let names = renamed(old, new);
    let before = schemes(old)
        .into_iter()
        .map(|(name, place)| (names.get(name).cloned().unwrap_or_else(|| name.to_owned()), place));
    let after = schemes(new).into_iter().map(|(name, place)| (name.to_owned(), place));
    let matching = Matching::by_key(before, after);
    let mut changes = Vec::new();
    for (name, place) in matching.removed {
        let change = Change::removed(&rules::SECURITY_SCHEME_REMOVED, place.at, "was removed");
        changes.push(change.values(name, Value::Null));
    }
    for (name, place) in matching.added {
        let change = Change::added(&rules::SECURITY_SCHEME_ADDED, place.at, "was added");
        changes.push(change.values(Value::Null, name));
    }
    for (old, new) in matching.pairs {
        changes.extend(scheme(&old, &new));
    }
    changes
}

fn scheme<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    const SETTINGS: [&str; 5] = ["type", "in", "name", "scheme", "openIdConnectUrl"];
    let mut changes = annotations::compare(old, new);
    // The name of an HTTP scheme and that of a header are the same in any letter case.
    let same = |key: &str| {
        let folds = key == "scheme" || (key == "name" && old.text("in") == Some("header"));
        let texts = old.text(key).zip(new.text(key));
        folds && texts.is_some_and(|(old, new)| old.eq_ignore_ascii_case(new))
    };
    let settings = SETTINGS.into_iter().filter(|key| !same(key));
    changes.extend(compare_keys(&rules::SECURITY_SCHEME_CHANGED, settings, old, new));
    changes.extend(compare_keys(&rules::ANNOTATION_CHANGED, ["bearerFormat"], old, new));
    let matching = Matching::by_key(old.entries_of("flows"), new.entries_of("flows"));
    for (name, place) in matching.removed {
        let what = format!("no longer has the {name} flow");
        let change = Change::removed(&rules::FLOW_REMOVED, place.at, what);
        changes.push(change.values(name, Value::Null));
    }
    for (name, place) in matching.added {
        let what = format!("now has the {name} flow");
        let change = Change::added(&rules::FLOW_ADDED, place.at, what);
        changes.push(change.values(Value::Null, name));
    }
    for (old, new) in matching.pairs {
        let urls = ["authorizationUrl", "refreshUrl", "tokenUrl"];
        changes.extend(compare_keys(&rules::SECURITY_SCHEME_CHANGED, urls, &old, &new));
        changes.extend(scopes(&old, &new));
    }
    changes
}

fn scopes<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Change<'a>> {
    let matching = Matching::by_key(old.entries_of("scopes"), new.entries_of("scopes"));
    let removed = matching.removed.into_iter().map(|(name, place)| {
        Change::removed(&rules::SCOPE_REMOVED, place.at, "can no longer be requested")
            .values(name, Value::Null)
    });
    let added = matching.added.into_iter().map(|(name, place)| {
        Change::added(&rules::SCOPE_ADDED, place.at, "can be requested").values(Value::Null, name)
    });
    let described =
        matching.pairs.into_iter().filter(|(old, new)| old.value != new.value).map(|(old, new)| {
            let rule = &rules::DESCRIPTION_CHANGED;
            Change::replaced(rule, "description", Some(old), Some(new))
        });
    removed.chain(added).chain(described).collect()
}
