//! Reads a list one page at a time: `cargo run --example read_pages`

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    // Awaiting the request returns one page.
    let page = client.list_transactions().limit(5).await?;
    println!("{} transactions, more: {}", page.len(), page.has_more());
    if let Some(cursor) = page.next_cursor() {
        let next = client.list_transactions().limit(5).cursor(cursor).await?;
        println!("{} more", next.len());
    }

    // `pages` returns all of them as a stream.
    let mut pages = client.list_email_logs().limit(100).pages();
    let mut count = 0;
    while let Some(page) = pages.try_next().await? {
        count += page.len();
    }
    println!("{count} log entries");

    // Short lists can be collected.
    for domain in client.list_domains().stream().try_collect().await? {
        println!("{} is {}", domain.domain, domain.verification_status);
    }
    Ok(())
}
