//! What a comparison finds.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What a change means for a program that depends on this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only words changed.
    Docs,
    /// Every program goes on as before, and can do more.
    Compatible,
    /// A program can stop compiling or start failing.
    Breaking,
}

impl Level {
    /// The word for it in reports and arguments.
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
    /// Both ways, or neither in particular.
    Both,
}

impl Direction {
    /// The word for it in reports.
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

/// One change, however many operations it reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Stable kebab-case id, see [`super::rules`].
    pub id: &'static str,
    /// What it means for programs.
    pub level: Level,
    /// Which way the value travels.
    pub direction: Direction,
    /// JSON pointer in NEW, or in OLD for what is gone.
    pub location: String,
    /// The operations it reaches, sorted: operation ids, or `GET /path` where there is none.
    pub operations: Vec<String>,
    /// One sentence with old → new.
    pub message: String,
    /// The public items of this crate that change.
    pub rust: Vec<String>,
    /// What was there before.
    pub old: Value,
    /// What is there now.
    pub new: Value,
    /// The document, where a report covers several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<&'static str>,
    /// The place in OLD, if it has one.
    #[serde(skip)]
    pub(crate) old_at: Option<String>,
    /// The place in NEW, if it has one.
    #[serde(skip)]
    pub(crate) new_at: Option<String>,
    /// The parameter that it is about or inside of.
    #[serde(skip)]
    pub(crate) parameter: Option<String>,
    /// No change of the API, only a reason for items of the crate to change.
    #[serde(skip)]
    pub(crate) silent: bool,
}
