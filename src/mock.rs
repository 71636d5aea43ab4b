//! Typed mocks of single requests, for tests.
//!
//! A [`Server`] answers the requests that a test expects, each with the types of its operation.
//! A [`ResultBuilder`] makes responses, pages and errors without a server.
//! For a whole account with data of its own, see the crate `sendmux-mock`.
//!
//! # Examples
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sendmux_client::management::{Client, types::Balance};
//! use sendmux_client::mock::{Sample, Server};
//!
//! let server = Server::start();
//! let client: Client = server.client();
//! let mut low = Balance::sample();
//! low.balance = "4.99".parse()?;
//! let balance = server.when(client.get_balance()).then(|reply| reply.ok(&low));
//!
//! assert_eq!(client.get_balance().await?.balance, low.balance);
//! balance.assert_calls(1);
//! # Ok(())
//! # }
//! ```

mod matcher;
mod received;
mod registry;
pub mod reply;
mod result_builder;
mod sample;
mod server;

pub use matcher::{Matcher, Mockable};
pub use received::ReceivedRequest;
pub use registry::Mock;
pub use result_builder::ResultBuilder;
pub use sample::Sample;
pub(crate) use sample::parse as parse_sample;
pub use server::Server;
