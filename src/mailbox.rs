//! The mailbox surface: messages, threads, folders, attachments, drafts, sending as a mailbox, live
//! events and synchronisation.
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

use crate::client::surface::surface;

surface!("mailbox", ["smx_mbx_", "smx_agent_"]);

// rustfmt finds no modules in macros.
#[cfg(rustfmt)]
mod attachment_text;
#[cfg(rustfmt)]
mod changes;
#[cfg(rustfmt)]
mod drafts;
#[cfg(rustfmt)]
mod inline_attachment;
#[cfg(rustfmt)]
mod reply;
#[cfg(rustfmt)]
mod signed_upload;

if_documented! { attachment_texts
    mod attachment_text;
    pub use self::attachment_text::{ExtractedText, ReadAttachmentText};
}

if_documented! { drafts
    mod drafts;
    pub use self::drafts::{DraftHandle, DraftState};
}

if_documented! { inline_attachments
    mod inline_attachment;
}

if_documented! { replies
    mod reply;
}

if_documented! { signed_uploads
    mod signed_upload;
    pub use self::signed_upload::UploadSigned;
}

if_documented! { typed_changes
    mod changes;
    pub use self::changes::{ChangeStream, ResourceChange, ResourceType, SyncStates};
}

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
