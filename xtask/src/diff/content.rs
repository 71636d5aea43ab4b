//! Compares the media types of a body and the schema of each.

use serde_json::Value;

use super::change::{Change, Matching, excerpt_text};
use super::composition::Node;
use super::constraints::Types;
use super::document::Document;
use super::finding::Direction;
use super::operation::OperationPair;
use super::pointer::Place;
use super::rules::{self, Rule};
use super::shape::Shape;
use super::walk::Walk;
use super::{annotations, composition};

/// The rules for media types that a program sends or receives.
struct MediaTypeRules {
    added: &'static Rule,
    removed: &'static Rule,
    changed: &'static Rule,
}

const SENT: MediaTypeRules = MediaTypeRules {
    added: &rules::REQUEST_MEDIA_ADDED,
    removed: &rules::REQUEST_MEDIA_REMOVED,
    changed: &rules::REQUEST_MEDIA_CHANGED,
};

const RECEIVED: MediaTypeRules = MediaTypeRules {
    added: &rules::RESPONSE_MEDIA_ADDED,
    removed: &rules::RESPONSE_MEDIA_REMOVED,
    changed: &rules::RESPONSE_MEDIA_CHANGED,
};

/// Compares the `content` of two bodies.
pub(crate) fn compare<'a>(
    pair: &OperationPair<'a>,
    walk: &mut Walk<'a>,
    direction: Direction,
    (old, new): (&Place<'a>, &Place<'a>),
) {
    let rules = if direction == Direction::Request { SENT } else { RECEIVED };
    let list = |body: &Place<'a>| -> Vec<(String, Place<'a>)> {
        body.entries_of("content").map(|(name, place)| (essence(name), place)).collect()
    };
    let Matching { mut pairs, removed, added } = Matching::by_key(list(old), list(new));
    if let ([(was, old)], [(is, new)]) = (removed.as_slice(), added.as_slice()) {
        let what = format!("has another media type: `{was}` → `{is}`");
        let change = Change::changed(rules.changed, old.at.clone(), new.at.clone(), what);
        walk.record(pair.index, [change.values(was.as_str(), is.as_str())]);
        pairs.push((old.clone(), new.clone()));
    } else {
        let removed = removed.into_iter().map(|(name, place)| {
            let what = format!("no longer has the media type `{}`", excerpt_text(&name));
            Change::removed(rules.removed, place.at, what).values(name, Value::Null)
        });
        let added = added.into_iter().map(|(name, place)| {
            let what = format!("can also have the media type `{}`", excerpt_text(&name));
            Change::added(rules.added, place.at, what).values(Value::Null, name)
        });
        walk.record(pair.index, removed.chain(added));
    }
    for (old, new) in pairs {
        walk.record(pair.index, annotations::compare(&old, &new));
        walk.record(pair.index, encoding(&old, &new));
        let any = |media: &Place<'a>| composition::any_value(media.at.clone());
        match (old.get("schema"), new.get("schema")) {
            (None, None) => {}
            (before, after) => walk.compare_schemas(
                pair.index,
                before.unwrap_or_else(|| any(&old)),
                after.unwrap_or_else(|| any(&new)),
                direction,
            ),
        }
    }
}

/// Describes how both of two parameters or headers are serialized. Single values are the same,
/// exploded or not.
pub(crate) fn styles<'a>(
    pair: &OperationPair<'a>,
    (old, new): (&Place<'a>, &Place<'a>),
    default: &str,
) -> (String, String) {
    let single = is_single(pair.old_document, old) && is_single(pair.new_document, new);
    (style(old, default, single), style(new, default, single))
}

fn style(place: &Place<'_>, default: &str, single: bool) -> String {
    let style = place.text("style").unwrap_or(default);
    let explode = match place.value.get("explode") {
        Some(value) => value == &Value::Bool(true),
        None => style == "form",
    };
    let mut text = style.to_owned();
    if explode && !single {
        text.push_str(", exploded");
    }
    if let Some((media_type, _)) = first(place) {
        text.push_str(", as ");
        text.push_str(&essence(media_type));
    }
    text
}

/// Whether all values are neither arrays nor objects.
fn is_single<'a>(document: &'a Document, place: &Place<'a>) -> bool {
    let shape = schema_of(place).and_then(|schema| Shape::of(document, &Node::new(schema)));
    let structured = Types::ARRAY.union(Types::OBJECT);
    shape.is_some_and(|shape| {
        shape.unions.is_empty()
            && shape.types.is_some_and(|types| types.intersection(structured).is_none())
    })
}

/// Returns a media type without its parameters, in lower case.
fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn encoding<'a>(old: &Place<'a>, new: &Place<'a>) -> Option<Change<'a>> {
    let (before, after) = (old.get("encoding"), new.get("encoding"));
    let bare = |place: &Option<Place<'a>>| {
        let bare = place.as_ref().map(|place| headers_aside(place.value));
        bare.filter(|encoding| encoding.as_object().is_none_or(|keys| !keys.is_empty()))
    };
    let same = bare(&before) == bare(&after);
    (!same).then(|| Change::replaced(&rules::ENCODING_CHANGED, "encoding", before, after))
}

/// Returns an `encoding` without prose, with its media types in lower case.
fn headers_aside(encoding: &Value) -> Value {
    match encoding {
        Value::Object(keys) => keys
            .iter()
            .filter(|(key, _)| !annotations::is_annotation(key))
            .map(|(key, value)| match value.as_str() {
                Some(text) if key == "contentType" => {
                    (key.clone(), Value::from(text.to_ascii_lowercase()))
                }
                _ => (key.clone(), headers_aside(value)),
            })
            .collect(),
        other => other.clone(),
    }
}

/// Returns the schema of a parameter or header, from `schema` or from `content`.
pub(crate) fn schema_of<'a>(place: &Place<'a>) -> Option<Place<'a>> {
    place.get("schema").or_else(|| first(place)?.1.get("schema"))
}

/// Returns the only media type that a parameter can have.
pub(crate) fn first<'a>(place: &Place<'a>) -> Option<(&'a str, Place<'a>)> {
    place.entries_of("content").next()
}
