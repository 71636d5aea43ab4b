//! Calls an operation that the crate does not know yet: `cargo run --example raw_request`

use sendmux_client::{Error, Method, management::Client};
use sendmux_mock::DemoAccount;
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    // Credential, retries, envelope and errors are those of generated methods.
    let balance = client.request(Method::GET, "/billing/balance").send::<Value>().await?;
    println!("{} {}", balance["balance"], balance["currency"]);

    let deliveries = client.request(Method::GET, "/webhooks/{id}/deliveries");
    let page = deliveries.path("id", "whk_demo").query("limit", 3).page::<Value>().await?;
    for delivery in page {
        println!("{} {}", delivery["event_type"], delivery["response_status"]);
    }
    Ok(())
}
