//! Events as they happen.

mod connection;
pub(crate) mod event;
mod follow;
mod reconnect;
mod replay;
mod silence;
pub(crate) mod stream;
mod streamed;
#[cfg(test)]
mod whatwg;

pub(crate) use streamed::Streamed;
