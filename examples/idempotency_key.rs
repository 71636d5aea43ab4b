//! Makes a write safe to repeat, even by a later run of the program:
//! `cargo run --example idempotency_key --features sending`

use sendmux_client::Error;
use sendmux_client::sending::Client;
use sendmux_client::sending::types::{Address, EmailSend};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;
    let (from, to) = (Address::new("shop@example.com"), Address::new("ada@example.org"));
    let email = EmailSend::new(from, to, "Your order", "<p>Thank you!</p>");

    // For 24 hours, the API answers the same key and input with the first response. Without a key
    // of its own, each call gets a random one, which covers only its retries.
    for _ in 0..2 {
        let sent = client.send_email(email.clone()).idempotency_key("order-4711").await?;
        println!("{}", sent.message_id);
    }
    println!("emails sent: {}", account.emails_sent());
    Ok(())
}
