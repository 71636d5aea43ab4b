//! The text of attachments: requested, awaited and read.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use super::types::{AttachmentText, TextOutcome, TextStatus};
use super::{Client, GetAttachmentText, RequestAttachmentText};
use crate::clock::Polling;
use crate::defaults::BACKGROUND_TIMEOUT;
use crate::error::{Error, Kind};
use crate::transport::call::{Pending, call_options};

/// The request of [`Client::read_attachment_text`]: set options, then `.await` it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct ReadAttachmentText {
    client: Client,
    request: RequestAttachmentText,
}

/// What came of extracting the text of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtractedText {
    /// The text, as Markdown. It is untrusted input.
    #[non_exhaustive]
    Text {
        /// The text; empty if the document is.
        text: String,
        /// Whether the text was cut at `max_bytes`.
        truncated: bool,
    },
    /// No text, for this reason, such as `encrypted` or `unsupported`. It does not mean that the
    /// document is empty.
    NoText(TextOutcome),
    /// Not extracted within the timeout. Reading it again later goes on waiting.
    Unfinished(TextStatus),
}

impl Client {
    /// Reads the text of an attachment: requests it, waits until it is extracted, and returns it or
    /// the reason why there is none.
    ///
    /// Extraction is free, takes the API up to 30 seconds, and is kept for 24 hours. Files up to
    /// 7,500,000 bytes are read; images of text are not. It is not known whether every server offers
    /// this yet: one that does not responds with 404.
    ///
    /// # Errors
    /// See [`Error`]. An extraction that expires meanwhile is requested again, once. After any error,
    /// calling this again is safe.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::mailbox::ExtractedText;
    ///
    /// match client.read_attachment_text("msg_1", "att_1").max_bytes(10_000).await? {
    ///     ExtractedText::Text { text, truncated, .. } => println!("{text} (cut: {truncated})"),
    ///     ExtractedText::NoText(reason) => println!("no text: {reason}"),
    ///     other => println!("try again later: {other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn read_attachment_text(
        &self,
        message_id: impl Into<String>,
        attachment_id: impl Into<String>,
    ) -> ReadAttachmentText {
        let request = self.request_attachment_text(message_id, attachment_id);
        ReadAttachmentText { client: self.clone(), request }
    }
}

call_options! {
    impl [] ReadAttachmentText, |this| this.request.call.options;
    timeout: "The deadline applies to each request, and to the waits between reads together, for \
              which the default is 60 s.";
    retry: "The policy applies to each request.";
}

impl ReadAttachmentText {
    /// Sets the public id of the mailbox to act on, for credentials that cover several.
    pub fn mailbox_id(mut self, mailbox_id: impl Into<String>) -> Self {
        self.request = self.request.mailbox_id(mailbox_id);
        self
    }

    /// Sets the length at which the text is cut, in bytes of UTF-8: 1 to 1,048,576. Default:
    /// 262,144.
    pub fn max_bytes(mut self, max_bytes: i64) -> Self {
        self.request = self.request.max_bytes(max_bytes);
        self
    }

    async fn run(self) -> Result<ExtractedText, Error> {
        let options = &self.request.call.options;
        let limit = options.timeout.unwrap_or(BACKGROUND_TIMEOUT);
        let mut polling = Polling::new(Arc::clone(&self.client.core.clock), limit);
        let mut extraction = self.request.clone().await?.into_data();
        let mut requested_again = false;
        while extraction.status != TextStatus::Complete {
            if !polling.pause().await {
                return Ok(ExtractedText::Unfinished(extraction.status));
            }
            let read = match self.read().await {
                Err(error) if error.is_not_found() && !requested_again => {
                    requested_again = true;
                    self.request.clone().await
                }
                read => read,
            };
            extraction = read?.into_data();
        }
        complete(extraction)
    }

    fn read(&self) -> GetAttachmentText {
        let request = &self.request;
        let (message, attachment) = (&*request.message_id, &*request.attachment_id);
        let mut read = self.client.get_attachment_text(message, attachment);
        read.mailbox_id.clone_from(&request.mailbox_id);
        read.max_bytes = request.max_bytes;
        read.call.options = request.call.options.clone();
        read
    }
}

fn complete(extraction: AttachmentText) -> Result<ExtractedText, Error> {
    match (extraction.outcome, extraction.text) {
        (Some(TextOutcome::Ready), Some(text)) => {
            Ok(ExtractedText::Text { text, truncated: extraction.truncated })
        }
        (Some(reason), _) if reason != TextOutcome::Ready => Ok(ExtractedText::NoText(reason)),
        _ => {
            let message = "the extraction is complete, but has neither a text nor a reason";
            let error = Error::because(Kind::Decode, message).sent();
            Err(error.with_operation(GetAttachmentText::OPERATION))
        }
    }
}

impl IntoFuture for ReadAttachmentText {
    type Output = Result<ExtractedText, Error>;
    type IntoFuture = Pending<ExtractedText>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for ReadAttachmentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadAttachmentText").field(&self.request).finish()
    }
}
