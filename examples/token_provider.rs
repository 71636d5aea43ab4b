//! Takes the access token from a provider that renews it: `cargo run --example token_provider`

use std::convert::Infallible;
use std::sync::Arc;

use sendmux_client::{Credential, Error, Secret, management::Client};
use sendmux_mock::DemoAccount;
use tokio::sync::Mutex;

/// A token, and how often it was renewed.
#[derive(Default)]
struct TokenCache {
    current: Option<Secret>,
    renewals: u32,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let cache = Arc::new(Mutex::new(TokenCache::default()));
    let (shared, key) = (Arc::clone(&cache), account.key());

    // Called before each attempt. The lock makes concurrent calls wait for one renewal.
    let credential = Credential::provider(move || {
        let cache = Arc::clone(&shared);
        async move {
            let TokenCache { current, renewals } = &mut *cache.lock().await;
            let token = current.get_or_insert_with(|| {
                *renewals += 1; // a program would call its authorization server
                Secret::new(key)
            });
            Ok::<_, Infallible>(token.clone())
        }
    });
    let client = Client::builder(credential).base_url(account.base_url()).build()?;
    tokio::try_join!(client.get_balance(), client.get_connection(), client.list_domains())?;
    println!("renewals: {}", cache.lock().await.renewals);
    Ok(())
}
