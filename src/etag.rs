//! Entity tags.

use std::fmt;

/// The version of a resource, as the server names it (RFC 9110, section 8.8.3).
///
/// Opaque: prefix and quotes belong to it and go back unchanged in `If-None-Match` and
/// `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(Box<str>);

impl ETag {
    /// Takes a tag that was kept as text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// The tag as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ETag> for String {
    fn from(tag: ETag) -> Self {
        tag.0.into_string()
    }
}

impl From<&ETag> for String {
    fn from(tag: &ETag) -> Self {
        tag.0.to_string()
    }
}
