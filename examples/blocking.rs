//! Calls the API from a synchronous program: `cargo run --example blocking --features blocking`

use sendmux_client::{Blocking, Error, management::Client};
use sendmux_mock::DemoAccount;

fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
    let blocking = Blocking::new()?;

    let balance = blocking.block_on(client.get_balance())?;
    println!("{} {}", balance.balance, balance.currency);
    for log in blocking.iterate(client.list_email_logs().stream()).take(3) {
        let log = log?;
        println!("{} {}", log.created_at, log.status);
    }
    Ok(())
}
