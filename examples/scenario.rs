//! Runs a program on an account with problems: `cargo run --example scenario`

use sendmux_client::Error;
use sendmux_client::management::{Client, types::ProviderStatus};
use sendmux_mock::{DemoAccount, Scenario};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::builder()
        .scenario(Scenario::ProviderInactive)
        .scenario(Scenario::LowBalance)
        .start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    for provider in client.list_providers().stream().try_collect().await? {
        if provider.status != ProviderStatus::Active {
            let reason = provider.status_reason.as_deref().unwrap_or("no reason given");
            println!("{} is {}: {reason}", provider.name, provider.status);
        }
    }
    println!("balance: {}", client.get_balance().await?.balance);
    Ok(())
}
