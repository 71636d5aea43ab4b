//! Compares the responses of an operation.

use serde_json::Value;

use super::change::{Change, Matching};
use super::operation::OperationPair;
use super::pointer::Place;
use super::rules::{self, Rule};
use super::walk::Walk;
use super::{annotations, content};

/// Compares the responses of an operation, status by status.
pub(crate) fn compare<'a>(pair: &OperationPair<'a>, walk: &mut Walk<'a>) {
    let list = |operation: &Place<'a>| -> Vec<(String, Place<'a>)> {
        let responses = operation.entries_of("responses");
        let statuses = responses.filter(|(status, _)| !status.starts_with("x-"));
        statuses.map(|(status, place)| (status.to_ascii_uppercase(), place)).collect()
    };
    let Matching { mut pairs, removed, added } =
        Matching::by_key(list(&pair.old.place), list(&pair.new.place));
    let is_success = |(status, _): &(String, Place<'a>)| status.starts_with('2');
    let (success_removed, error_removed): (Vec<_>, Vec<_>) =
        removed.into_iter().partition(is_success);
    let (success_added, error_added): (Vec<_>, Vec<_>) = added.into_iter().partition(is_success);
    if let ([(was, old)], [(is, new)]) = (success_removed.as_slice(), success_added.as_slice()) {
        let what = format!("has another success status: {was} → {is}");
        let change = Change::changed(&rules::SUCCESS_CHANGED, old.at.clone(), new.at.clone(), what);
        walk.record(pair.index, [change.values(was.as_str(), is.as_str())]);
        pairs.push((old.clone(), new.clone()));
    } else {
        walk.record(pair.index, all_removed(&rules::SUCCESS_REMOVED, success_removed));
        walk.record(pair.index, all_added(&rules::SUCCESS_ADDED, success_added));
    }
    walk.record(pair.index, all_removed(&rules::ERROR_REMOVED, error_removed));
    walk.record(pair.index, all_added(&rules::ERROR_ADDED, error_added));
    for (old, new) in pairs {
        let (old, new) = pair.resolved(old, new);
        compare_responses(pair, walk, &old, &new);
    }
}

fn all_removed<'a>(
    rule: &'static Rule,
    entries: Vec<(String, Place<'a>)>,
) -> impl Iterator<Item = Change<'a>> {
    entries.into_iter().map(move |(name, place)| {
        Change::removed(rule, place.at, "was removed").values(name, Value::Null)
    })
}

fn all_added<'a>(
    rule: &'static Rule,
    entries: Vec<(String, Place<'a>)>,
) -> impl Iterator<Item = Change<'a>> {
    entries.into_iter().map(move |(name, place)| {
        Change::added(rule, place.at, "was added").values(Value::Null, name)
    })
}

fn compare_responses<'a>(
    pair: &OperationPair<'a>,
    walk: &mut Walk<'a>,
    old: &Place<'a>,
    new: &Place<'a>,
) {
    walk.record(pair.index, annotations::compare(old, new));
    compare_headers(pair, walk, old, new);
    let has_body = |place: &Place<'a>| place.entries_of("content").next().is_some();
    let (rule, what) = match (has_body(old), has_body(new)) {
        (true, false) => (&rules::RESPONSE_BODY_REMOVED, "no longer has a body"),
        (false, true) => (&rules::RESPONSE_BODY_ADDED, "now has a body"),
        _ => {
            content::compare(pair, walk, pair.response, (old, new));
            return;
        }
    };
    let change = Change::changed(rule, old.at.clone(), new.at.clone(), what);
    walk.record(pair.index, [change.values(has_body(old), has_body(new))]);
}

fn compare_headers<'a>(
    pair: &OperationPair<'a>,
    walk: &mut Walk<'a>,
    old: &Place<'a>,
    new: &Place<'a>,
) {
    let list = |response: &Place<'a>| -> Vec<(String, Place<'a>)> {
        // OpenAPI ignores this one, as the media types say it.
        let headers = response
            .entries_of("headers")
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        headers.map(|(name, place)| (name.to_ascii_lowercase(), place)).collect()
    };
    let matching = Matching::by_key(list(old), list(new));
    walk.record(pair.index, all_removed(&rules::HEADER_REMOVED, matching.removed));
    walk.record(pair.index, all_added(&rules::HEADER_ADDED, matching.added));
    for (old, new) in matching.pairs {
        let (old, new) = pair.resolved(old, new);
        let mut changes = annotations::compare(&old, &new);
        let requirement = match (old.flag("required"), new.flag("required")) {
            (false, true) => Some((&rules::HEADER_REQUIRED, "optional", "required")),
            (true, false) => Some((&rules::HEADER_OPTIONAL, "required", "optional")),
            _ => None,
        };
        if let Some((rule, was, is)) = requirement {
            let what = format!("became {is}");
            let change = Change::changed(rule, old.at.clone(), new.at.clone(), what);
            changes.push(change.values(was, is));
        }
        let (was, is) = content::styles(pair, (&old, &new), "simple");
        if was != is {
            let what = format!("is serialized in another way: {was} → {is}");
            let (old_at, new_at) = (old.at.clone(), new.at.clone());
            let change = Change::changed(&rules::HEADER_STYLE, old_at, new_at, what);
            changes.push(change.values(was, is));
        }
        walk.record(pair.index, changes);
        if let (Some(old), Some(new)) = (content::schema_of(&old), content::schema_of(&new)) {
            walk.compare_schemas(pair.index, old, new, pair.response);
        }
    }
}
