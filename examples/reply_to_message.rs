//! Replies to a message in its thread, with one call and no draft:
//! `cargo run --example reply_to_message --features mailbox`

use sendmux_client::Error;
use sendmux_client::mailbox::Client;
use sendmux_client::mailbox::types::MessageSend;
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let message = client.get_message("msg_demo").await?;
    let reply = MessageSend::reply(&message).text_body("Thanks, I have the files.");
    println!("{:?} to {:?}", reply.subject, reply.to);

    // Of several calls with this key, one sends.
    let key = format!("reply-to-{}", message.id);
    let sent = client.send_message(reply).idempotency_key(key).await?;
    println!("accepted as {}", sent.message_id);
    Ok(())
}
