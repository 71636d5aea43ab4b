//! Reads a thread and replies to it: `cargo run --example read_thread --features mailbox,mock`
//!
//! Runs against mocks, which answer with placeholders.

use sendmux_client::Error;
use sendmux_client::mailbox::types::{Address, MessageSend};
use sendmux_client::mailbox::{Client, ListThreadMessages, SendMessage};
use sendmux_client::mock::Server;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::start();
    let _thread = server.when_any::<ListThreadMessages>();
    let replies = server.when_any::<SendMessage>();
    let client: Client = server.client();

    let messages = client.list_thread_messages("thr_1").stream().try_collect().await?;
    for message in &messages {
        let from = message.from.as_ref().map_or("unknown sender", |from| &from.email);
        println!("{from}: {}", message.preview.as_deref().unwrap_or_default());
    }

    let Some(last) = messages.last() else { return Ok(()) };
    let to = last.from.iter().map(|from| Address::new(&*from.email));
    let subject = format!("Re: {}", last.subject.as_deref().unwrap_or_default());
    client.send_message(MessageSend::new(to, subject).text_body("Thank you!")).await?;
    println!("sent {}", String::from_utf8_lossy(replies.received()[0].body()));
    Ok(())
}
