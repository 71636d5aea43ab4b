//! Compares which credentials an operation takes, and what credentials there are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::matching::{self, Matching};
use super::operations::Exchange;
use super::place::Place;
use super::rules::{document as document_rules, operation as rules};
use super::{excerpt, words};

type Scopes = BTreeSet<String>;
/// Credentials that are needed together, each with the scopes it must hold.
type Alternative = BTreeMap<String, Scopes>;

/// Compares the alternatives that an operation accepts, its own or the document's.
pub(crate) fn of_operation<'a>(exchange: &Exchange<'a>) -> Vec<Draft<'a>> {
    let home = |document: &'a Document, place: &Place<'a>| {
        place.get("security").or_else(|| document.root().get("security"))
    };
    let old = home(exchange.old_document, &exchange.old.place);
    let new = home(exchange.new_document, &exchange.new.place);
    let names = renamed(exchange.old_document, exchange.new_document);
    let before = alternatives(old.as_ref(), &names);
    let after = alternatives(new.as_ref(), &BTreeMap::new());
    let old_at = || old.as_ref().unwrap_or(&exchange.old.place).at.clone();
    let new_at = || new.as_ref().unwrap_or(&exchange.new.place).at.clone();
    let key = |alternative: &Alternative| alternative.keys().cloned().collect::<Vec<_>>();
    let keyed = |list: Vec<Alternative>| list.into_iter().map(move |one| (key(&one), one));
    let Matching { pairs, removed, added } = matching::by_key(keyed(before), keyed(after));
    let mut drafts = Vec::new();
    for (_, gone) in &removed {
        let what = format!("does not accept {} any more", in_words(gone));
        let draft = Draft::changed(&rules::ACCESS_REMOVED, old_at(), new_at(), what);
        drafts.push(draft.values(in_words(gone), Value::Null));
    }
    for (_, fresh) in &added {
        let what = format!("accepts {} as well", in_words(fresh));
        let draft = Draft::changed(&rules::ACCESS_ADDED, old_at(), new_at(), what);
        drafts.push(draft.values(Value::Null, in_words(fresh)));
    }
    for (was, is) in &pairs {
        let more = is.iter().any(|(name, scopes)| !scopes.is_subset(&was[name]));
        let fewer = is.iter().any(|(name, scopes)| !scopes.is_superset(&was[name]));
        let (rule, verb) = match (more, fewer) {
            (false, false) => continue,
            (true, false) => (&rules::ACCESS_NARROWED, "needs more scopes"),
            (false, true) => (&rules::ACCESS_WIDENED, "needs fewer scopes"),
            (true, true) => (&rules::ACCESS_REPLACED, "needs other scopes"),
        };
        let (was, is) = (in_words(was), in_words(is));
        let what = format!("{verb}: {was} → {is}");
        drafts.push(Draft::changed(rule, old_at(), new_at(), what).values(was, is));
    }
    drafts
}

/// The alternatives of a list; without one, no credential is needed.
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
    let all: Vec<Alternative> =
        list.map(|list| list.elements().map(read).collect()).unwrap_or_default();
    if all.is_empty() { vec![Alternative::new()] } else { all }
}

fn in_words(alternative: &Alternative) -> String {
    let schemes = alternative.iter().map(|(name, scopes)| {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        match scopes.as_slice() {
            [] => name.clone(),
            scopes => format!("{name} with {}", scopes.join(", ")),
        }
    });
    match schemes.collect::<Vec<_>>().as_slice() {
        [] => "no credential".to_owned(),
        schemes => format!("`{}`", excerpt::text(&schemes.join(" and "))),
    }
}

fn schemes(document: &Document) -> Vec<(&str, Place<'_>)> {
    let all = document.root().get("components").and_then(|place| place.get("securitySchemes"));
    let all = all.iter().flat_map(Place::entries);
    all.map(|(name, place)| (name, document.resolved(place))).collect()
}

/// Credentials of OLD that are in NEW under another name, by their old names.
fn renamed(old: &Document, new: &Document) -> BTreeMap<String, String> {
    let (before, after) = (schemes(old), schemes(new));
    let mut names = BTreeMap::new();
    for (name, place) in &before {
        if after.iter().any(|(other, _)| other == name) {
            continue;
        }
        let free = after.iter().find(|(other, theirs)| {
            theirs.value == place.value
                && !before.iter().any(|(name, _)| name == other)
                && !names.values().any(|taken: &String| taken == other)
        });
        if let Some((other, _)) = free {
            names.insert((*name).to_owned(), (*other).to_owned());
        }
    }
    names
}

