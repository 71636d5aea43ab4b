//! The mailbox surface: messages, threads, folders, attachments, sending as a mailbox, live events
//! and synchronisation.
//!
//! Takes a mailbox key (`smx_mbx_…`), an agent token (`smx_agent_…`) or an OAuth token.
//!
//! ```no_run
//! # async fn run() -> Result<(), sendmux_client::Error> {
//! use sendmux_client::mailbox::Client;
//!
//! let client = Client::builder("smx_mbx_example").mailbox_id("mbx_1").build()?;
//! let mut unread = client.list_messages().is_unread(true).stream();
//! while let Some(message) = unread.try_next().await? {
//!     println!("{}", message.subject.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```

mod changes;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::types::{AttachmentUpload, AttachmentUploadCreate, InlineAttachment, UploadedAttachment};
use crate::client::signed_url::{self, SignedUploadTarget};
use crate::client::surface::surface;
use crate::response::Response;
use crate::transport::call::Pending;
use crate::upload::Upload;
use crate::values::secret::Secret;

pub use self::changes::{ChangeStream, ResourceChange, ResourceType, SyncStates};

surface!("mailbox", ["smx_mbx_", "smx_agent_"]);

impl Client {
    /// Returns the default mailbox of calls.
    pub fn default_mailbox_id(&self) -> Option<&str> {
        self.core.mailbox_id.as_deref()
    }
}

impl Builder {
    /// Sets the default mailbox of calls. A credential with several mailboxes needs one for each
    /// call: without it, the API responds with 400 `missing_parameter`.
    pub fn mailbox_id(mut self, id: impl Into<String>) -> Self {
        self.mailbox_id = Some(id.into());
        self
    }
}

/// The request of [`Client::upload_signed`]: set options, then `.await` it.
pub type UploadSigned = signed_url::UploadSigned<CreateAttachmentUpload, UploadedAttachment>;

impl UploadSigned {
    /// Sets the public id of the mailbox to act on, for credentials that cover several.
    pub fn mailbox_id(mut self, mailbox_id: impl Into<String>) -> Self {
        self.create = self.create.mailbox_id(mailbox_id);
        self
    }
}

impl Client {
    /// Uploads a file in two steps: [`create_attachment_upload`](Client::create_attachment_upload)
    /// returns a signed URL, and a PUT without the credential sends the bytes to it.
    ///
    /// Needs the permission `email.send`.
    pub fn upload_signed(
        &self,
        filename: impl Into<String>,
        upload: impl Into<Upload>,
    ) -> UploadSigned {
        let (filename, upload) = (filename.into(), upload.into());
        let len = i64::try_from(upload.len()).unwrap_or(i64::MAX);
        let body = AttachmentUploadCreate::new(&*filename, upload.media_type(&filename), len);
        UploadSigned::new(self.create_attachment_upload(body), self.call(), upload)
    }

    /// Uploads a file to a signed URL, the second of the two steps, without the credential. It can
    /// be repeated with the same bytes.
    ///
    /// # Errors
    /// See [`Error`](crate::Error). [`Kind::Request`](crate::Kind::Request) if the length is not the
    /// announced one, or if the URL is neither https nor on loopback.
    pub fn put_signed(
        &self,
        target: &AttachmentUpload,
        upload: impl Into<Upload>,
    ) -> Pending<Response<UploadedAttachment>> {
        signed_url::put(self.call(), target, upload.into())
    }
}

impl SignedUploadTarget for AttachmentUpload {
    type Uploaded = UploadedAttachment;

    fn url(&self) -> &Secret {
        &self.upload_url
    }

    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn max_size_bytes(&self) -> i64 {
        self.max_size_bytes
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![
            ("Content-Type", &self.headers.content_type),
            ("Content-Length", &self.headers.content_length),
        ]
    }
}

impl InlineAttachment {
    /// Creates an attachment from a small file: its name, media type and bytes. Upload larger files
    /// first.
    ///
    /// # Examples
    /// ```
    /// use sendmux_client::mailbox::types::{Address, InlineAttachment, MessageSend};
    ///
    /// let notes = InlineAttachment::from_bytes("notes.txt", "text/plain", "See you!");
    /// let message = MessageSend::new([Address::new("ada@example.org")], "Notes").attachments([notes]);
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
