//! Prints a report of the last 30 days: `cargo run --example report_metrics`

use sendmux_client::management::types::{Granularity, MetricsWindow, SpendPeriod};
use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    let metrics = client.get_email_metrics().window(MetricsWindow::Days30);
    let (metrics, spend) = tokio::try_join!(
        metrics.granularity(Granularity::Daily),
        client.get_spend_summary().days(SpendPeriod::Days30),
    )?;
    for day in &metrics.timeseries {
        let date = day.timestamp.to_string();
        println!("{} {}", &date[..10], "#".repeat(usize::try_from(day.total).unwrap_or(0)));
    }
    let summary = &metrics.summary;
    println!("{} sent, {} failed, {} rejected", summary.sent, summary.failed, summary.rejected);
    println!("{} spent in {} days", spend.total_consumed, spend.period_days);
    Ok(())
}
