//! Compares request bodies and the formats that bodies come in.

use serde_json::Value;

use super::draft::Draft;
use super::finding::Direction;
use super::matching::{self, Matching};
use super::operations::Exchange;
use super::place::Place;
use super::rules::{Rule, operation as rules};
use super::walk::Walk;
use super::{excerpt, words};

/// The rules for the formats of one kind of body.
pub(crate) struct MediaRules {
    pub(crate) added: &'static Rule,
    pub(crate) removed: &'static Rule,
    pub(crate) changed: &'static Rule,
}

const REQUEST: MediaRules = MediaRules {
    added: &rules::REQUEST_MEDIA_ADDED,
    removed: &rules::REQUEST_MEDIA_REMOVED,
    changed: &rules::REQUEST_MEDIA_CHANGED,
};

pub(crate) fn compare<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>) {
    let old =
        exchange.old.place.get("requestBody").map(|place| exchange.old_document.resolved(place));
    let new =
        exchange.new.place.get("requestBody").map(|place| exchange.new_document.resolved(place));
    let word = |required: bool| if required { "required" } else { "optional" };
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) => {
            let required = new.flag("required");
            let rule = match required {
                true => &rules::REQUIRED_BODY_ADDED,
                false => &rules::OPTIONAL_BODY_ADDED,
            };
            let what = format!("has a body now: {}", word(required));
            let draft = Draft::added(rule, new.at, what).values(Value::Null, word(required));
            walk.note(exchange.index, [draft]);
        }
        (Some(old), None) => {
            let required = old.flag("required");
            let rule = match required {
                true => &rules::REQUIRED_BODY_REMOVED,
                false => &rules::OPTIONAL_BODY_REMOVED,
            };
            let what = format!("has no body any more: it was {}", word(required));
            let draft = Draft::removed(rule, old.at, what).values(word(required), Value::Null);
            walk.note(exchange.index, [draft]);
        }
        (Some(old), Some(new)) => {
            let mut drafts = words::of_objects(&old, &new);
            let (before, after) = (old.flag("required"), new.flag("required"));
            if before != after {
                let rule = match after {
                    true => &rules::BODY_REQUIRED,
                    false => &rules::BODY_OPTIONAL,
                };
                let (was, is) = (word(before), word(after));
                let what = format!("is {is} now: {was} → {is}");
                let draft = Draft::changed(rule, old.at.clone(), new.at.clone(), what);
                drafts.push(draft.values(was, is));
            }
            walk.note(exchange.index, drafts);
            content(exchange, walk, &REQUEST, exchange.request, (&old, &new));
        }
    }
}

/// Compares the formats of a body, and the schema of each that both sides have.
pub(crate) fn content<'a>(
    exchange: &Exchange<'a>,
    walk: &mut Walk<'a>,
    media: &MediaRules,
    direction: Direction,
    (old, new): (&Place<'a>, &Place<'a>),
) {
    let list = |place: &Place<'a>| -> Vec<(String, Place<'a>)> {
        let all = place.get("content");
        let all = all.iter().flat_map(Place::entries);
        all.map(|(name, place)| (essence(name), place)).collect()
    };
    let Matching { mut pairs, removed, added } = matching::by_key(list(old), list(new));
    if let ([(was, old)], [(is, new)]) = (removed.as_slice(), added.as_slice()) {
        let what = format!("comes in another format: `{was}` → `{is}`");
        let draft = Draft::changed(media.changed, old.at.clone(), new.at.clone(), what);
        walk.note(exchange.index, [draft.values(was.as_str(), is.as_str())]);
        pairs.push((old.clone(), new.clone()));
    } else {
        let gone = removed.iter().map(|(name, place)| {
            let what = format!("does not come as `{}` any more", excerpt::text(name));
            Draft::removed(media.removed, place.at.clone(), what).values(name.as_str(), Value::Null)
        });
        let fresh = added.iter().map(|(name, place)| {
            let what = format!("comes as `{}` too", excerpt::text(name));
            Draft::added(media.added, place.at.clone(), what).values(Value::Null, name.as_str())
        });
        walk.note(exchange.index, gone.chain(fresh));
    }
    for (old, new) in pairs {
        walk.note(exchange.index, words::of_objects(&old, &new));
        encoding(exchange, walk, &old, &new);
        match (old.get("schema"), new.get("schema")) {
            (Some(old), Some(new)) => walk.schema(exchange.index, old, new, direction),
            (Some(schema), None) => walk.schema(exchange.index, schema, anything(&new), direction),
            (None, Some(schema)) => walk.schema(exchange.index, anything(&old), schema, direction),
            (None, None) => {}
        }
    }
}

/// Media types know no case, and parameters such as the charset do not make another format.
fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn anything<'a>(place: &Place<'a>) -> Place<'a> {
    static ANYTHING: Value = Value::Bool(true);
    Place::new(place.at.clone(), &ANYTHING)
}

fn encoding<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>, old: &Place<'a>, new: &Place<'a>) {
    let (before, after) = (old.get("encoding"), new.get("encoding"));
    let (was, is) = (before.as_ref().map(|one| one.value), after.as_ref().map(|one| one.value));
    if was == is {
        return;
    }
    let draft = Draft {
        rule: &rules::ENCODING_CHANGED,
        what: format!("writes its parts in another way: {}", excerpt::change(was, is)),
        old: was.cloned().unwrap_or_default(),
        new: is.cloned().unwrap_or_default(),
        old_at: before.map(|place| place.at),
        new_at: after.map(|place| place.at),
    };
    walk.note(exchange.index, [draft]);
}
