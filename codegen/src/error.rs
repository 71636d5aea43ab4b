//! Why a document was refused, and the pointers that say where.

use std::fmt;

/// Why no client can be generated from a document: what is wrong, where, and how to fix it.
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

    /// Returns the JSON pointer (RFC 6901) to the place in the document; empty for the document as
    /// a whole.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns what is wrong there.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how to fix it.
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

/// A JSON pointer (RFC 6901), grown one token at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pointer(String);

impl Pointer {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn child(&self, token: impl fmt::Display) -> Self {
        use fmt::Write;
        let mut pointer = String::with_capacity(self.0.len() + 24);
        pointer.push_str(&self.0);
        pointer.push('/');
        let start = pointer.len();
        // Writing to a string never fails.
        let _ = write!(pointer, "{token}");
        if pointer[start..].contains(['~', '/']) {
            let escaped = pointer[start..].replace('~', "~0").replace('/', "~1");
            pointer.replace_range(start.., &escaped);
        }
        Self(pointer)
    }

    pub(crate) fn schema(name: &str) -> Self {
        Self::root().child("components").child("schemas").child(name)
    }

    pub(crate) fn operation(path: &str, method: &str) -> Self {
        Self::root().child("paths").child(path).child(method)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped() {
        let pointer = Pointer::operation("/a~b/{id}", "get");
        assert_eq!(pointer.to_string(), "/paths/~1a~0b~1{id}/get");
    }
}
