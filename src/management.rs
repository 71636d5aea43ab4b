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

use crate::client::surface::surface;

surface!("management", ["smx_root_"]);

// rustfmt finds no modules in macros.
#[cfg(rustfmt)]
mod dns_records;

if_documented! { dns_records
    mod dns_records;
    pub use self::dns_records::{DnsPurpose, DnsRecord};
}
