//! Saves the attachments of a message: `cargo run --example download_attachment --features mailbox`

use std::error::Error;

use sendmux_client::mailbox::Client;
use sendmux_mock::DemoAccount;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;
    let directory = std::env::temp_dir().join("sendmux-attachments");
    fs::create_dir_all(&directory).await?;

    let message = client.get_message("msg_demo").await?;
    for attachment in message.attachments.iter().flatten() {
        // The download resumes after a lost connection, and never holds the whole file.
        let mut download = client.get_message_attachment(&*message.id, &*attachment.id).await?;
        // The file name is made safe to use within a directory.
        let name = download.parts().file_name().unwrap_or_else(|| "attachment".to_owned());
        let mut file = File::create(directory.join(&name)).await?;
        while let Some(chunk) = download.chunk().await? {
            file.write_all(&chunk).await?;
        }
        file.sync_all().await?;
        println!("{name}: {} bytes", download.received());
    }
    fs::remove_dir_all(&directory).await?;
    Ok(())
}
