//! What a module lacks although the document, or the client, has it.

use std::fmt;

use crate::error::Error;

/// Something that was left out of a module, so that the rest could be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    subject: String,
    reason: Error,
}

impl Note {
    pub(crate) fn new(subject: impl Into<String>, reason: Error) -> Self {
        Self { subject: subject.into(), reason }
    }

    /// Returns what was left out: an operation such as `GET /things`, or methods of the client.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns why: what is wrong, where, and how to fix it.
    pub fn reason(&self) -> &Error {
        &self.reason
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} left out: {}", self.subject, self.reason)
    }
}
