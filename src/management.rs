//! The management surface: sending accounts, e-mail logs and metrics, billing, domains, mailboxes,
//! filters and webhooks.
//!
//! Takes a root key (`smx_root_…`) or an OAuth token.
//!
//! ```no_run
//! # async fn run() -> Result<(), sendmux_client::Error> {
//! use sendmux_client::management::{Client, types::EmailStatus};
//!
//! let client = Client::from_env()?;
//! let mut failed = client.list_email_logs().status(EmailStatus::Failed).stream();
//! while let Some(log) = failed.try_next().await? {
//!     println!("{} {:?}", log.created_at, log.status_reason);
//! }
//! # Ok(())
//! # }
//! ```

use crate::client::surface::{self, About};

include!(concat!(env!("OUT_DIR"), "/management.rs"));

#[cfg(feature = "mock")]
mod mocks {
    use super::types;

    include!(concat!(env!("OUT_DIR"), "/management_mocks.rs"));
}

/// The management surface, as a type.
#[derive(Debug, Clone, Copy)]
pub struct Surface(());

impl surface::sealed::Sealed for Surface {}

impl surface::Surface for Surface {
    const ABOUT: About = About { module: "management", server: SERVER, prefixes: &["smx_root_"] };
}

/// Client of the management surface.
pub type Client = crate::Client<Surface>;

/// Settings of a [`Client`].
pub type Builder = crate::Builder<Surface>;
