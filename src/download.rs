//! Bytes as they arrive.

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::error::{Error, Kind};
use crate::head::{Head, head_accessors};
use crate::operation::Operation;
use crate::transport;

/// An answer whose body is bytes, read as they arrive.
pub struct Download {
    operation: &'static Operation,
    head: Head,
    response: Option<reqwest::Response>,
    max_bytes: usize,
}

impl Download {
    #[allow(dead_code, reason = "the management surface downloads nothing")]
    pub(crate) fn new(
        operation: &'static Operation,
        head: Head,
        response: Option<reqwest::Response>,
        max_bytes: usize,
    ) -> Self {
        Self { operation, head, response, max_bytes }
    }

    head_accessors!();

    /// Id of the request, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Media type of the bytes.
    pub fn content_type(&self) -> Option<&str> {
        self.head.text("content-type")
    }

    /// Length of the body, if the server announced it.
    pub fn content_length(&self) -> Option<u64> {
        self.head.text("content-length")?.parse().ok()
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// If the connection breaks or falls silent.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(response) = &mut self.response else { return Ok(None) };
        let chunk = response.chunk().await;
        chunk.map_err(|error| {
            transport::cut_off(error).with_operation(self.operation).with_head(self.head.clone())
        })
    }

    /// All bytes at once.
    ///
    /// # Errors
    /// If the connection breaks or falls silent, or if there are more bytes than the client's
    /// `max_response_bytes`.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > self.max_bytes {
                let what = format!("the answer is larger than {} bytes", self.max_bytes);
                return Err(Error::because(Kind::TooLarge, what)
                    .with_operation(self.operation)
                    .with_head(self.head)
                    .sent());
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.operation.id)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
