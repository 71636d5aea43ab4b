//! Bytes to send.

use std::fmt;

use bytes::Bytes;
use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::error::{Error, Kind};

/// A file to upload: its bytes and its media type.
///
/// # Examples
/// ```
/// use sendmux_client::Upload;
///
/// let upload = Upload::new("%PDF-1.7 …").content_type("application/pdf")?;
/// assert_eq!(upload.len(), 12);
/// # Ok::<(), sendmux_client::Error>(())
/// ```
#[derive(Clone)]
pub struct Upload {
    bytes: Bytes,
    content_type: HeaderValue,
}

impl Upload {
    /// These bytes, as `application/octet-stream`.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_static("application/octet-stream");
        Self { bytes: bytes.into(), content_type }
    }

    /// The media type of the file, which the API checks against the content.
    ///
    /// # Errors
    /// If it has a character that no header can carry.
    pub fn content_type(mut self, media_type: &str) -> Result<Self, Error> {
        self.content_type = media_type.parse().map_err(|_| {
            Error::because(Kind::Request, "the media type has a character that no header can carry")
        })?;
        Ok(self)
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True if there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
    pub(crate) fn to_body(&self) -> reqwest::Body {
        self.bytes.clone().into()
    }

    /// Says on the request what the generated code cannot know.
    pub(crate) fn describe(&self, mut request: Request) -> Request {
        request.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
        request
    }
}

impl<T: Into<Bytes>> From<T> for Upload {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("len", &self.len())
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}
