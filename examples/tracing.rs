//! Logs each call as a span, and each retry as an event:
//! `cargo run --example tracing --features tracing`

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;
use tracing_subscriber::fmt::format::FmtSpan;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::builder().fail_next(503).start();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_max_level(tracing::Level::INFO)
        .init();

    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
    client.get_balance().await?;
    Ok(())
}
