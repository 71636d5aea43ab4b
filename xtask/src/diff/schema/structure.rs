//! Compares what is inside a value: properties, items, the variants of a union.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use serde_json::Value;

use super::{Comparison, SchemaDiff};
use crate::diff::change::Change;
use crate::diff::composition::{self, Node};
use crate::diff::document::Document;
use crate::diff::finding::Direction;
use crate::diff::rules::{self, RulePair};
use crate::diff::shape::{self, AdditionalProperties, Property, Shape};

impl<'a> Comparison<'_, 'a> {
    pub(super) fn properties(&self, diff: &mut SchemaDiff<'a>) {
        for (name, old) in &self.old.properties {
            let direction = self.direction_of(&[old]);
            match self.new.properties.get(name) {
                Some(new) => {
                    let direction = self.direction_of(&[old, new]);
                    diff.changes.extend(requirement(old, new, direction));
                    diff.inner.push((old.node.clone(), new.node.clone(), direction));
                }
                None => {
                    let rules = match old.required {
                        true => &rules::REQUIRED_PROPERTY_REMOVED,
                        false => &rules::OPTIONAL_PROPERTY_REMOVED,
                    };
                    let Some(place) = old.node.sites.first() else { continue };
                    let kind = shape::describe(self.context.old, &old.node);
                    let (rule, what) =
                        (rules.for_direction(direction), format!("({kind}) was removed"));
                    let change = Change::removed(rule, place.at.clone(), what);
                    diff.changes.push(change.values(kind, Value::Null));
                }
            }
        }
        for (name, new) in &self.new.properties {
            if self.old.properties.contains_key(name) {
                continue;
            }
            let direction = self.direction_of(&[new]);
            let (rules, word) = match new.required {
                true => (&rules::REQUIRED_PROPERTY_ADDED, "required"),
                false => (&rules::OPTIONAL_PROPERTY_ADDED, "optional"),
            };
            let Some(place) = new.node.sites.first() else { continue };
            let kind = shape::describe(self.context.new, &new.node);
            let (rule, what) =
                (rules.for_direction(direction), format!("({kind}, {word}) was added"));
            let change = Change::added(rule, place.at.clone(), what);
            diff.changes.push(change.values(Value::Null, kind));
        }
    }

    /// Returns the way in which a property travels: one that is read-only on all sides is only
    /// received, wherever it is described.
    fn direction_of(&self, sides: &[&Property<'a>]) -> Direction {
        match sides.iter().all(|property| property.read_only) {
            true => Direction::Response,
            false => self.context.direction,
        }
    }

    /// Compares the fields that are required and not described.
    pub(super) fn unnamed_fields(&self, diff: &mut SchemaDiff<'a>) {
        let (required, optional) = match self.context.direction {
            Direction::Request => (&rules::UNNAMED_REQUIRED, &rules::UNNAMED_NOT_REQUIRED),
            _ => (&rules::UNNAMED_RETURNED, &rules::UNNAMED_NOT_RETURNED),
        };
        let (old, new) = (self.old, self.new);
        for (name, at) in &old.unnamed {
            if !new.unnamed.contains_key(name) && !new.properties.contains_key(name) {
                let what =
                    format!("no longer requires the field `{name}`, which it does not describe");
                let change = Change::removed(optional, at.clone(), what);
                diff.changes.push(change.values(*name, Value::Null));
            }
        }
        for (name, at) in &new.unnamed {
            if !old.unnamed.contains_key(name) && !old.properties.contains_key(name) {
                let what = format!("now requires the field `{name}`, which it does not describe");
                let change = Change::added(required, at.clone(), what);
                diff.changes.push(change.values(Value::Null, *name));
            }
        }
    }

    pub(super) fn additional_properties(&self, diff: &mut SchemaDiff<'a>) {
        use AdditionalProperties::{Any, Forbidden, Typed};
        let named = !self.old.properties.is_empty() && !self.new.properties.is_empty();
        let sent = self.context.direction == Direction::Request;
        match (&self.old.additional, &self.new.additional) {
            (Typed(old), Typed(new)) => {
                diff.inner.push((old.clone(), new.clone(), self.context.direction));
            }
            (Any, Forbidden(at)) if sent => {
                let rule = if named { &rules::OBJECT_CLOSED } else { &rules::FIELDS_CLOSED };
                let change = Change::added(rule, at.clone(), "no longer accepts other fields");
                diff.changes.push(change.values(true, false));
            }
            (Forbidden(at), Any) if sent => {
                let rule = if named { &rules::OBJECT_OPENED } else { &rules::FIELDS_OPENED };
                let change = Change::removed(rule, at.clone(), "now accepts other fields");
                diff.changes.push(change.values(false, true));
            }
            (Typed(_), _) | (_, Typed(_)) => {
                let was = self.old.describe_additional(self.context.old);
                let is = self.new.describe_additional(self.context.new);
                let what = format!("has another type: {was} → {is}");
                let change = match named {
                    true => self.changed_by(&rules::EXTRA_FIELDS_CHANGED, what),
                    false => self.changed(self.map_rules(), what),
                };
                diff.changes.push(change.values(was, is));
            }
            _ => {}
        }
    }

    /// Returns the rules for a map whose values become any values or the reverse.
    fn map_rules(&self) -> &'static RulePair {
        use AdditionalProperties::{Any, Forbidden};
        match (&self.old.additional, &self.new.additional) {
            (_, Any) | (Forbidden(_), _) => &rules::TYPE_WIDENED,
            (Any, _) | (_, Forbidden(_)) => &rules::TYPE_NARROWED,
            _ => &rules::TYPE_CHANGED,
        }
    }

    pub(super) fn items(&self, diff: &mut SchemaDiff<'a>) {
        let any = |shape: &Shape<'a>| Node::new(composition::any_value(shape.site.at.clone()));
        match (&self.old.items, &self.new.items) {
            (None, None) => {}
            (old, new) => diff.inner.push((
                old.clone().unwrap_or_else(|| any(self.old)),
                new.clone().unwrap_or_else(|| any(self.new)),
                self.context.direction,
            )),
        }
    }

    pub(super) fn unions(&self, diff: &mut SchemaDiff<'a>) {
        let direction = self.context.direction;
        for (old, new) in self.old.unions.iter().zip(&self.new.unions) {
            if old.keyword != new.keyword {
                let what = format!("is now `{}` instead of `{}`", new.keyword, old.keyword);
                let (old_at, new_at) = (old.at.clone(), new.at.clone());
                let change = Change::changed(&rules::UNION_KEYWORD, old_at, new_at, what);
                diff.changes.push(change.values(old.keyword, new.keyword));
            }
            let matched =
                match_variants(self.context.old, &old.branches, self.context.new, &new.branches);
            let pairs = matched.pairs.into_iter();
            diff.inner.extend(pairs.map(|(old, new)| (old, new, direction)));
            for variant in &matched.removed {
                let Some(place) = variant.sites.first() else { continue };
                let kind = shape::describe(self.context.old, variant);
                let rule = rules::VARIANT_REMOVED.for_direction(direction);
                let what = format!("no longer has the variant {kind}");
                let change = Change::removed(rule, place.at.clone(), what);
                diff.changes.push(change.values(kind, Value::Null));
            }
            for variant in &matched.added {
                let Some(place) = variant.sites.first() else { continue };
                let kind = shape::describe(self.context.new, variant);
                let rule = rules::VARIANT_ADDED.for_direction(direction);
                let what = format!("gained the variant {kind}");
                let change = Change::added(rule, place.at.clone(), what);
                diff.changes.push(change.values(Value::Null, kind));
            }
        }
    }
}

