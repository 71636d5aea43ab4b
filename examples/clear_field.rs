//! Clears a field, sets another and leaves the rest as it is:
//! `cargo run --example clear_field --features mock`
//!
//! Runs against a mock, which shows the body that was sent.

use sendmux_client::management::types::ProviderUpdate;
use sendmux_client::management::{Client, UpdateProvider};
use sendmux_client::mock::Server;
use sendmux_client::{Error, Nullable};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::start();
    let updates = server.when_any::<UpdateProvider>();
    let client: Client = server.client();

    let update = ProviderUpdate::new()
        .reply_to_email(Nullable::Null) // cleared
        .from_name("Shop"); // set; all other fields are absent and keep their values
    client.update_provider("dprov_1", update).await?;

    println!("{}", String::from_utf8_lossy(updates.received()[0].body()));
    Ok(())
}