/// Compares the credentials that the documents describe.
pub(crate) fn of_documents<'a>(old: &'a Document, new: &'a Document) -> Vec<Draft<'a>> {
    let names = renamed(old, new);
    let before = schemes(old)
        .into_iter()
        .map(|(name, place)| (names.get(name).cloned().unwrap_or_else(|| name.to_owned()), place));
    let after = schemes(new).into_iter().map(|(name, place)| (name.to_owned(), place));
    let matching = matching::by_key(before, after);
    let mut drafts = Vec::new();
    for (name, place) in matching.removed {
        let draft = Draft::removed(&document_rules::SECURITY_SCHEME_REMOVED, place.at, "is gone");
        drafts.push(draft.values(name, Value::Null));
    }
    for (name, place) in matching.added {
        let draft = Draft::added(&document_rules::SECURITY_SCHEME_ADDED, place.at, "is new");
        drafts.push(draft.values(Value::Null, name));
    }
    for (old, new) in matching.pairs {
        drafts.extend(scheme(&old, &new));
    }
    drafts
}

fn scheme<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Draft<'a>> {
    let mut drafts = words::of_objects(old, new);
    for key in ["type", "in", "name", "scheme", "bearerFormat", "openIdConnectUrl"] {
        let (before, after) = (old.value.get(key), new.value.get(key));
        if before != after {
            let rule = match key {
                "bearerFormat" => &document_rules::NOTE_CHANGED,
                _ => &document_rules::SECURITY_SCHEME_CHANGED,
            };
            drafts.push(setting(rule, key, (old, new)));
        }
    }
    let flows = |place: &Place<'a>| -> Vec<(&'a str, Place<'a>)> {
        place.get("flows").iter().flat_map(Place::entries).collect()
    };
    let matching = matching::by_key(flows(old), flows(new));
    for (name, place) in matching.removed {
        let what = format!("has no {name} flow any more");
        let draft = Draft::removed(&document_rules::SECURITY_SCHEME_CHANGED, place.at, what);
        drafts.push(draft.values(name, Value::Null));
    }
    for (name, place) in matching.added {
        let what = format!("has a {name} flow");
        let draft = Draft::added(&document_rules::SECURITY_SCHEME_CHANGED, place.at, what);
        drafts.push(draft.values(Value::Null, name));
    }
    for (old, new) in matching.pairs {
        for key in ["authorizationUrl", "refreshUrl", "tokenUrl"] {
            if old.value.get(key) != new.value.get(key) {
                drafts.push(setting(&document_rules::SECURITY_SCHEME_CHANGED, key, (&old, &new)));
            }
        }
        drafts.extend(scopes(&old, &new));
    }
    drafts
}

fn setting<'a>(
    rule: &'static super::rules::Rule,
    key: &str,
    (old, new): (&Place<'a>, &Place<'a>),
) -> Draft<'a> {
    let (before, after) = (old.get(key), new.get(key));
    let (was, is) = (before.as_ref().map(|one| one.value), after.as_ref().map(|one| one.value));
    Draft {
        rule,
        what: format!("has another {key}: {}", excerpt::change(was, is)),
        old: was.cloned().unwrap_or_default(),
        new: is.cloned().unwrap_or_default(),
        old_at: before.map(|place| place.at),
        new_at: after.map(|place| place.at),
    }
}

fn scopes<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Draft<'a>> {
    let list = |place: &Place<'a>| -> Vec<(&'a str, Place<'a>)> {
        place.get("scopes").iter().flat_map(Place::entries).collect()
    };
    let matching = matching::by_key(list(old), list(new));
    let gone = matching.removed.into_iter().map(|(name, place)| {
        Draft::removed(&document_rules::SCOPE_REMOVED, place.at, "cannot be asked for any more")
            .values(name, Value::Null)
    });
    let fresh = matching.added.into_iter().map(|(name, place)| {
        Draft::added(&document_rules::SCOPE_ADDED, place.at, "can be asked for")
            .values(Value::Null, name)
    });
    let said =
        matching.pairs.into_iter().filter(|(old, new)| old.value != new.value).map(|(old, new)| {
            let what = format!(
                "has another description: {}",
                excerpt::change(Some(old.value), Some(new.value))
            );
            Draft::changed(&document_rules::DESCRIPTION_CHANGED, old.at, new.at, what)
                .values(old.value.clone(), new.value.clone())
        });
    gone.chain(fresh).chain(said).collect()
}
