//! Uploads a file and sends it: `cargo run --example upload_attachment --features sending,mock`
//!
//! Runs against mocks of the two requests.

use sendmux_client::mock::Server;
use sendmux_client::sending::types::{Address, AttachmentRef, EmailSend};
use sendmux_client::sending::{Client, SendEmail, UploadAttachment};
use sendmux_client::{Error, Upload};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::start();
    let uploads = server.when_any::<UploadAttachment>();
    let emails = server.when_any::<SendEmail>();
    let client: Client = server.client();

    // The file is read as it is sent, and opened again for a retry.
    let file = Upload::file(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).await?;
    let file =
        file.on_progress(|progress| println!("{} of {} bytes", progress.sent, progress.total));
    let uploaded = client.upload_attachment("readme.md", file).await?;

    let (from, to) = (Address::new("shop@example.com"), Address::new("ada@example.org"));
    let email = EmailSend::new(from, to, "The manual", "<p>Attached.</p>")
        .attachments([AttachmentRef::new(&*uploaded.attachment_id)]);
    client.send_email(email).await?;

    println!("uploaded {} bytes", uploads.received()[0].body().len());
    println!("sent {}", String::from_utf8_lossy(emails.received()[0].body()));
    Ok(())
}
