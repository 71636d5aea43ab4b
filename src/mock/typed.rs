//! Mocks of single operations, typed by the requests of the client.

mod answer;
mod clock;
mod expected;
mod form;
mod handle;
mod received;
mod reply;
mod sample;
mod server;

pub use answer::Answer;
pub use expected::Expected;
pub use form::{Bare, Bytes, Data, Empty, Events, Form, Items, Text};
pub use handle::{Mock, Mockable};
pub use received::Received;
pub use sample::Sample;
pub(crate) use sample::generated;
pub use server::Server;
