//! Entity tags.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of a resource, as the server names it (RFC 9110, section 8.8.3).
///
/// Opaque: prefix and quotes belong to it and go back unchanged in `If-None-Match` and
/// `If-Match`. Keep it per credential and mailbox; serialised, it is its text.
///
/// # Examples
/// ```
/// use sendmux_client::ETag;
///
/// let tag = ETag::new("W/\"a1b2c3d4e5f60718\"");
/// let kept = serde_json::to_string(&tag)?;
/// assert_eq!(serde_json::from_str::<ETag>(&kept)?, tag);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
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

impl From<&ETag> for ETag {
    fn from(tag: &ETag) -> Self {
        tag.clone()
    }
}

impl From<ETag> for String {
    fn from(tag: ETag) -> Self {
        tag.0.into_string()
    }
}
