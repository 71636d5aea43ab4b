//! Compares what a request is made of: its parameters and its body.

use serde_json::Value;

use super::change::{Change, Matching};
use super::document::Document;
use super::finding::Direction;
use super::operation::{Operation, OperationPair};
use super::pointer::Place;
use super::walk::Walk;
use super::{annotations, content, rules};

/// Compares the parameters and the body of an operation.
pub(crate) fn compare<'a>(pair: &OperationPair<'a>, walk: &mut Walk<'a>) {
    let before = parameters(pair.old_document, &pair.old);
    let after = parameters(pair.new_document, &pair.new);
    let matching = Matching::by_key(before, after);
    let sent = pair.request == Direction::Request;
    walk.record(pair.index, matching.removed.iter().map(|(_, one)| removed(one, sent)));
    walk.record(pair.index, matching.added.iter().map(|(_, one)| added(one, sent)));
    for (old, new) in &matching.pairs {
        compare_parameters(pair, walk, old, new);
    }
    compare_bodies(pair, walk);
}

/// A parameter of an operation.
struct Parameter<'a> {
    /// `query`, `header`, `path` or `cookie`.
    location: &'a str,
    name: &'a str,
    required: bool,
    place: Place<'a>,
}

impl Parameter<'_> {
    /// Returns what identifies the parameter. The name of a header is case-insensitive, and the
    /// name of a path parameter does not matter.
    fn key(&self, path_names: &[&str]) -> (String, String) {
        let name = match self.location {
            "header" => self.name.to_ascii_lowercase(),
            "path" => match path_names.iter().position(|name| *name == self.name) {
                Some(position) => position.to_string(),
                None => self.name.to_owned(),
            },
            _ => self.name.to_owned(),
        };
        (self.location.to_owned(), name)
    }
}

/// Lists the parameters of an operation, then those of its path, each with its key.
fn parameters<'a>(
    document: &'a Document,
    operation: &Operation<'a>,
) -> Vec<((String, String), Parameter<'a>)> {
    let names = operation.path_names();
    let listed = [&operation.place, &operation.item].map(|holder| holder.elements_of("parameters"));
    let parameters = listed.into_iter().flatten().filter_map(|place| {
        let place = document.resolved(place);
        let (location, name) = (place.text("in")?, place.text("name")?);
        if location == "header" && is_ignored(name) {
            return None;
        }
        let required = location == "path" || place.flag("required");
        let parameter = Parameter { location, name, required, place };
        Some((parameter.key(&names), parameter))
    });
    parameters.collect()
}

/// Whether OpenAPI ignores a header parameter of this name, as other parts of the document say it.
fn is_ignored(name: &str) -> bool {
    ["accept", "authorization", "content-type"].iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Reports a new parameter. A program sends the parameters of a request and receives those of an
/// event.
fn added<'a>(parameter: &Parameter<'a>, sent: bool) -> Change<'a> {
    let word = requirement(parameter.required);
    let rule = match (sent, parameter.required) {
        (false, _) => &rules::EVENT_PARAMETER_ADDED,
        (true, true) => &rules::REQUIRED_PARAMETER_ADDED,
        (true, false) => &rules::OPTIONAL_PARAMETER_ADDED,
    };
    Change::added(rule, parameter.place.at.clone(), format!("was added ({word})"))
        .values(Value::Null, word)
}

fn removed<'a>(parameter: &Parameter<'a>, sent: bool) -> Change<'a> {
    let word = requirement(parameter.required);
    let rule = match (sent, parameter.required) {
        (false, _) => &rules::EVENT_PARAMETER_REMOVED,
        (true, true) => &rules::REQUIRED_PARAMETER_REMOVED,
        (true, false) => &rules::OPTIONAL_PARAMETER_REMOVED,
    };
    Change::removed(rule, parameter.place.at.clone(), format!("was removed ({word})"))
        .values(word, Value::Null)
}

