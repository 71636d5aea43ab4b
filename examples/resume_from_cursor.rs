//! Reads a list in several runs, each of which resumes where the last one ended:
//! `cargo run --example resume_from_cursor`

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;

/// Reads up to `limit` entries and returns the cursor to resume from.
async fn run(client: &Client, cursor: Option<&str>, limit: usize) -> Result<Option<String>, Error> {
    let mut request = client.list_email_logs().limit(100);
    if let Some(cursor) = cursor {
        request = request.cursor(cursor);
    }
    let mut logs = request.stream();
    let mut count = 0;
    while count < limit {
        let Some(log) = logs.try_next().await? else { break };
        // The cursor is that of a page. If it was read only in part, its entries are returned again:
        // identify them by id.
        count += 1;
        if count == 1 {
            println!("starts at {} of {}", log.id, log.created_at);
        }
    }
    println!("read {count} entries");
    Ok(logs.cursor().map(str::to_owned))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
    let cursor = run(&client, None, 250).await?; // a program would save it to a file
    run(&client, cursor.as_deref(), 250).await?;
    Ok(())
}
