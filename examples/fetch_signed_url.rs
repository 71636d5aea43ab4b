//! Downloads part of a file from its signed URL, which needs no key:
//! `cargo run --example fetch_signed_url --features mailbox`

use sendmux_client::mailbox::Client;
use sendmux_client::{ByteRange, Error};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let message = client.get_message("msg_demo").await?;
    for attachment in message.attachments.iter().flatten() {
        // The URL is a `Secret`: whoever has it can read the file.
        let Some(url) = &attachment.download_url else { continue };
        let start = client.fetch_url(url.clone()).range(ByteRange::new(..40)?).await?;
        let bytes = start.bytes().await?;
        println!("{:?}: {:?}", attachment.filename, String::from_utf8_lossy(&bytes));
    }
    Ok(())
}
