//! Compares what documents say to people.

use std::collections::BTreeSet;

use serde_json::Value;

use super::draft::Draft;
use super::excerpt;
use super::place::Place;
use super::rules::{Rule, document as rules};

/// Which rule a keyword falls under, if it is one that only people read.
fn rule(keyword: &str) -> Option<&'static Rule> {
    Some(match keyword {
        "description" => &rules::DESCRIPTION_CHANGED,
        "summary" => &rules::SUMMARY_CHANGED,
        "title" => &rules::TITLE_CHANGED,
        "externalDocs" | "xml" | "$comment" | "links" => &rules::NOTE_CHANGED,
        keyword if keyword.starts_with("x-") => &rules::NOTE_CHANGED,
        _ => return None,
    })
}

/// Compares the words of two objects, both given as a look-up by keyword.
pub(crate) fn compare<'a>(
    old: &impl Fn(&str) -> Option<Place<'a>>,
    new: &impl Fn(&str) -> Option<Place<'a>>,
    keywords: impl Iterator<Item = &'a str>,
) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    let keywords: BTreeSet<&str> = keywords.collect();
    for keyword in keywords {
        let Some(rule) = rule(keyword) else { continue };
        drafts.extend(changed(rule, keyword, old(keyword), new(keyword)));
    }
    let example =
        |side: &dyn Fn(&str) -> Option<Place<'a>>| side("example").or_else(|| side("examples"));
    let (before, after) = (example(old), example(new));
    if samples(before.as_ref()) != samples(after.as_ref()) {
        drafts.extend(changed(&rules::EXAMPLE_CHANGED, "example", before, after));
    }
    let deprecated =
        |side: Option<Place<'a>>| side.filter(|place| place.value == &Value::Bool(true));
    match (deprecated(old("deprecated")), deprecated(new("deprecated"))) {
        (None, Some(place)) => {
            drafts.push(
                Draft::added(&rules::DEPRECATED, place.at, "is deprecated").values(false, true),
            );
        }
        (Some(place), None) => drafts.push(
            Draft::removed(&rules::UNDEPRECATED, place.at, "is not deprecated any more")
                .values(true, false),
        ),
        _ => {}
    }
    drafts
}

/// Compares the words of two objects.
pub(crate) fn of_objects<'a>(old: &Place<'a>, new: &Place<'a>) -> Vec<Draft<'a>> {
    let keys = old.object().into_iter().chain(new.object()).flatten().map(|(key, _)| key.as_str());
    compare(&|key| old.get(key), &|key| new.get(key), keys)
}

/// One example and a list of one are the same.
fn samples<'a>(place: Option<&Place<'a>>) -> Vec<&'a Value> {
    match place.map(|place| place.value) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

fn changed<'a>(
    rule: &'static Rule,
    keyword: &str,
    old: Option<Place<'a>>,
    new: Option<Place<'a>>,
) -> Option<Draft<'a>> {
    let (before, after) = (old.as_ref().map(|one| one.value), new.as_ref().map(|one| one.value));
    if before == after {
        return None;
    }
    let what = format!("has another {keyword}: {}", excerpt::change(before, after));
    let (old_value, new_value) =
        (before.cloned().unwrap_or_default(), after.cloned().unwrap_or_default());
    Some(Draft {
        rule,
        old_at: old.map(|place| place.at),
        new_at: new.map(|place| place.at),
        what,
        old: old_value,
        new: new_value,
    })
}
