//! Sets timeouts and the retry policy: `cargo run --example retries_and_timeouts`

use std::time::Duration;

use sendmux_client::{Error, RetryPolicy, management::Client};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::builder().fail_next(503).fail_next(503).fail_next(503).start();
    let backoff = (Duration::from_millis(100), Duration::from_secs(2));
    let client = Client::builder(account.key())
        .base_url(account.base_url())
        .attempt_timeout(Duration::from_secs(5))
        .call_timeout(Duration::from_secs(20))
        .retry(RetryPolicy::default().max_attempts(5).backoff(backoff.0, backoff.1))
        .build()?;

    // Fails fast: the first 503 is returned.
    let once = client.get_balance().timeout(Duration::from_secs(3)).retry(RetryPolicy::none());
    if let Err(error) = once.await {
        println!("{error}");
    }
    // Retries the other two.
    let balance = client.get_balance().await?;
    println!("{} after {} attempts", balance.balance, balance.parts().attempts());
    Ok(())
}
