//! How the client behaves: pages, errors, credentials, types, secrets, the made-up account.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod account;
mod blocking;
mod client;
mod errors;
mod json_schema;
mod mocks;
mod pagination;
mod raw;
mod secrets;
mod types;

use httpmock::MockServer;
use sendmux_client::management::Client;
use sendmux_client::{Credential, RetryPolicy};

/// A client of a mock server that makes one attempt a call.
fn client(server: &MockServer) -> Client {
    client_with(server, "smx_root_test")
}

fn client_with(server: &MockServer, credential: impl Into<Credential>) -> Client {
    let builder = Client::builder(credential).base_url(server.base_url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}
