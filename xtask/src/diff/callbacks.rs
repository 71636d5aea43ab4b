//! Compares what an operation has the server call back: requests that a program reads.

use serde_json::Value;

use super::draft::Draft;
use super::matching;
use super::operation::{self, Section};
use super::operations::{self, Exchange};
use super::place::Place;
use super::rules::document as rules;
use super::walk::Walk;

pub(crate) fn compare<'a>(exchange: &Exchange<'a>, walk: &mut Walk<'a>) {
    let list = |place: &Place<'a>| -> Vec<((&'a str, &'a str), Place<'a>)> {
        let callbacks = place.get("callbacks");
        let callbacks = callbacks.iter().flat_map(Place::entries);
        let expressions = callbacks.flat_map(|(name, callback)| {
            callback.entries().map(move |(expression, item)| ((name, expression), item))
        });
        expressions.filter(|(_, item)| item.value.is_object()).collect()
    };
    // Callbacks of callbacks would turn the direction again; nobody writes them.
    if exchange.old.section == Section::Webhooks {
        return;
    }
    let matching = matching::by_key(list(&exchange.old.place), list(&exchange.new.place));
    for ((name, _), place) in matching.removed {
        let draft = Draft::removed(&rules::CALLBACK_REMOVED, place.at, "is gone");
        walk.note(exchange.index, [draft.values(name, Value::Null)]);
    }
    for ((name, _), place) in matching.added {
        let draft = Draft::added(&rules::CALLBACK_ADDED, place.at, "is new");
        walk.note(exchange.index, [draft.values(Value::Null, name)]);
    }
    for (old, new) in matching.pairs {
        let before = operation::of_item(exchange.old_document, Section::Webhooks, "", old);
        let after = operation::of_item(exchange.new_document, Section::Webhooks, "", new);
        let matched = operation::matched(before, after);
        walk.note(
            exchange.index,
            matched.removed.iter().map(|gone| {
                Draft::removed(&rules::CALLBACK_REMOVED, gone.place.at.clone(), "is gone")
            }),
        );
        walk.note(
            exchange.index,
            matched.added.iter().map(|fresh| {
                Draft::added(&rules::CALLBACK_ADDED, fresh.place.at.clone(), "is new")
            }),
        );
        for (old, new) in matched.pairs {
            let inner = Exchange {
                old,
                new,
                request: exchange.response,
                response: exchange.request,
                ..exchange.clone()
            };
            operations::compare(&inner, walk);
        }
    }
}
