//! Finds out which branch of a choice became which.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::document::Document;
use super::node::Node;
use super::shape::Shape;

/// How deep two branches are looked into before they are taken for the same.
const DEPTH: usize = 3;
/// Choices with more branches than this are matched by name and position alone.
const MANY: usize = 64;
/// How many schemas are looked at to recognise one branch.
const BUDGET: usize = 2_000;

/// The branches of two choices, matched.
pub(crate) struct Matched<'a> {
    pub(crate) pairs: Vec<(Node<'a>, Node<'a>)>,
    pub(crate) removed: Vec<Node<'a>>,
    pub(crate) added: Vec<Node<'a>>,
}

/// What a branch is recognised by, the strongest sign first.
struct Signs {
    name: Option<String>,
    tag: Option<String>,
    print: u64,
    kind: String,
}

/// Matches the branches of a choice with those of its successor.
pub(crate) fn matched<'a>(
    old_document: &'a Document,
    old: &[Node<'a>],
    new_document: &'a Document,
    new: &[Node<'a>],
) -> Matched<'a> {
    let many = old.len().max(new.len()) > MANY;
    let mut before: Vec<Option<(Node<'a>, Signs)>> =
        old.iter().map(|node| Some((node.clone(), signs(old_document, node, many)))).collect();
    let mut after: Vec<Option<(Node<'a>, Signs)>> =
        new.iter().map(|node| Some((node.clone(), signs(new_document, node, many)))).collect();
    let mut pairs = Vec::new();
    let tests: [fn(&Signs, &Signs) -> bool; 4] = [
        |one, other| one.name.is_some() && one.name == other.name,
        |one, other| one.print == other.print,
        |one, other| one.tag.is_some() && one.tag == other.tag,
        |one, other| one.kind == other.kind,
    ];
    for same in tests {
        for slot in &mut before {
            let Some((_, signs)) = slot else { continue };
            let partner = after.iter_mut().find(|candidate| {
                candidate.as_ref().is_some_and(|(_, theirs)| same(signs, theirs))
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
    Matched { pairs, removed, added }
}

fn signs(document: &Document, node: &Node<'_>, many: bool) -> Signs {
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
    Signs {
        name: shape
            .and_then(|shape| shape.component.as_ref())
            .map(|component| component.at.to_string()),
        tag: tag.filter(|tag| !tag.is_empty()),
        print: if many { 0 } else { print(document, node, DEPTH, &mut { BUDGET }) },
        kind: shape.map(|shape| format!("{:?}", shape.types)).unwrap_or_default(),
    }
}

/// A number that equal structures share, as far as depth and budget let it look.
fn print(document: &Document, node: &Node<'_>, depth: usize, budget: &mut usize) -> u64 {
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
            print(document, &property.node, depth - 1, budget).hash(&mut hasher);
        }
    }
    if let Some(items) = shape.items.as_ref().filter(|_| depth > 0) {
        print(document, items, depth - 1, budget).hash(&mut hasher);
    }
    hasher.finish()
}
