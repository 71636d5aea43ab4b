//! Attachments within a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::InlineAttachment;

impl InlineAttachment {
    /// Creates an attachment from a small file. The API derives the media type from the extension of
    /// the name and from the content; [`type_`](Self::type_) overrides it. Upload larger files
    /// first.
    ///
    /// # Examples
    /// ```
    /// use sendmux_client::sending::types::{Address, EmailSend, InlineAttachment};
    ///
    /// let (from, to) = (Address::new("shop@example.com"), Address::new("ada@example.org"));
    /// let invoice = InlineAttachment::from_bytes("invoice.txt", "42 EUR");
    /// let email = EmailSend::new(from, to, "Your invoice", "<p>Attached.</p>").attachments([invoice]);
    /// assert_eq!(serde_json::to_value(&email)?["attachments"][0]["content"], "NDIgRVVS");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn from_bytes(filename: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(filename, STANDARD.encode(bytes))
    }
}
