//! Compares parameters, by place and name; those of the path by position.

use serde_json::Value;

use super::document::Document;
use super::draft::Draft;
use super::operation::Operation;
use super::operations::Exchange;
use super::place::Place;
use super::rules::operation as rules;
use super::walk::Walk;
use super::{matching, words};

/// One parameter of an operation.
struct Parameter<'a> {
    /// `query`, `header`, `path` or `cookie`.
    home: &'a str,
    name: &'a str,
    required: bool,
    place: Place<'a>,
}

impl Parameter<'_> {
    /// What makes it the same parameter: header names know no case, and the name in a path is for
    /// people only.
    fn key(&self, path_names: &[&str]) -> (String, String) {
        let name = match self.home {
            "header" => self.name.to_ascii_lowercase(),
            "path" => match path_names.iter().position(|name| *name == self.name) {
                Some(position) => position.to_string(),
                None => self.name.to_owned(),
            },
            _ => self.name.to_owned(),
        };
        (self.home.to_owned(), name)
    }
}

pub(crate) fn compare<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>) {
    let before = list(exchange.old_document, &exchange.old);
    let after = list(exchange.new_document, &exchange.new);
    let matching = matching::by_key(before, after);
    walk.note(exchange.index, matching.removed.iter().map(|(_, gone)| removed(gone)));
    walk.note(exchange.index, matching.added.iter().map(|(_, fresh)| added(fresh)));
    for (old, new) in &matching.pairs {
        one(exchange, walk, old, new);
    }
}

/// The parameters of an operation, then those of its path, by what makes them the same.
fn list<'a>(
    document: &'a Document,
    operation: &Operation<'a>,
) -> Vec<((String, String), Parameter<'a>)> {
    let names = operation.path_names();
    let mut all = Vec::new();
    for holder in [&operation.place, &operation.item] {
        let Some(listed) = holder.get("parameters") else { continue };
        for place in listed.elements() {
            let place = document.resolved(place);
            let (Some(home), Some(name)) = (place.text("in"), place.text("name")) else { continue };
            let required = home == "path" || place.flag("required");
            let parameter = Parameter { home, name, required, place };
            all.push((parameter.key(&names), parameter));
        }
    }
    all
}

fn added<'a>(parameter: &Parameter<'a>) -> Draft<'a> {
    let (rule, word) = match parameter.required {
        true => (&rules::REQUIRED_PARAMETER_ADDED, "required"),
        false => (&rules::OPTIONAL_PARAMETER_ADDED, "optional"),
    };
    Draft::added(rule, parameter.place.at.clone(), format!("is new: {word}"))
        .values(Value::Null, word)
}

fn removed<'a>(parameter: &Parameter<'a>) -> Draft<'a> {
    let (rule, word) = match parameter.required {
        true => (&rules::REQUIRED_PARAMETER_REMOVED, "required"),
        false => (&rules::OPTIONAL_PARAMETER_REMOVED, "optional"),
    };
    Draft::removed(rule, parameter.place.at.clone(), format!("is gone: it was {word}"))
        .values(word, Value::Null)
}

fn one<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>, old: &Parameter<'a>, new: &Parameter<'a>) {
    let (before, after) = (&old.place.at, &new.place.at);
    let mut drafts = words::of_objects(&old.place, &new.place);
    let change = |rule, what: String| Draft::changed(rule, before.clone(), after.clone(), what);
    let requirement = match (old.required, new.required) {
        (false, true) => Some((&rules::PARAMETER_REQUIRED, "optional", "required")),
        (true, false) => Some((&rules::PARAMETER_OPTIONAL, "required", "optional")),
        _ => None,
    };
    if let Some((rule, was, is)) = requirement {
        drafts.push(change(rule, format!("is {is} now: {was} → {is}")).values(was, is));
    }
    if old.home == "path" && old.name != new.name {
        let what = format!("has another name: `{}` → `{}`", old.name, new.name);
        drafts.push(change(&rules::PATH_PARAMETER_RENAMED, what).values(old.name, new.name));
    }
    let (was, is) = (style(old), style(new));
    if was != is {
        let what = format!("is written in another way: {was} → {is}");
        drafts.push(change(&rules::PARAMETER_STYLE, what).values(was, is));
    }
    walk.note(exchange.index, drafts);
    if let (Some(old), Some(new)) = (schema(&old.place), schema(&new.place)) {
        walk.schema(exchange.index, old, new, exchange.request);
    }
}

/// How the value is written, with what OpenAPI assumes where nothing is said.
fn style(parameter: &Parameter<'_>) -> String {
    let usual = match parameter.home {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter.place.text("style").unwrap_or(usual);
    let explode = match parameter.place.value.get("explode") {
        Some(value) => value == &Value::Bool(true),
        None => style == "form",
    };
    let mut text = style.to_owned();
    if explode {
        text.push_str(", exploded");
    }
    if parameter.place.flag("allowReserved") {
        text.push_str(", reserved characters allowed");
    }
    if parameter.place.flag("allowEmptyValue") {
        text.push_str(", may be empty");
    }
    if let Some((media_type, _)) = media(&parameter.place) {
        text.push_str(", as ");
        text.push_str(media_type);
    }
    text
}

fn media<'a>(place: &Place<'a>) -> Option<(&'a str, Place<'a>)> {
    place.get("content")?.entries().next()
}

/// The schema of a parameter or header, whichever way it is given.
pub(crate) fn schema<'a>(place: &Place<'a>) -> Option<Place<'a>> {
    place.get("schema").or_else(|| media(place)?.1.get("schema"))
}
