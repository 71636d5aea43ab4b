//! What a module lacks although the document, or the client, has it.

use std::fmt;

use serde_json::{Value, json};

use crate::error::Error;
use crate::extensions::NOTES;

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

    /// Adds the note to a document that is being lowered.
    pub(crate) fn leave(self, document: &mut Value) {
        let reason = [self.reason.pointer(), self.reason.what(), self.reason.remedy()];
        let note = json!([self.subject, reason[0], reason[1], reason[2]]);
        match document.get_mut(NOTES).and_then(Value::as_array_mut) {
            Some(all) => all.push(note),
            None => document[NOTES] = json!([note]),
        }
    }

    /// Returns the notes that lowering left in a document.
    pub(crate) fn left(document: &Value) -> Vec<Note> {
        let all = document.get(NOTES).and_then(Value::as_array).into_iter().flatten();
        let text = |note: &Value, index: usize| note[index].as_str().unwrap_or_default().to_owned();
        all.map(|note| {
            Note::new(text(note, 0), Error::new(text(note, 1), text(note, 2), text(note, 3)))
        })
        .collect()
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
