//! What a comparison tells: findings, counts, and the version bump they call for.

mod actions;
mod groups;
mod json;
mod markdown;
mod text;

use serde::Serialize;

use crate::diff::{Finding, Level};

pub use actions::{annotations, failure};
pub use json::json;
pub use markdown::markdown;
pub use text::text;

/// The version bump that a change of the documents calls for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing changed.
    #[default]
    None,
    /// Only words changed.
    Patch,
    /// Programs can do more.
    Minor,
    /// Programs can stop compiling or start failing.
    Major,
}

impl Bump {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Bump::None => "none",
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

/// Counts of findings, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Findings that break programs.
    pub breaking: usize,
    /// Findings that do not.
    pub compatible: usize,
    /// Findings about words only.
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

    /// Number of findings.
    pub fn total(&self) -> usize {
        self.breaking + self.compatible + self.docs
    }

    /// The counts in words.
    pub fn words(&self) -> String {
        let noun = if self.total() == 1 { "finding" } else { "findings" };
        format!(
            "{} {noun}: {} breaking, {} compatible, {} docs",
            self.total(),
            self.breaking,
            self.compatible,
            self.docs
        )
    }
}

/// A comparison of two documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What changed, worst first.
    pub findings: Vec<Finding>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// Whether items of the crate have other names although the API is the same.
    pub names_changed: bool,
}

impl Report {
    /// A report of findings and nothing else.
    pub fn new(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }

    /// Counts, and the bump that both views call for.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.findings);
        if self.names_changed {
            summary.bump = Bump::Major;
        }
        summary
    }

    /// Joins the reports of several documents, each finding marked with its document.
    pub fn joined(parts: Vec<(&'static str, Report)>) -> Self {
        let several = parts.len() > 1;
        let mut all = Report::default();
        for (document, mut part) in parts {
            if several {
                for finding in &mut part.findings {
                    finding.document = Some(document);
                }
            }
            all.findings.append(&mut part.findings);
            all.notes.append(&mut part.notes);
            all.names_changed |= part.names_changed;
        }
        crate::diff::sort(&mut all.findings);
        all
    }
}
