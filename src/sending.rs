//! The sending surface: single and batch e-mail, and the attachments that go with it.
//!
//! Takes a mailbox key that may send (`smx_mbx_…`), an approved agent token or an OAuth token.
//!
//! ```no_run
//! # async fn run() -> Result<(), sendmux_client::Error> {
//! use sendmux_client::sending::Client;
//! use sendmux_client::sending::types::{Address, EmailSend};
//!
//! let client = Client::from_env()?;
//! let from = Address::new("shop@example.com").name("Shop");
//! let to = Address::new("ada@example.org");
//! let sent = client.send_email(EmailSend::new(from, to, "Your order", "<p>Thanks!</p>")).await?;
//! println!("{}", sent.message_id);
//! # Ok(())
//! # }
//! ```

mod attachment;
mod batch;
mod chunks;
mod outcome;
mod signed;

use crate::client::surface::{self, About};

pub use self::batch::SendBatch;
pub use self::outcome::{BatchReport, Chunk, Outcome};
pub use self::signed::UploadSigned;

include!(concat!(env!("OUT_DIR"), "/sending.rs"));

#[cfg(feature = "mock")]
mod mocks {
    use super::types;

    include!(concat!(env!("OUT_DIR"), "/sending_mocks.rs"));
}

/// The sending surface, as a type.
#[derive(Debug, Clone, Copy)]
pub struct Surface(());

impl surface::sealed::Sealed for Surface {}

impl surface::Surface for Surface {
    const ABOUT: About =
        About { module: "sending", server: SERVER, prefixes: &["smx_mbx_", "smx_agent_"] };
}

/// Client of the sending surface.
pub type Client = crate::Client<Surface>;

/// Settings of a [`Client`].
pub type Builder = crate::Builder<Surface>;
