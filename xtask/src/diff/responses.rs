//! Compares the answers to an operation.

use serde_json::Value;

use super::bodies::{self, MediaRules};
use super::draft::Draft;
use super::operations::Exchange;
use super::parameters;
use super::place::Place;
use super::rules::{Rule, operation as rules};
use super::walk::Walk;
use super::{matching, words};

const RESPONSE: MediaRules = MediaRules {
    added: &rules::RESPONSE_MEDIA_ADDED,
    removed: &rules::RESPONSE_MEDIA_REMOVED,
    changed: &rules::RESPONSE_MEDIA_CHANGED,
};

pub(crate) fn compare<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>) {
    let list = |place: &Place<'a>| -> Vec<(String, Place<'a>)> {
        let all = place.get("responses");
        let all = all.iter().flat_map(Place::entries);
        let all = all.filter(|(status, _)| !status.starts_with("x-"));
        all.map(|(status, place)| (status.to_ascii_uppercase(), place)).collect()
    };
    let matching = matching::by_key(list(&exchange.old.place), list(&exchange.new.place));
    let mut pairs = matching.pairs;
    let (gone_good, gone_bad): (Vec<_>, Vec<_>) =
        matching.removed.into_iter().partition(|(status, _)| is_success(status));
    let (fresh_good, fresh_bad): (Vec<_>, Vec<_>) =
        matching.added.into_iter().partition(|(status, _)| is_success(status));
    if let ([(was, old)], [(is, new)]) = (gone_good.as_slice(), fresh_good.as_slice()) {
        let what = format!("succeeds with another status: {was} → {is}");
        let draft = Draft::changed(&rules::SUCCESS_CHANGED, old.at.clone(), new.at.clone(), what);
        walk.note(exchange.index, [draft.values(was.as_str(), is.as_str())]);
        pairs.push((old.clone(), new.clone()));
    } else {
        walk.note(exchange.index, removed(&gone_good, &rules::SUCCESS_REMOVED));
        walk.note(exchange.index, added(&fresh_good, &rules::SUCCESS_ADDED));
    }
    walk.note(exchange.index, removed(&gone_bad, &rules::ERROR_REMOVED));
    walk.note(exchange.index, added(&fresh_bad, &rules::ERROR_ADDED));
    for (old, new) in pairs {
        let old = exchange.old_document.resolved(old);
        let new = exchange.new_document.resolved(new);
        one(exchange, walk, &old, &new);
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

fn removed<'a>(list: &[(String, Place<'a>)], rule: &'static Rule) -> Vec<Draft<'a>> {
    let drafts = list.iter().map(|(status, place)| {
        Draft::removed(rule, place.at.clone(), "is gone").values(status.as_str(), Value::Null)
    });
    drafts.collect()
}

fn added<'a>(list: &[(String, Place<'a>)], rule: &'static Rule) -> Vec<Draft<'a>> {
    let drafts = list.iter().map(|(status, place)| {
        Draft::added(rule, place.at.clone(), "is new").values(Value::Null, status.as_str())
    });
    drafts.collect()
}

fn one<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>, old: &Place<'a>, new: &Place<'a>) {
    walk.note(exchange.index, words::of_objects(old, new));
    headers(exchange, walk, old, new);
    let has_body = |place: &Place<'a>| {
        place.value.get("content").and_then(Value::as_object).is_some_and(|all| !all.is_empty())
    };
    let (rule, what) = match (has_body(old), has_body(new)) {
        (true, false) => (&rules::RESPONSE_BODY_REMOVED, "has no body any more"),
        (false, true) => (&rules::RESPONSE_BODY_ADDED, "has a body now"),
        _ => {
            bodies::content(exchange, walk, &RESPONSE, exchange.response, (old, new));
            return;
        }
    };
    let draft = Draft::changed(rule, old.at.clone(), new.at.clone(), what);
    walk.note(exchange.index, [draft.values(has_body(old), has_body(new))]);
}

fn headers<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>, old: &Place<'a>, new: &Place<'a>) {
    let list = |place: &Place<'a>| -> Vec<(String, Place<'a>)> {
        let all = place.get("headers");
        let all = all.iter().flat_map(Place::entries);
        all.map(|(name, place)| (name.to_ascii_lowercase(), place)).collect()
    };
    let matching = matching::by_key(list(old), list(new));
    walk.note(exchange.index, removed(&matching.removed, &rules::HEADER_REMOVED));
    walk.note(exchange.index, added(&matching.added, &rules::HEADER_ADDED));
    for (old, new) in matching.pairs {
        let old = exchange.old_document.resolved(old);
        let new = exchange.new_document.resolved(new);
        header(exchange, walk, &old, &new);
    }
}

fn header<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>, old: &Place<'a>, new: &Place<'a>) {
    let mut drafts = words::of_objects(old, new);
    let change = match (old.flag("required"), new.flag("required")) {
        (false, true) => Some((&rules::HEADER_REQUIRED, "optional", "required")),
        (true, false) => Some((&rules::HEADER_OPTIONAL, "required", "optional")),
        _ => None,
    };
    if let Some((rule, was, is)) = change {
        let what = format!("is {is} now: {was} → {is}");
        let draft = Draft::changed(rule, old.at.clone(), new.at.clone(), what);
        drafts.push(draft.values(was, is));
    }
    walk.note(exchange.index, drafts);
    if let (Some(old), Some(new)) = (parameters::schema(old), parameters::schema(new)) {
        walk.schema(exchange.index, old, new, exchange.response);
    }
}
