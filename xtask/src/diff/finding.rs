//! The findings of a comparison.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What a change means for a program that uses the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only the documentation changed.
    Docs,
    /// Programs keep working and can do more.
    Compatible,
    /// Programs may stop compiling or start failing.
    Breaking,
}

impl Level {
    /// Returns the name in reports and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Level::Docs => "docs",
            Level::Compatible => "compatible",
            Level::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which way the changed value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the program to the server.
    Request,
    /// From the server to the program.
    Response,
    /// Both ways, or neither.
    Both,
}

impl Direction {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Request => "request",
            Direction::Response => "response",
            Direction::Both => "both",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A change, and all operations that it affects.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The stable id of the rule, see [`super::rules`].
    pub id: &'static str,
    /// What the change means for programs.
    pub level: Level,
    /// Which way the value travels.
    pub direction: Direction,
    /// JSON pointer in NEW, or in OLD for what was removed.
    pub location: String,
    /// The affected operations, sorted: operation ids, or `GET /path` where there is none.
    pub operations: Vec<String>,
    /// The change in one sentence.
    pub message: String,
    /// The public Rust items that change.
    pub rust: Vec<String>,
    /// The value in OLD.
    pub old: Value,
    /// The value in NEW.
    pub new: Value,
    /// The file, where a report covers several documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<&'static str>,
    /// JSON pointer in OLD, if it has one.
    #[serde(skip)]
    pub(crate) old_at: Option<String>,
    /// JSON pointer in NEW, if it has one.
    #[serde(skip)]
    pub(crate) new_at: Option<String>,
    /// The name of the parameter that changed, or that contains the change.
    #[serde(skip)]
    pub(crate) parameter: Option<String>,
    /// Whether the finding only explains why Rust items change.
    #[serde(skip)]
    pub(crate) unreported: bool,
}

impl Finding {
    /// Iterates over the JSON pointers in OLD and in NEW.
    pub(crate) fn pointers(&self) -> impl Iterator<Item = &str> {
        self.old_at.iter().chain(&self.new_at).map(String::as_str)
    }
}
