//! What the API said about a group.

use sendmux_client::management::types::{MetricsWindow, SpendPeriod};
use sendmux_client::management::{Client, types};
use sendmux_client::{Error, RateLimit};

use super::group::Group;
use super::provider::Provider;

#[derive(Debug, Clone)]
pub(super) enum Reading {
    Providers(Vec<Provider>),
    Usage(Vec<types::ProviderUsageItem>),
    Limits(types::ProviderLimits),
    Emails(types::MetricsSummary),
    Balance(types::Balance),
    Spend(types::SpendSummary),
}

/// Reads a group, and what is left of the rate limit afterwards.
pub(super) async fn read(
    client: &Client,
    group: Group,
) -> Result<(Reading, Option<RateLimit>), Error> {
    Ok(match group {
        Group::Providers => providers(client).await?,
        Group::Usage => {
            let usage = client.get_provider_usage().await?;
            let room = usage.rate_limit();
            (Reading::Usage(usage.into_data().providers), room)
        }
        Group::Limits => {
            let limits = client.get_provider_limits().await?;
            let room = limits.rate_limit();
            (Reading::Limits(limits.into_data()), room)
        }
        Group::Emails => {
            let metrics = client.get_email_metrics().window(MetricsWindow::Hours24).await?;
            let room = metrics.rate_limit();
            (Reading::Emails(metrics.into_data().summary), room)
        }
        Group::Balance => {
            let balance = client.get_balance().await?;
            let room = balance.rate_limit();
            (Reading::Balance(balance.into_data()), room)
        }
        Group::Spend => {
            let spend = client.get_spend_summary().days(SpendPeriod::Days30).await?;
            let room = spend.rate_limit();
            (Reading::Spend(spend.into_data()), room)
        }
    })
}

async fn providers(client: &Client) -> Result<(Reading, Option<RateLimit>), Error> {
    let mut pages = client.list_providers().limit(100).pages();
    let (mut providers, mut room) = (Vec::new(), None);
    while let Some(page) = pages.try_next().await? {
        room = page.rate_limit();
        providers.extend(page.items().iter().map(Provider::from));
    }
    Ok((Reading::Providers(providers), room))
}
