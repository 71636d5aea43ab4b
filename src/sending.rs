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

use crate::client::surface::surface;

surface!("sending", ["smx_mbx_", "smx_agent_"]);

// rustfmt finds no modules in macros.
#[cfg(rustfmt)]
mod batch;
#[cfg(rustfmt)]
mod inline_attachment;
#[cfg(rustfmt)]
mod report;
#[cfg(rustfmt)]
mod signed_upload;

if_documented! { batches
    mod batch;
    mod report;
    pub use self::batch::SendBatch;
    pub use self::report::{BatchReport, Chunk, Outcome};
}

if_documented! { inline_attachments
    mod inline_attachment;
}

if_documented! { signed_uploads
    mod signed_upload;
    pub use self::signed_upload::UploadSigned;
}
