//! Sends an email: `cargo run --example send_email --features sending`

use sendmux_client::Error;
use sendmux_client::sending::Client;
use sendmux_client::sending::types::{Address, EmailSend, InlineAttachment};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let from = Address::new("shop@example.com").name("Shop");
    let to = Address::new("ada@example.org");
    let email = EmailSend::new(from, to, "Your order", "<p>Thank you!</p>")
        .text_body("Thank you!")
        .reply_to(Address::new("support@example.com"))
        .attachments([InlineAttachment::from_bytes("receipt.txt", "1 book, 42 EUR")]);
    let sent = client.send_email(email).await?;
    println!("{} is {}", sent.message_id, sent.status);
    Ok(())
}
