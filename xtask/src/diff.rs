//! Compares two OpenAPI documents for a program that uses this crate.
//!
//! What counts is the effective schema where an operation uses it. Schemas are compared pair by
//! pair, each pair once per direction. A change inside a shared component is one finding that lists
//! every operation it affects.

mod annotations;
mod change;
mod composition;
mod constraints;
mod content;
mod document;
mod document_info;
mod finding;
mod inclusion;
mod operation;
mod operations;
mod pattern;
pub(crate) mod pointer;
mod request;
mod response;
pub mod rules;
mod schema;
mod security;
mod shape;
mod subject;
mod unused_components;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub use document::{Document, DocumentError};
pub use finding::{Direction, Finding, Level};

use change::Change;
use operation::{Operation, OperationPair, Section};
use rules::LevelPolicy;
use walk::Walk;

/// Compares two documents and returns the findings in a stable order, worst first.
///
/// # Errors
/// Fails if the schemas refer to each other in too many ways to be compared.
pub fn compare(old: &Document, new: &Document) -> Result<Vec<Finding>, DocumentError> {
    let mut walk = Walk::new(old, new);
    let mut labels: Vec<String> = Vec::new();
    for section in [Section::Paths, Section::Webhooks] {
        compare_operations(&mut walk, &mut labels, section, (old, new));
    }
    let too_complex = |_| DocumentError {
        pointer: String::new(),
        message: "has schemas that refer to each other in too many ways; simplify them".to_owned(),
    };
    walk.run().map_err(too_complex)?;
    let nobody = labels.len();
    walk.record(nobody, document_info::compare(old, new));
    unused_components::compare(&mut walk, nobody, (old, new)).map_err(too_complex)?;
    Ok(merged(walk.into_changes(), &labels, (old, new)))
}

fn compare_operations<'a>(
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
    for operation in &matched.removed {
        walk.record(number(operation), [operations::removed(operation)]);
    }
    for operation in &matched.added {
        walk.record(number(operation), [operations::added(operation)]);
    }
    let (request, response) = match section {
        Section::Paths => (Direction::Request, Direction::Response),
        Section::Webhooks => (Direction::Response, Direction::Request),
    };
    for (before, after) in matched.pairs {
        let named = if after.id().is_some() { &after } else { &before };
        let pair = OperationPair {
            index: number(named),
            old_document: old,
            new_document: new,
            old: before,
            new: after,
            request,
            response,
        };
        operations::compare(&pair, walk);
    }
}

/// Merges changes that were met more than once into one finding each.
fn merged(
    changes: Vec<(Change<'_>, BTreeSet<usize>)>,
    labels: &[String],
    (old, new): (&Document, &Document),
) -> Vec<Finding> {
    let mut findings: BTreeMap<(&str, String, String), Finding> = BTreeMap::new();
    for (change, operations) in changes {
        let names = operations.iter().filter_map(|index| labels.get(*index).cloned());
        let old_at = change.old_at.as_ref().map(ToString::to_string);
        let new_at = change.new_at.as_ref().map(ToString::to_string);
        let location = new_at.clone().or_else(|| old_at.clone()).unwrap_or_default();
        // One list of credentials or servers can lose or gain several.
        let several = ["redundant-security-", "security-", "server-"]
            .iter()
            .any(|start| change.rule.id.starts_with(start));
        let detail = if several { change.what.clone() } else { String::new() };
        let key = (change.rule.id, location.clone(), detail);
        let finding = findings.entry(key).or_insert_with(|| {
            let named = |document: &Document, at| {
                (subject::of(document.value(), at), subject::parameter(document.value(), at))
            };
            let (subject, parameter) = match (&change.new_at, &change.old_at) {
                (Some(at), _) => named(new, at),
                (None, Some(at)) => named(old, at),
                (None, None) => ("the document".to_owned(), None),
            };
            Finding {
                id: change.rule.id,
                level: change.rule.level,
                direction: change.rule.direction,
                location,
                operations: Vec::new(),
                message: format!("`{subject}` {}", change.what),
                rust: Vec::new(),
                old: change::bounded(change.old),
                new: change::bounded(change.new),
                document: None,
                parameter,
                old_at,
                new_at,
                unreported: change.rule.policy == LevelPolicy::Unreported,
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

/// Sorts findings, worst first, then by location.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (std::cmp::Reverse(finding.level), finding.location.clone(), finding.id)
        };
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
}
