//! What an error looks like to people.

use std::error::Error as StdError;
use std::fmt;

use super::Error;

/// Text from outside on one line of bearable length.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{} {}: ", operation.method, operation.path)?;
        }
        match (&inner.api, &inner.what) {
            (Some(api), _) => f.write_str(&one_line(&api.message))?,
            (None, Some(what)) => f.write_str(&one_line(what))?,
            (None, None) => f.write_str(inner.kind.phrase())?,
        }
        if let Some(field) = &inner.field {
            write!(f, " at `{}`", one_line(field))?;
        }
        let mut notes = Vec::new();
        if let Some(status) = self.status() {
            notes.push(status.as_str().to_owned());
        }
        notes.extend(self.code().map(|code| one_line(code.as_str())));
        notes.extend(self.param().map(|param| format!("param {}", one_line(param))));
        if !self.missing_permissions().is_empty() {
            notes.push(format!("needs {}", self.missing_permissions().join(", ")));
        }
        if inner.attempts > 1 {
            notes.push(format!("after {} attempts", inner.attempts));
        }
        notes.extend(self.request_id().map(|id| format!("request {}", one_line(id))));
        if !notes.is_empty() {
            write!(f, " ({})", notes.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation.map(|operation| operation.id))
            .field("status", &self.status().map(|status| status.as_u16()))
            .field("code", &self.code())
            .field("message", &self.message())
            .field("what", &self.0.what)
            .field("field", &self.0.field)
            .field("request_id", &self.request_id())
            .field("attempts", &self.0.attempts)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
