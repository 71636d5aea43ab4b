//! A made-up account on this machine, to try things on and to test against; and mocks of single
//! requests, for tests that say themselves what is answered: see [`Server`].
//!
//! [`DemoAccount`] serves the management API on loopback, from a world that is generated from a
//! seed and coherent in itself: the metrics count the log's e-mails, the usage of each sending
//! account adds up to them, and the balance follows from the transactions.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sendmux_client::Error> {
//! use sendmux_client::management::Client;
//! use sendmux_client::mock::DemoAccount;
//!
//! let account = DemoAccount::start();
//! let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
//! let balance = client.get_balance().await?;
//! let last = client.list_transactions().limit(1).await?;
//! assert_eq!(last[0].balance_after, Some(balance.balance));
//! # Ok(())
//! # }
//! ```

mod account;
mod answer;
mod attachments;
mod figures;
mod inbox;
mod outbox;
mod page;
mod resources;
mod routes;
mod typed;
mod world;

pub use account::{Builder, DemoAccount};
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use typed::generated;
pub use typed::{
    Answer, Bare, Bytes, Data, Empty, Events, Expected, Form, Items, Mock, Mockable, Received,
    Sample, Server, Text,
};
pub use world::Scenario;
