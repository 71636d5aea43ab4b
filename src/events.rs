//! Events as they happen.

mod connection;
pub(crate) mod event;
mod follow;
mod reconnect;
mod replay;
mod silence;
pub(crate) mod stream;
mod streamed;

pub(crate) use streamed::Streamed;
