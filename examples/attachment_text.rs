//! Reads the text of the attachments of a message:
//! `cargo run --example attachment_text --features mailbox`

use sendmux_client::Error;
use sendmux_client::mailbox::{Client, ExtractedText};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let message = client.get_message("msg_demo").await?;
    for attachment in message.attachments.iter().flatten() {
        // Requests the text, waits until it is extracted and reads up to 60 bytes of it.
        let text = client.read_attachment_text("msg_demo", &*attachment.id).max_bytes(60).await?;
        match text {
            ExtractedText::Text { text, truncated, .. } => {
                println!("{}: {text:?}{}", attachment.id, if truncated { " …" } else { "" });
            }
            ExtractedText::NoText(reason) => println!("{}: no text, {reason}", attachment.id),
            other => println!("{}: {other:?}", attachment.id),
        }
    }
    Ok(())
}
