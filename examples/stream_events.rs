//! Follows the live events of a mailbox: `cargo run --example stream_events --features mailbox`

use sendmux_client::mailbox::Client;
use sendmux_client::{Error, EventData};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    // After a lost connection the stream resumes after the last event; the demo account closes it
    // after two, at which this program ends.
    let mut events = client.stream_events().ping(30).stream().end_on_close();
    while let Some(event) = events.try_next().await? {
        match event.data {
            EventData::Happened(event) => {
                let sender = event.sender.as_deref().unwrap_or("unknown sender");
                println!("{} from {sender}", event.event_type);
            }
            EventData::SyncRequired(_) => println!("events were lost: read the changes"),
            EventData::Malformed(problem) => println!("{problem}"),
            _ => {}
        }
        println!("  resume after {:?}", events.last_event_id());
    }
    Ok(())
}
