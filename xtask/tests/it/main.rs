//! Tests of the tasks through their public functions and through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test whose scaffolding fails has failed"
)]

mod attribution;
mod ci;
mod command;
mod hostile;
mod mutations;
mod nightly;
mod package;
mod properties;
mod release;
mod reports;
mod rewrites;
mod rules;
mod rust_view;
mod server;
mod support;
mod table;
mod tidy;
mod update;
