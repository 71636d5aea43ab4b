//! Why a document was refused.

use std::fmt;

/// A document the client cannot be generated from: what is wrong, where, and what to do about it.
///
/// # Examples
/// ```
/// use sendmux_client_codegen::{Surface, generate};
///
/// let error = generate("openapi: 3.1.0", Surface::Management).unwrap_err();
/// assert!(error.to_string().contains("YAML"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pointer: String,
    what: String,
    remedy: String,
}

impl Error {
    pub(crate) fn new(
        pointer: impl fmt::Display,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.to_string(), what: what.into(), remedy: remedy.into() }
    }

    /// JSON pointer (RFC 6901) to the place in the document; empty for the document as a whole.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong there.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.pointer.as_str() {
            "" => "the document",
            pointer => pointer,
        };
        write!(f, "{place}: {}; {}", self.what, self.remedy)
    }
}

impl std::error::Error for Error {}
