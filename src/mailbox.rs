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

mod attachment;
mod following;
mod signed;

use crate::client::surface::{self, About};

pub use self::following::{Following, Resource, ResourceChange, States};
pub use self::signed::UploadSigned;

include!(concat!(env!("OUT_DIR"), "/mailbox.rs"));

#[cfg(feature = "mock")]
mod mocks {
    use super::types;

    include!(concat!(env!("OUT_DIR"), "/mailbox_mocks.rs"));
}

/// The mailbox surface, as a type.
#[derive(Debug, Clone, Copy)]
pub struct Surface(());

impl surface::sealed::Sealed for Surface {}

impl surface::Surface for Surface {
    const ABOUT: About =
        About { module: "mailbox", server: SERVER, prefixes: &["smx_mbx_", "smx_agent_"] };
}

/// Client of the mailbox surface.
pub type Client = crate::Client<Surface>;

/// Settings of a [`Client`].
pub type Builder = crate::Builder<Surface>;

impl Client {
    /// The mailbox that calls mean unless they name another one.
    pub fn default_mailbox_id(&self) -> Option<&str> {
        self.core.mailbox_id.as_deref()
    }
}

impl Builder {
    /// The mailbox that calls mean unless they name another one. A credential with several
    /// mailboxes needs one in each call: without it the API answers 400 `missing_parameter`.
    pub fn mailbox_id(mut self, id: impl Into<String>) -> Self {
        self.mailbox_id = Some(id.into());
        self
    }
}
