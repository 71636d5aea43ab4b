//! Builds a client that goes through a proxy and trusts a private certificate authority:
//! `CA_FILE=ca.pem HTTPS_PROXY=http://proxy:3128 cargo run --example proxy_and_certificates`
//!
//! Without the variables, it uses neither.

use std::env;
use std::error::Error;

use sendmux_client::management::Client;
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = DemoAccount::start();
    let mut builder = Client::builder(account.key()).base_url(account.base_url());
    if let Ok(proxy) = env::var("HTTPS_PROXY") {
        let proxy = sendmux_client::reqwest::Proxy::https(&proxy)?;
        builder = builder.configure_http(|http| http.proxy(proxy));
    }
    if let Some(path) = env::var_os("CA_FILE") {
        builder = builder.root_certificates(std::fs::read(path)?);
    }
    let client = builder.build()?;

    println!("{}", client.get_balance().await?.balance);
    Ok(())
}
