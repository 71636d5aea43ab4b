//! Compares two OpenAPI documents for a program that depends on this crate.
//!
//! What counts is the effective schema where an operation uses it. Schemas are compared pair by
//! pair, each pair once per direction; what is found inside a shared component is one finding that
//! lists every operation it reaches.

mod bodies;
mod bounds;
mod callbacks;
mod document;
mod draft;
mod excerpt;
mod finding;
mod kind;
mod leftovers;
mod matching;
mod node;
mod operation;
mod operations;
mod parameters;
mod parts;
mod place;
mod responses;
pub mod rules;
mod schema;
mod security;
mod servers;
mod shape;
mod subject;
mod surroundings;
mod trail;
mod types;
mod variants;
mod walk;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use document::{Document, Refusal};
pub use finding::{Direction, Finding, Level};

use draft::Draft;
use operation::{Operation, Section};
use operations::Exchange;
use rules::Weight;
use walk::Walk;

/// Compares two documents; the findings come in a stable order, worst first.
///
/// # Errors
/// If the documents are so entangled that comparing them would not end in reasonable time.
pub fn compare(old: &Document, new: &Document) -> Result<Vec<Finding>, Refusal> {
    let mut walk = Walk::new(old, new);
    let mut labels: Vec<String> = Vec::new();
    for section in [Section::Paths, Section::Webhooks] {
        operations(&mut walk, &mut labels, section, (old, new));
    }
    let entangled = |_| Refusal {
        pointer: String::new(),
        what: "its schemas refer to each other in too many ways to compare; simplify them".into(),
    };
    walk.run().map_err(entangled)?;
    let nobody = labels.len();
    walk.note(nobody, surroundings::compare(old, new));
    leftovers::compare(&mut walk, nobody, (old, new)).map_err(entangled)?;
    Ok(merged(walk.into_found(), &labels, (old, new)))
}

fn operations<'a>(
    walk: &mut Walk<'a>,
    labels: &mut Vec<String>,
    section: Section,
    (old, new): (&'a Document, &'a Document),
) {
    let matched = operation::matched(operation::all(old, section), operation::all(new, section));
    let mut number = |operation: &Operation<'a>| {
        labels.push(operation.label());
        labels.len() - 1
    };
    for gone in &matched.removed {
        walk.note(number(gone), [operations::removed(gone)]);
    }
    for fresh in &matched.added {
        walk.note(number(fresh), [operations::added(fresh)]);
    }
    let (request, response) = match section {
        Section::Paths => (Direction::Request, Direction::Response),
        Section::Webhooks => (Direction::Response, Direction::Request),
    };
    for (before, after) in matched.pairs {
        let named = if after.id().is_some() { &after } else { &before };
        let exchange = Exchange {
            index: number(named),
            old_document: old,
            new_document: new,
            old: before,
            new: after,
            request,
            response,
        };
        operations::compare(&exchange, walk);
    }
}

/// What was found in several ways becomes one finding.
fn merged(
    found: Vec<(Draft<'_>, BTreeSet<usize>)>,
    labels: &[String],
    (old, new): (&Document, &Document),
) -> Vec<Finding> {
    let mut findings: BTreeMap<(&str, String, String), Finding> = BTreeMap::new();
    for (draft, operations) in found {
        let names = operations.iter().filter_map(|index| labels.get(*index).cloned());
        let old_at = draft.old_at.as_ref().map(ToString::to_string);
        let new_at = draft.new_at.as_ref().map(ToString::to_string);
        let location = new_at.clone().or_else(|| old_at.clone()).unwrap_or_default();
        let what_else = match draft.rule.direction {
            // One list of credentials can lose or gain several.
            Direction::Request if draft.rule.id.starts_with("security-") => draft.what.clone(),
            _ => String::new(),
        };
        let finding =
            findings.entry((draft.rule.id, location.clone(), what_else)).or_insert_with(|| {
                let (subject, parameter) = match (&draft.new_at, &draft.old_at) {
                    (Some(at), _) => {
                        (subject::of(new.value(), at), subject::parameter(new.value(), at))
                    }
                    (None, Some(at)) => {
                        (subject::of(old.value(), at), subject::parameter(old.value(), at))
                    }
                    (None, None) => ("the document".to_owned(), None),
                };
                Finding {
                    id: draft.rule.id,
                    level: draft.rule.level,
                    direction: draft.rule.direction,
                    location,
                    operations: Vec::new(),
                    message: format!("`{subject}` {}", draft.what),
                    rust: Vec::new(),
                    old: draft.old,
                    new: draft.new,
                    document: None,
                    parameter,
                    old_at,
                    new_at,
                    silent: draft.rule.weight == Weight::Unlisted,
                }
            });
        finding.operations.extend(names);
    }
    let mut findings: Vec<Finding> = findings.into_values().collect();
    for finding in &mut findings {
        finding.operations.sort();
        finding.operations.dedup();
    }
    sort(&mut findings);
    findings
}

/// Worst first, then by place.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (std::cmp::Reverse(finding.level), finding.location.clone(), finding.id)
        };
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
}
