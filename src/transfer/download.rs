//! Bytes as they arrive.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::answer::head::{Head, head_accessors};
use crate::call::operation::Operation;
use crate::client::core::Core;
use crate::clock::Deadline;
use crate::error::{Error, Kind};
use crate::transport::body;

/// An answer whose body is bytes, read as they arrive.
pub struct Download {
    core: Arc<Core>,
    operation: &'static Operation,
    head: Head,
    response: Option<reqwest::Response>,
}

impl Download {
    pub(crate) fn new(
        core: Arc<Core>,
        operation: &'static Operation,
        head: Head,
        response: Option<reqwest::Response>,
    ) -> Self {
        Self { core, operation, head, response }
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
    /// If the connection breaks, or is silent for the client's `idle_timeout`; once, and then there
    /// are no more bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(response) = &mut self.response else { return Ok(None) };
        let mut silence = Deadline::after(&*self.core.clock, self.core.idle_timeout);
        let error = match silence.bound(response.chunk()).await {
            Some(Ok(Some(chunk))) => return Ok(Some(chunk)),
            Some(Ok(None)) => {
                self.response = None;
                return Ok(None);
            }
            Some(Err(error)) => body::cut_off(error),
            None => Error::because(Kind::Timeout, "the download fell silent").sent(),
        };
        self.response = None;
        Err(self.place(error))
    }

    /// All bytes at once.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk) says, or if there are more bytes than the client's
    /// `max_response_bytes`.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let limit = self.core.max_response_bytes;
        if self.content_length().is_some_and(|length| length > limit as u64) {
            return Err(self.place(body::too_large(limit)));
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(self.place(body::too_large(limit)));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    fn place(&self, error: Error) -> Error {
        error.with_operation(self.operation).with_head(self.head.clone())
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
