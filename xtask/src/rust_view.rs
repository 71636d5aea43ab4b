//! The Rust view of a comparison: how the public items of the crate change, and which findings
//! explain it.

mod items;
mod relevance;
mod search;

use sendmux_client_codegen::Item;
use serde_json::Value;

use crate::diff::rules::{self, LevelPolicy};
use crate::diff::{Document, Finding, Level};

pub use items::{ItemChange, LeftOut, View, changes, view};

/// Attributes changed items to findings and adjusts the levels of the findings accordingly.
///
/// Removes the findings that only explain why Rust items change, and returns those of them that
/// do explain some.
pub(crate) fn explain(
    findings: &mut Vec<Finding>,
    (before, after): (&View, &View),
    documents: (&Document, &Document),
) -> Vec<Finding> {
    let changes = changes(&before.items, &after.items);
    let causes = search::causes(findings, &changes, (before, after), documents);
    let mut breaks = vec![false; findings.len()];
    for (change, causes) in changes.iter().zip(&causes) {
        for index in causes {
            findings[*index].rust.push(change.path.clone());
            breaks[*index] |= change.breaks();
        }
    }
    for (finding, breaks) in findings.iter_mut().zip(breaks) {
        finding.rust.sort();
        finding.rust.dedup();
        adjust_level(finding, breaks);
    }
    let unexplained = changes.iter().zip(&causes).filter(|(_, causes)| causes.is_empty());
    findings.extend(unexplained.map(|(change, _)| unexplained_change(change)));
    let explanations = findings.extract_if(.., |finding| finding.unreported);
    explanations.filter(|finding| !finding.rust.is_empty()).collect()
}

/// Adjusts the levels of findings where the old document has no items that could be lost.
pub(crate) fn without_items(findings: &mut [Finding]) {
    for finding in findings {
        let rule = rules::all().into_iter().find(|rule| rule.id == finding.id);
        if let Some(LevelPolicy::RustDecides(level)) = rule.map(|rule| rule.policy) {
            finding.level = level;
        }
    }
}

fn adjust_level(finding: &mut Finding, breaks: bool) {
    let rule = rules::all().into_iter().find(|rule| rule.id == finding.id);
    match rule.map(|rule| rule.policy) {
        Some(LevelPolicy::RustDecides(level)) if !breaks => finding.level = level,
        _ if breaks => finding.level = Level::Breaking,
        _ => {}
    }
    if finding.level == Level::Breaking && finding.rust.is_empty() {
        finding.message.push_str("; no Rust item changes, so programs only fail at run time");
    }
}

/// Reports a changed item that no finding explains.
fn unexplained_change(change: &ItemChange) -> Finding {
    let rule = &rules::UNEXPLAINED;
    let level = if change.breaks() { Level::Breaking } else { Level::Compatible };
    let origin = |item: &Option<Item>| item.as_ref().map(|item| item.origin.clone());
    let signature = |item: &Option<Item>| {
        item.as_ref().map_or(Value::Null, |item| Value::from(item.signature.clone()))
    };
    let (old_at, new_at) = (origin(&change.old), origin(&change.new));
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let (old, new) = (signature(&change.old), signature(&change.new));
    Finding {
        id: rule.id,
        level,
        direction: rule.direction,
        location: new_at.clone().or_else(|| old_at.clone()).unwrap_or_default(),
        operations: Vec::new(),
        message: format!("`{}` changes: {} → {}", change.path, text(&old), text(&new)),
        rust: vec![change.path.clone()],
        old,
        new,
        document: None,
        old_at,
        new_at,
        parameter: None,
        unreported: false,
    }
}
