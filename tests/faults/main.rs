//! The client against a server that fails in every way there is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod batch;
mod class;
mod clock;
mod conditional;
mod download;
mod events;
mod fault;
mod feeds;
mod limits;
mod matrix;
mod paging;
mod redirects;
mod repeats;
mod server;
mod signed;
#[cfg(feature = "tracing")]
mod telemetry;
mod upload;
