//! Attachments within a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::InlineAttachment;

impl InlineAttachment {
    /// Creates an attachment from a small file: its name, media type and bytes. Upload larger files
    /// first.
    ///
    /// # Examples
    /// ```
    /// use sendmux_client::mailbox::types::{Address, InlineAttachment, MessageSend};
    ///
    /// let notes = InlineAttachment::from_bytes("notes.txt", "text/plain", "See you!");
    /// let to = [Address::new("ada@example.org")];
    /// let message = MessageSend::new(to, "Notes").attachments([notes]);
    /// assert_eq!(serde_json::to_value(&message)?["attachments"][0]["content"], "U2VlIHlvdSE=");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn from_bytes(
        filename: impl Into<String>,
        content_type: impl Into<String>,
        bytes: impl AsRef<[u8]>,
    ) -> Self {
        Self::new(filename, content_type, STANDARD.encode(bytes))
    }
}
