//! Compares what is inside a value: fields, items, the forms of a choice.

use serde_json::Value;

use super::{Compared, Pair};
use crate::diff::draft::Draft;
use crate::diff::finding::Direction;
use crate::diff::kind;
use crate::diff::node::Node;
use crate::diff::place::Place;
use crate::diff::rules::schema as rules;
use crate::diff::shape::{Property, Rest, Shape};
use crate::diff::variants;

/// What a schema without keywords is.
static ANYTHING: Value = Value::Bool(true);

impl<'a> Pair<'_, 'a> {
    pub(super) fn properties(&self, found: &mut Compared<'a>) {
        let toward = self.sides.direction;
        for (name, old) in &self.old.properties {
            match self.new.properties.get(name) {
                Some(new) => {
                    found.drafts.extend(self.requirement(old, new));
                    found.inner.push((old.node.clone(), new.node.clone()));
                }
                None => {
                    let rule = match old.required {
                        true => &rules::REQUIRED_PROPERTY_REMOVED,
                        false => &rules::OPTIONAL_PROPERTY_REMOVED,
                    };
                    let Some(place) = old.node.sites.first() else { continue };
                    let kind = kind::of_node(self.sides.old, &old.node);
                    let what = format!("({kind}) is gone");
                    let draft = Draft::removed(rule.toward(toward), place.at.clone(), what);
                    found.drafts.push(draft.values(kind, Value::Null));
                }
            }
        }
        for (name, new) in &self.new.properties {
            if self.old.properties.contains_key(name) {
                continue;
            }
            let (rule, word) = match new.required {
                true => (&rules::REQUIRED_PROPERTY_ADDED, "required"),
                false => (&rules::OPTIONAL_PROPERTY_ADDED, "optional"),
            };
            let Some(place) = new.node.sites.first() else { continue };
            let kind = kind::of_node(self.sides.new, &new.node);
            let what = format!("is new: {kind}, {word}");
            let draft = Draft::added(rule.toward(toward), place.at.clone(), what);
            found.drafts.push(draft.values(Value::Null, kind));
        }
    }

    pub(super) fn requirement(&self, old: &Property<'a>, new: &Property<'a>) -> Option<Draft<'a>> {
        let (rule, what) = match (old.required, new.required) {
            (false, true) => (&rules::PROPERTY_REQUIRED, "is required now: optional → required"),
            (true, false) => (&rules::PROPERTY_OPTIONAL, "is optional now: required → optional"),
            _ => return None,
        };
        let (before, after) = (old.node.sites.first()?, new.node.sites.first()?);
        let rule = rule.toward(self.sides.direction);
        let draft = Draft::changed(rule, before.at.clone(), after.at.clone(), what);
        Some(draft.values(word(old.required), word(new.required)))
    }

    pub(super) fn rest(&self, found: &mut Compared<'a>) {
        let named = !self.old.properties.is_empty() && !self.new.properties.is_empty();
        let asked = self.sides.direction == Direction::Request;
        match (&self.old.rest, &self.new.rest) {
            (Rest::Values(old), Rest::Values(new)) => found.inner.push((old.clone(), new.clone())),
            (Rest::Anything, Rest::Nothing(at)) if asked => {
                let rule = if named { &rules::OBJECT_CLOSED } else { &rules::FIELDS_CLOSED };
                let what = "takes no other fields any more: open → closed";
                found.drafts.push(Draft::added(rule, at.clone(), what).values(true, false));
            }
            (Rest::Nothing(at), Rest::Anything) if asked => {
                let rule = if named { &rules::OBJECT_OPENED } else { &rules::FIELDS_OPENED };
                let what = "takes other fields as well: closed → open";
                found.drafts.push(Draft::removed(rule, at.clone(), what).values(false, true));
            }
            (Rest::Values(_), _) | (_, Rest::Values(_)) => {
                let (before, after) = (
                    kind::of_rest(self.sides.old, self.old),
                    kind::of_rest(self.sides.new, self.new),
                );
                let what = format!("has another type: {before} → {after}");
                found.drafts.push(self.changed(&rules::TYPE_CHANGED, what).values(before, after));
            }
            _ => {}
        }
    }

    pub(super) fn items(&self, found: &mut Compared<'a>) {
        let anything = |shape: &Shape<'a>| Node::new(Place::new(shape.site.at.clone(), &ANYTHING));
        match (&self.old.items, &self.new.items) {
            (Some(old), Some(new)) => found.inner.push((old.clone(), new.clone())),
            (Some(old), None) => found.inner.push((old.clone(), anything(self.new))),
            (None, Some(new)) => found.inner.push((anything(self.old), new.clone())),
            (None, None) => {}
        }
    }

    pub(super) fn unions(&self, found: &mut Compared<'a>) {
        for (old, new) in self.old.unions.iter().zip(&self.new.unions) {
            if old.keyword != new.keyword {
                let what = format!(
                    "is a choice by another keyword: `{}` → `{}`",
                    old.keyword, new.keyword
                );
                let draft =
                    Draft::changed(&rules::UNION_KEYWORD, old.at.clone(), new.at.clone(), what);
                found.drafts.push(draft.values(old.keyword, new.keyword));
            }
            let matched =
                variants::matched(self.sides.old, &old.branches, self.sides.new, &new.branches);
            found.inner.extend(matched.pairs);
            let toward = self.sides.direction;
            for gone in &matched.removed {
                let Some(place) = gone.sites.first() else { continue };
                let kind = kind::of_node(self.sides.old, gone);
                let rule = rules::VARIANT_REMOVED.toward(toward);
                let draft =
                    Draft::removed(rule, place.at.clone(), format!("loses the form {kind}"));
                found.drafts.push(draft.values(kind, Value::Null));
            }
            for fresh in &matched.added {
                let Some(place) = fresh.sites.first() else { continue };
                let kind = kind::of_node(self.sides.new, fresh);
                let rule = rules::VARIANT_ADDED.toward(toward);
                let draft = Draft::added(rule, place.at.clone(), format!("gains the form {kind}"));
                found.drafts.push(draft.values(Value::Null, kind));
            }
        }
    }
}

fn word(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}