fn compare_parameters<'a>(
    pair: &OperationPair<'a>,
    walk: &mut Walk<'a>,
    old: &Parameter<'a>,
    new: &Parameter<'a>,
) {
    let mut changes = annotations::compare(&old.place, &new.place);
    let changed = |rule, what: String| {
        Change::changed(rule, old.place.at.clone(), new.place.at.clone(), what)
    };
    let (was, is) = (requirement(old.required), requirement(new.required));
    if was != is {
        let rule = match (pair.request, new.required) {
            (Direction::Request, true) => &rules::PARAMETER_REQUIRED,
            (Direction::Request, false) => &rules::PARAMETER_OPTIONAL,
            (_, true) => &rules::EVENT_PARAMETER_REQUIRED,
            (_, false) => &rules::EVENT_PARAMETER_OPTIONAL,
        };
        changes.push(changed(rule, format!("became {is}")).values(was, is));
    }
    if old.location == "path" && old.name != new.name {
        let what = format!("was renamed: `{}` → `{}`", old.name, new.name);
        changes.push(changed(&rules::PATH_PARAMETER_RENAMED, what).values(old.name, new.name));
    }
    let default = match old.location {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let (was, is) = content::styles(pair, (&old.place, &new.place), default);
    if was != is {
        let what = format!("is serialized in another way: {was} → {is}");
        changes.push(changed(&rules::PARAMETER_STYLE, what).values(was, is));
    }
    for (keyword, may) in
        [("allowEmptyValue", "be empty"), ("allowReserved", "contain reserved characters")]
    {
        let flag = |parameter: &Parameter<'a>| {
            parameter.location == "query" && parameter.place.flag(keyword)
        };
        let (rule, what) = match (flag(old), flag(new)) {
            (false, true) => (&rules::PARAMETER_LOOSENED, format!("may now {may}")),
            (true, false) => (&rules::PARAMETER_TIGHTENED, format!("must not {may} any more")),
            _ => continue,
        };
        changes.push(changed(rule, what).values(flag(old), flag(new)));
    }
    walk.record(pair.index, changes);
    if let (Some(old), Some(new)) = (content::schema_of(&old.place), content::schema_of(&new.place))
    {
        walk.compare_schemas(pair.index, old, new, pair.request);
    }
}

fn compare_bodies<'a>(pair: &OperationPair<'a>, walk: &mut Walk<'a>) {
    let old = pair.old.place.get("requestBody").map(|place| pair.old_document.resolved(place));
    let new = pair.new.place.get("requestBody").map(|place| pair.new_document.resolved(place));
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) => {
            let rule = match (pair.request, new.flag("required")) {
                (Direction::Request, true) => &rules::REQUIRED_BODY_ADDED,
                (Direction::Request, false) => &rules::OPTIONAL_BODY_ADDED,
                _ => &rules::EVENT_BODY_ADDED,
            };
            let word = requirement(new.flag("required"));
            let change = Change::added(rule, new.at, format!("was added ({word})"));
            walk.record(pair.index, [change.values(Value::Null, word)]);
        }
        (Some(old), None) => {
            let rule = match (pair.request, old.flag("required")) {
                (Direction::Request, true) => &rules::REQUIRED_BODY_REMOVED,
                (Direction::Request, false) => &rules::OPTIONAL_BODY_REMOVED,
                _ => &rules::EVENT_BODY_REMOVED,
            };
            let word = requirement(old.flag("required"));
            let change = Change::removed(rule, old.at, format!("was removed ({word})"));
            walk.record(pair.index, [change.values(word, Value::Null)]);
        }
        (Some(old), Some(new)) => {
            let mut changes = annotations::compare(&old, &new);
            let (was, is) = (requirement(old.flag("required")), requirement(new.flag("required")));
            if was != is {
                let rule = match (pair.request, new.flag("required")) {
                    (Direction::Request, true) => &rules::BODY_REQUIRED,
                    (Direction::Request, false) => &rules::BODY_OPTIONAL,
                    (_, true) => &rules::EVENT_BODY_REQUIRED,
                    (_, false) => &rules::EVENT_BODY_OPTIONAL,
                };
                let what = format!("became {is}");
                let change = Change::changed(rule, old.at.clone(), new.at.clone(), what);
                changes.push(change.values(was, is));
            }
            walk.record(pair.index, changes);
            content::compare(pair, walk, pair.request, (&old, &new));
        }
    }
}

fn requirement(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}
