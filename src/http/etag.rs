//! Entity tags.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An entity tag: the version of a resource, named by the server (RFC 9110, section 8.8.3).
///
/// A tag is opaque: its prefix and quotes are part of it and are sent back unchanged in
/// `If-None-Match` and `If-Match`. It is valid for one credential and mailbox. It serializes as its
/// text.
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
    /// Creates a tag from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// Returns the tag as it is sent in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ETag {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ETag {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ETag {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl FromStr for ETag {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
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

#[cfg(feature = "schemars")]
crate::values::json_schema::string_schema!(ETag, "ETag", {
    "type": "string",
    "description": "The opaque version of a resource (RFC 9110, section 8.8.3).",
});
