//! Why a document was refused, and the pointers that say where.

use std::fmt;
use std::rc::Rc;

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

/// A JSON pointer (RFC 6901), grown one token at a time. It shares its beginning with the pointer that it
/// was grown from, since a walk makes one for each schema and shows hardly any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pointer(Option<Rc<Last>>);

/// The end of a pointer.
#[derive(Debug)]
struct Last {
    before: Pointer,
    token: String,
}

impl Pointer {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn child(&self, token: impl ToString) -> Self {
        Self(Some(Rc::new(Last { before: self.clone(), token: token.to_string() })))
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
        let Some(last) = &self.0 else { return Ok(()) };
        last.before.fmt(f)?;
        write!(f, "/{}", last.token.replace('~', "~0").replace('/', "~1"))
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
