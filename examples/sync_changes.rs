//! Reads what changed in a mailbox since a saved state:
//! `cargo run --example sync_changes --features mailbox`

use sendmux_client::mailbox::Client;
use sendmux_client::{Change, Error};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    // The second state is unknown to the API.
    for saved in ["state_2", "state_999"] {
        let mut feed = client.get_changes().since_state(saved).limit(3).feed();
        while let Some(change) = feed.try_next().await? {
            match change {
                Change::Changed(changes) => {
                    println!("created: {:?}", changes.created);
                    println!("updated: {:?}", changes.updated);
                    println!("deleted: {:?}", changes.destroyed);
                }
                _ => println!("{saved} is unknown or too old: read the whole list"),
            }
            println!("next time, start from {:?}", feed.state());
        }
    }
    Ok(())
}
