//! Why a file of rules cannot be used.

use std::fmt;

/// Names the line, and repeats no more of it than its key: the rest may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::alert) struct Refusal {
    line: Option<usize>,
    problem: String,
}

impl Refusal {
    pub(super) fn whole(problem: impl Into<String>) -> Self {
        Self { line: None, problem: problem.into() }
    }

    pub(super) fn at(text: &str, offset: usize, problem: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self { line: Some(before.matches('\n').count() + 1), problem: problem.into() }
    }

    pub(super) fn of_document(error: &toml::de::Error, text: &str) -> Self {
        let problem = error.message();
        // Messages quote values that do not fit.
        let problem =
            if problem.contains("://") { "this value is not allowed here" } else { problem };
        let Some(span) = error.span() else { return Self::whole(problem) };
        let mut refusal = Self::at(text, span.start, problem);
        let line = refusal.line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
        if let Some((key, _)) = line.split_once('=')
            && key.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        {
            refusal.problem = format!("`{}`: {}", key.trim(), refusal.problem);
        }
        refusal
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}