fn requirement<'a>(
    old: &Property<'a>,
    new: &Property<'a>,
    direction: Direction,
) -> Option<Change<'a>> {
    let (rules, was, is) = match (old.required, new.required) {
        (false, true) => (&rules::PROPERTY_REQUIRED, "optional", "required"),
        (true, false) => (&rules::PROPERTY_OPTIONAL, "required", "optional"),
        _ => return None,
    };
    let (before, after) = (old.node.sites.first()?, new.node.sites.first()?);
    let rule = rules.for_direction(direction);
    let what = format!("became {is}");
    let change = Change::changed(rule, before.at.clone(), after.at.clone(), what);
    Some(change.values(was, is))
}

/// How deep two variants are compared to tell whether they are the same.
const MAX_DEPTH: usize = 3;
/// Unions with more variants than this are matched by name and position alone.
const MAX_FINGERPRINTED: usize = 64;
/// How many schemas the fingerprint of one variant covers.
const FINGERPRINT_BUDGET: usize = 2_000;

/// The variants of two unions, paired.
struct MatchedVariants<'a> {
    pairs: Vec<(Node<'a>, Node<'a>)>,
    removed: Vec<Node<'a>>,
    added: Vec<Node<'a>>,
}

/// What identifies a variant, the strongest feature first.
struct Features {
    name: Option<String>,
    fingerprint: u64,
    tag: Option<String>,
    types: String,
}

