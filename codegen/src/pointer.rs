//! JSON pointers (RFC 6901), grown one token at a time.

use std::fmt;

/// A place in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pointer(String);

impl Pointer {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn child(&self, token: impl fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{token}", self.0))
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
