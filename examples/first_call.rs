//! Makes the first calls: `cargo run --example first_call`
//!
//! With `SENDMUX_API_KEY` set it reads your account, otherwise a demo account.

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = match std::env::var_os("SENDMUX_API_KEY") {
        Some(_) => Client::from_env()?,
        None => Client::builder(account.key()).base_url(account.base_url()).build()?,
    };

    let connection = client.get_connection().await?;
    println!("team:        {}", connection.team.name);
    println!("permissions: {}", connection.permissions.join(", "));

    let balance = client.get_balance().await?;
    println!("balance:     {} {}", balance.balance, balance.currency);
    println!("request id:  {}", balance.parts().request_id().unwrap_or_default());
    Ok(())
}
