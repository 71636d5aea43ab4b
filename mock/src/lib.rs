//! A demo account that serves the [Sendmux](https://sendmux.ai) API on loopback.
//!
//! Use it to try a program without a key, to demonstrate one without showing real data, and to
//! test it against failures. It speaks JSON over HTTP, so any client works; the crate
//! `sendmux-client` is the typed one.
//!
//! The data is generated from a seed and consistent: the metrics count the emails of the log, the
//! usage of the sending accounts adds up to them, and the balance follows from the transactions.
//!
//! ```
//! use sendmux_mock::{DemoAccount, Scenario};
//!
//! let account = DemoAccount::builder().scenario(Scenario::LowBalance).start();
//! println!("curl -H 'Authorization: Bearer {}' \\", account.key());
//! println!("  {}/billing/balance", account.base_url());
//! ```

mod account;
mod dataset;
mod error;
mod hash;
mod idempotency;
#[doc(hidden)]
pub mod loopback;
mod mailbox;
mod management;
mod page;
mod policy;
mod request;
mod response;
mod sending;
mod service;
mod time;

pub use account::{Builder, DemoAccount};
pub use dataset::Scenario;
pub use mailbox::DraftProblem;
