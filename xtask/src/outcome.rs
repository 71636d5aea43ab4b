//! How a task ends, and its exit code.

use crate::diff::{Finding, Level};

/// How a task ends. The exit codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No finding at or above the threshold.
    Quiet,
    /// At least one finding at or above the threshold.
    Drift,
    /// The task failed: network, bad document, bad arguments, or a file that cannot be written.
    Failed,
}

impl Outcome {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Quiet => 0,
            Outcome::Drift => 1,
            Outcome::Failed => 2,
        }
    }

    /// Compares findings with a threshold; without one, no finding counts.
    pub fn of(findings: &[Finding], threshold: Option<Level>) -> Self {
        let counts = |finding: &Finding| threshold.is_some_and(|level| finding.level >= level);
        if findings.iter().any(counts) { Outcome::Drift } else { Outcome::Quiet }
    }
}

/// Why a task failed, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
