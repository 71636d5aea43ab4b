//! Sends any number of emails, with an outcome for each:
//! `cargo run --example send_batch --features sending`

use sendmux_client::Error;
use sendmux_client::sending::types::{Address, EmailSend};
use sendmux_client::sending::{Client, Outcome};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let mut recipients: Vec<String> =
        (1..=249).map(|number| format!("reader{number}@example.org")).collect();
    recipients.push("nobody@refused.example".to_owned());
    let emails = recipients.iter().map(|to| {
        let from = Address::new("news@example.com");
        EmailSend::new(from, Address::new(to.as_str()), "November", "<p>Hello!</p>")
    });

    // With the same key, the batch can be sent again within 24 hours without sending twice.
    let batch = client.send_batch(emails).idempotency_key("newsletter-2026-11");
    let report = batch.on_progress(|report| println!("{} queued", report.queued())).await?;

    for (index, outcome) in report.not_queued() {
        match outcome {
            Outcome::Rejected(error) => println!("{}: {}", recipients[index], error.message),
            outcome => println!("{}: {outcome:?}", recipients[index]),
        }
    }
    println!("{} of {} queued", report.queued(), recipients.len());
    Ok(())
}
