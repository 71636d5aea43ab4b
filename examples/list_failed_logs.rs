//! Lists the latest emails that failed, and why: `cargo run --example list_failed_logs`

use sendmux_client::Error;
use sendmux_client::management::{Client, types::EmailStatus};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    // Pages are fetched as the stream is read; nothing is sent before the first `try_next`.
    let mut failed = client.list_email_logs().status(EmailStatus::Failed).stream();
    let mut left = 10;
    while let Some(log) = failed.try_next().await? {
        let recipient = log.to_email.as_deref().unwrap_or("unknown recipient");
        println!("{} {recipient}: {}", log.created_at, log.status_reason.unwrap_or_default());
        left -= 1;
        if left == 0 {
            break;
        }
    }
    Ok(())
}
