//! How a task ended, and the exit code that says so.

use crate::diff::{Finding, Level};

/// The exit codes of every task. They are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing at or above the threshold.
    Quiet,
    /// Drift at or above the threshold.
    Drift,
    /// It could not be told: network, document, arguments, or a target that cannot be written.
    Unknown,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Quiet => 0,
            Outcome::Drift => 1,
            Outcome::Unknown => 2,
        }
    }

    /// Judges findings by a threshold; without one, nothing counts.
    pub fn of(findings: &[Finding], threshold: Option<Level>) -> Self {
        let counts = |finding: &Finding| threshold.is_some_and(|level| finding.level >= level);
        if findings.iter().any(counts) { Outcome::Drift } else { Outcome::Quiet }
    }
}

/// Why a task could not do its work, in a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
