//! Reports each new message of a mailbox once, whatever is lost in between:
//! `cargo run --example watch_mailbox --features mailbox`
//!
//! Events tell when to look, and the changes since the saved state tell what is new.

use sendmux_client::mailbox::Client;
use sendmux_client::{Change, Error};
use sendmux_mock::DemoAccount;

async fn report_new(client: &Client, state: &mut Option<String>) -> Result<(), Error> {
    let mut request = client.get_changes();
    if let Some(state) = state {
        request = request.since_state(&**state);
    }
    let mut feed = request.feed();
    while let Some(change) = feed.try_next().await? {
        match change {
            Change::Changed(changes) => println!("new messages: {:?}", changes.created),
            _ => println!("the state is too old: read the whole list"),
        }
        *state = feed.state().map(str::to_owned); // a program would save it to a file
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let mut state = Some("state_4".to_owned());
    let mut events = client.stream_events().ping(30).stream().end_on_close();
    report_new(&client, &mut state).await?;
    while events.try_next().await?.is_some() {
        report_new(&client, &mut state).await?;
    }
    Ok(())
}
