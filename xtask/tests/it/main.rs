//! Tests of the tasks through their public functions and through the binary.

mod command;
mod hostile;
mod mutations;
mod properties;
mod reports;
mod rewrites;
mod rules;
mod rust_view;
mod server;
mod support;
mod update;
