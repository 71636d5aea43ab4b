//! The client against a server whose responses are complete: requests, decoding, errors, paging.
//!
//! Whatever depends on the connection or on time is in `tests/faults`.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod blocking;
mod client;
mod demo_account;
mod errors;
mod generic;
mod json_schema;
mod mail_program;
mod mocks;
mod paging;
mod raw_request;
mod result_builder;
mod secrets;
mod trace_context;
mod traits;
mod types;

use httpmock::MockServer;
use sendmux_client::management::Client;
use sendmux_client::{Credential, RetryPolicy};

/// Returns a client of a mock server that makes one attempt per call.
fn client(server: &MockServer) -> Client {
    client_with(server, "smx_root_test")
}

fn client_with(server: &MockServer, credential: impl Into<Credential>) -> Client {
    let builder = Client::builder(credential).base_url(server.base_url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}
