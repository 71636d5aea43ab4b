//! The report of a comparison: findings, counts, and the version bump that they call for.

mod github;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::diff::{Finding, Level};

pub use github::{annotations, failure, markdown};

/// The version bump that a change of the documents calls for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing changed.
    #[default]
    None,
    /// Only the documentation changed.
    Patch,
    /// Programs can do more.
    Minor,
    /// Programs may stop compiling or start failing.
    Major,
}

impl Bump {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Bump::None => "none",
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

/// Counts of findings, and the version bump that follows from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Number of breaking findings.
    pub breaking: usize,
    /// Number of compatible findings.
    pub compatible: usize,
    /// Number of findings about documentation.
    pub docs: usize,
    /// The version bump.
    pub bump: Bump,
}

impl Summary {
    /// Counts findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut summary = Summary::default();
        for finding in findings {
            let (count, bump) = match finding.level {
                Level::Breaking => (&mut summary.breaking, Bump::Major),
                Level::Compatible => (&mut summary.compatible, Bump::Minor),
                Level::Docs => (&mut summary.docs, Bump::Patch),
            };
            *count += 1;
            summary.bump = summary.bump.max(bump);
        }
        summary
    }

    /// Returns the number of findings.
    pub fn total(&self) -> usize {
        self.breaking + self.compatible + self.docs
    }

    /// Describes the counts.
    pub fn describe(&self) -> String {
        let noun = if self.total() == 1 { "finding" } else { "findings" };
        let Summary { breaking, compatible, docs, .. } = self;
        let total = self.total();
        format!("{total} {noun}: {breaking} breaking, {compatible} compatible, {docs} docs")
    }
}

/// A finding that does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ignored {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it does not count.
    pub why: String,
    /// The last day on which it does not count.
    pub until: String,
}

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What changed, worst first.
    pub findings: Vec<Finding>,
    /// What changed and does not count.
    pub ignored: Vec<Ignored>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// Whether Rust items are renamed although the API is the same.
    pub names_changed: bool,
}

impl Report {
    /// Creates a report of findings alone.
    pub fn new(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }

    /// Returns the counts and the version bump.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.findings);
        if self.names_changed {
            summary.bump = Bump::Major;
        }
        summary
    }

    /// Joins the reports of several documents and marks each finding with its document.
    pub fn joined(reports: Vec<(&'static str, Report)>) -> Self {
        let several = reports.len() > 1;
        let mut all = Report::default();
        for (document, mut report) in reports {
            if several {
                for finding in &mut report.findings {
                    finding.document = Some(document);
                }
            }
            all.findings.append(&mut report.findings);
            all.ignored.append(&mut report.ignored);
            all.notes.append(&mut report.notes);
            all.names_changed |= report.names_changed;
        }
        crate::diff::sort(&mut all.findings);
        all
    }
}

/// Findings that affect the same operations.
struct Group<'r> {
    heading: String,
    findings: Vec<&'r Finding>,
}

/// Groups findings by the operations they affect, worst group first.
fn grouped<'r>(findings: impl IntoIterator<Item = &'r Finding>) -> Vec<Group<'r>> {
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
    let worst = |group: &Group<'_>| group.findings.iter().map(|finding| finding.level).max();
    groups.sort_by_key(|group| Reverse(worst(group)));
    groups
}

fn heading(operations: &[String]) -> String {
    /// How many operations a heading lists.
    const LISTED: usize = 3;
    match operations {
        [] => "the document".to_owned(),
        several if several.len() <= LISTED => several.join(", "),
        several => {
            let listed = several.get(..LISTED).unwrap_or_default().join(", ");
            format!("{} operations: {listed}, …", several.len())
        }
    }
}

/// Writes the report for tools, as JSON.
pub fn json(report: &Report) -> String {
    /// Raised when a consumer of the old format would misread the new one.
    const SCHEMA_VERSION: u32 = 1;

    #[derive(Serialize)]
    struct JsonReport<'r> {
        schema_version: u32,
        findings: &'r [Finding],
        summary: Summary,
        #[serde(skip_serializing_if = "<[Ignored]>::is_empty")]
        ignored: &'r [Ignored],
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        notes: &'r [String],
    }

    let report = JsonReport {
        schema_version: SCHEMA_VERSION,
        findings: &report.findings,
        summary: report.summary(),
        ignored: &report.ignored,
        notes: &report.notes,
    };
    // A report of strings, numbers and JSON values can always be serialized.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes the report for a terminal, in color. The caller strips the colors where they do not
/// belong.
pub fn text(report: &Report, next: &str) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    for group in grouped(&report.findings) {
        line(&format!("{BOLD}{}{BOLD:#}", group.heading));
        for finding in group.findings {
            let style = style(finding.level);
            let Finding { level, id, direction, message, location, .. } = finding;
            line(&format!("  {style}{level:<10}{style:#}  {message}"));
            line(&format!("              {DIM}{id} · {direction} · {location}{DIM:#}"));
            if !finding.rust.is_empty() {
                line(&format!("              {}", items(&finding.rust)));
            }
        }
        line("");
    }
    for Ignored { finding, why, until } in &report.ignored {
        let Finding { id, message, .. } = finding;
        line(&format!("ignored until {until}: {message} {DIM}({id}; {why}){DIM:#}"));
    }
    for note in &report.notes {
        line(note);
    }
    let summary = report.summary();
    if summary.bump == Bump::None {
        line("No change.");
    } else {
        let bump = summary.bump.name();
        line(&format!("{}. Version bump: {BOLD}{bump}{BOLD:#}.", summary.describe()));
    }
    if !next.is_empty() {
        line(&format!("Next: {next}"));
    }
    text
}

fn style(level: Level) -> Style {
    let color = match level {
        Level::Breaking => AnsiColor::Red,
        Level::Compatible => AnsiColor::Green,
        Level::Docs => AnsiColor::Blue,
    };
    Style::new().bold().fg_color(Some(color.into()))
}

/// Lists the items of a finding on one line.
fn items(rust: &[String]) -> String {
    const LISTED: usize = 4;
    let listed = rust.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match rust.len().saturating_sub(LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
