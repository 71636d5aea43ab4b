//! Makes calls from many tasks, which share the rate limit: `cargo run --example concurrent_calls`

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    // Clones share connections, rate limiter and retry budget. Close to the limit, the client
    // delays requests instead of exceeding it.
    let mut tasks = JoinSet::new();
    for log in client.list_email_logs().limit(8).await? {
        let client = client.clone();
        tasks.spawn(async move { client.get_email_log(log.id).await });
    }
    for log in tasks.join_all().await {
        let log = log?;
        let remaining = log.parts().rate_limit().and_then(|limit| limit.remaining);
        println!("{} {} ({} requests left)", log.id, log.status, remaining.unwrap_or_default());
    }
    Ok(())
}
