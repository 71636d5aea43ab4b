//! Findings by the operations they reach.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::diff::{Finding, Level};

/// Findings that reach the same operations.
pub(super) struct Group<'r> {
    pub(super) heading: String,
    pub(super) findings: Vec<&'r Finding>,
}

impl Group<'_> {
    pub(super) fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

/// How many operations a heading names before it only counts.
const NAMED: usize = 3;

/// Groups findings by operation, worst group first.
pub(super) fn of<'r>(findings: impl IntoIterator<Item = &'r Finding>) -> Vec<Group<'r>> {
    let mut groups: BTreeMap<(&[String], Option<&str>), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry((&finding.operations, finding.document)).or_default().push(finding);
    }
    let mut groups: Vec<Group<'r>> = groups
        .into_iter()
        .map(|((operations, document), mut findings)| {
            findings.sort_by_key(|finding| Reverse(finding.level));
            let heading = heading(operations);
            let heading = match document {
                Some(document) => format!("{heading} ({document})"),
                None => heading,
            };
            Group { heading, findings }
        })
        .collect();
    groups.sort_by_key(|group| Reverse(group.worst()));
    groups
}

fn heading(operations: &[String]) -> String {
    match operations {
        [] => "the document".to_owned(),
        [one] => one.clone(),
        several if several.len() <= NAMED => several.join(", "),
        several => format!(
            "{} operations: {}, …",
            several.len(),
            several.get(..NAMED).unwrap_or_default().join(", ")
        ),
    }
}
