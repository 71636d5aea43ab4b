//! Files inside a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::InlineAttachment;

impl InlineAttachment {
    /// A small file, given by its bytes. The API goes by the name's extension and by the content;
    /// [`type_`](Self::type_) overrides that. Upload larger files first.
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
    ///
    /// The mailbox surface has other names for these things, and types of its own, so the two cannot
    /// be mixed:
    /// ```compile_fail
    /// use sendmux_client::mailbox::types::InlineAttachment;
    /// use sendmux_client::sending::types::{Address, EmailSend};
    ///
    /// let (from, to) = (Address::new("shop@example.com"), Address::new("ada@example.org"));
    /// let invoice = InlineAttachment::from_bytes("invoice.txt", "text/plain", "42 EUR");
    /// let email = EmailSend::new(from, to, "Your invoice", "<p>Attached.</p>").attachments([invoice]);
    /// ```
    #[must_use]
    pub fn from_bytes(filename: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(filename, STANDARD.encode(bytes))
    }
}