/// Pairs the variants of a union with those of its successor.
fn match_variants<'a>(
    old_document: &'a Document,
    old: &[Node<'a>],
    new_document: &'a Document,
    new: &[Node<'a>],
) -> MatchedVariants<'a> {
    let depth = if old.len().max(new.len()) > MAX_FINGERPRINTED { None } else { Some(MAX_DEPTH) };
    let read = |document: &'a Document, nodes: &[Node<'a>]| -> Vec<Option<(Node<'a>, Features)>> {
        nodes.iter().map(|node| Some((node.clone(), features(document, node, depth)))).collect()
    };
    let (mut before, mut after) = (read(old_document, old), read(new_document, new));
    let mut pairs = Vec::new();
    let tests: [fn(&Features, &Features) -> bool; 4] = [
        |one, other| one.name.is_some() && one.name == other.name,
        |one, other| one.fingerprint == other.fingerprint,
        |one, other| one.tag.is_some() && one.tag == other.tag,
        |one, other| one.types == other.types,
    ];
    for same in tests {
        for slot in &mut before {
            let Some((_, features)) = slot else { continue };
            let partner = after.iter_mut().find(|candidate| {
                candidate.as_ref().is_some_and(|(_, theirs)| same(features, theirs))
            });
            if let Some(((old, _), (new, _))) =
                partner.and_then(|partner| slot.take().zip(partner.take()))
            {
                pairs.push((old, new));
            }
        }
    }
    let mut removed: Vec<Node<'a>> = before.into_iter().flatten().map(|(node, _)| node).collect();
    let mut added: Vec<Node<'a>> = after.into_iter().flatten().map(|(node, _)| node).collect();
    if let ([_], [_]) = (removed.as_slice(), added.as_slice()) {
        pairs.extend(removed.pop().zip(added.pop()));
    }
    MatchedVariants { pairs, removed, added }
}

fn features(document: &Document, node: &Node<'_>, depth: Option<usize>) -> Features {
    let shape = Shape::of(document, node);
    let shape = shape.as_ref();
    let tag = shape.map(|shape| {
        let tags = shape.properties.iter().filter_map(|(name, property)| {
            let inner = Shape::of(document, &property.node)?;
            match inner.values?.as_slice() {
                [only] => Some(format!("{name}={}", only.value)),
                _ => None,
            }
        });
        tags.collect::<Vec<_>>().join(",")
    });
    Features {
        name: shape
            .and_then(|shape| shape.component.as_ref())
            .map(|component| component.at.to_string()),
        fingerprint: depth
            .map_or(0, |depth| fingerprint(document, node, depth, &mut { FINGERPRINT_BUDGET })),
        tag: tag.filter(|tag| !tag.is_empty()),
        types: shape.map(|shape| format!("{:?}", shape.types)).unwrap_or_default(),
    }
}

/// Hashes the structure of a schema, as far as depth and budget allow.
fn fingerprint(document: &Document, node: &Node<'_>, depth: usize, budget: &mut usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    *budget = budget.saturating_sub(1);
    let depth = if *budget == 0 { 0 } else { depth };
    let Some(shape) = Shape::of(document, node) else { return 0 };
    shape.types.hash(&mut hasher);
    (shape.nullable, shape.never, &shape.opaque, shape.unions.len()).hash(&mut hasher);
    if let Some(values) = &shape.values {
        for listed in values {
            listed.value.to_string().hash(&mut hasher);
        }
    }
    shape.keywords.get("format").and_then(|place| place.value.as_str()).hash(&mut hasher);
    for (name, property) in &shape.properties {
        (name, property.required).hash(&mut hasher);
        if depth > 0 {
            fingerprint(document, &property.node, depth - 1, budget).hash(&mut hasher);
        }
    }
    if let Some(items) = shape.items.as_ref().filter(|_| depth > 0) {
        fingerprint(document, items, depth - 1, budget).hash(&mut hasher);
    }
    hasher.finish()
}
