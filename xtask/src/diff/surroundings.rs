//! Compares what documents say besides their operations and schemas.

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::place::Place;
use super::rules::{Rule, document as rules};
use super::{excerpt, matching, security, servers, words};

pub(crate) fn compare<'a>(old: &'a Document, new: &'a Document) -> Vec<Draft<'a>> {
    let (before, after) = (old.root(), new.root());
    let mut drafts = words::of_objects(&before, &after);
    drafts.extend(servers::of_places(&before, &after));
    drafts.extend(security::of_documents(old, new));
    let info = |place: &Place<'a>| -> Vec<(&'a str, Place<'a>)> {
        place.get("info").iter().flat_map(Place::entries).collect()
    };
    drafts.extend(entries(&rules::INFO_CHANGED, info(&before), info(&after)));
    let tags = |place: &Place<'a>| -> Vec<(&'a str, Place<'a>)> {
        let tags = place.get("tags");
        let tags = tags.iter().flat_map(Place::elements);
        tags.filter_map(|place| Some((place.text("name")?, place))).collect()
    };
    drafts.extend(entries(&rules::TAG_CHANGED, tags(&before), tags(&after)));
    drafts
}

fn entries<'a>(
    rule: &'static Rule,
    old: Vec<(&'a str, Place<'a>)>,
    new: Vec<(&'a str, Place<'a>)>,
) -> Vec<Draft<'a>> {
    let matching = matching::by_key(old, new);
    let gone = matching.removed.into_iter().map(|(name, place)| {
        Draft::removed(rule, place.at, format!("`{}` is gone", excerpt::text(name)))
            .values(place.value.clone(), Value::Null)
    });
    let fresh = matching.added.into_iter().map(|(name, place)| {
        Draft::added(rule, place.at, format!("`{}` is new", excerpt::text(name)))
            .values(Value::Null, place.value.clone())
    });
    let changed =
        matching.pairs.into_iter().filter(|(old, new)| old.value != new.value).map(|(old, new)| {
            let what = format!("changed: {}", excerpt::change(Some(old.value), Some(new.value)));
            Draft::changed(rule, old.at, new.at, what).values(old.value.clone(), new.value.clone())
        });
    gone.chain(fresh).chain(changed).collect()
}
