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
    // The builder comes first: it sets up TLS for the HTTP client as well.
    let builder = Client::builder(account.key()).base_url(account.base_url());

    let mut http = reqwest::Client::builder();
    if let Ok(proxy) = env::var("HTTPS_PROXY") {
        http = http.proxy(reqwest::Proxy::https(&proxy)?);
    }
    if let Some(path) = env::var_os("CA_FILE") {
        let pem = std::fs::read(path)?;
        http = http.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&pem)?);
    }
    let client = builder.http_client(http.build()?).build()?;

    println!("{}", client.get_balance().await?.balance);
    Ok(())
}
