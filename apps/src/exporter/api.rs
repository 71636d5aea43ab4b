//! What the exporter reads from the API, reduced to what it exports.

use sendmux_client::management::types::{MetricsWindow, SpendPeriod};
use sendmux_client::management::{Client, types};
use sendmux_client::{Error, Kind, RateLimit};

use crate::text::sanitize;

/// Values that are read together and fail together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Providers,
    Usage,
    Limits,
    Emails,
    Balance,
    Spend,
}

impl Group {
    pub(super) const ALL: [Self; 6] =
        [Self::Providers, Self::Usage, Self::Limits, Self::Emails, Self::Balance, Self::Spend];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Providers => "providers",
            Self::Usage => "usage",
            Self::Limits => "limits",
            Self::Emails => "emails",
            Self::Balance => "balance",
            Self::Spend => "spend",
        }
    }
}

/// The values of a group.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    Providers(Vec<Provider>),
    Usage(Vec<types::ProviderUsageItem>),
    Limits(types::ProviderLimits),
    Emails(types::MetricsSummary),
    Balance(types::Balance),
    Spend(types::SpendSummary),
}

/// Reads a group, together with the rate limit that the last response reports.
pub(super) async fn read(
    client: &Client,
    group: Group,
) -> Result<(Reading, Option<RateLimit>), Error> {
    Ok(match group {
        Group::Providers => providers(client).await?,
        Group::Usage => {
            let usage = client.get_provider_usage().await?;
            let rate_limit = usage.parts().rate_limit();
            (Reading::Usage(usage.into_data().providers), rate_limit)
        }
        Group::Limits => {
            let limits = client.get_provider_limits().await?;
            let rate_limit = limits.parts().rate_limit();
            (Reading::Limits(limits.into_data()), rate_limit)
        }
        Group::Emails => {
            let metrics = client.get_email_metrics().window(MetricsWindow::Hours24).await?;
            let rate_limit = metrics.parts().rate_limit();
            (Reading::Emails(metrics.into_data().summary), rate_limit)
        }
        Group::Balance => {
            let balance = client.get_balance().await?;
            let rate_limit = balance.parts().rate_limit();
            (Reading::Balance(balance.into_data()), rate_limit)
        }
        Group::Spend => {
            let spend = client.get_spend_summary().days(SpendPeriod::Days30).await?;
            let rate_limit = spend.parts().rate_limit();
            (Reading::Spend(spend.into_data()), rate_limit)
        }
    })
}

async fn providers(client: &Client) -> Result<(Reading, Option<RateLimit>), Error> {
    let mut pages = client.list_providers().limit(100).pages();
    let (mut providers, mut rate_limit) = (Vec::new(), None);
    while let Some(page) = pages.try_next().await? {
        rate_limit = page.parts().rate_limit();
        providers.extend(page.items().iter().map(Provider::from));
    }
    Ok((Reading::Providers(providers), rate_limit))
}

/// A sending account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) provider_type: String,
    pub(super) status: String,
    pub(super) is_active: bool,
    /// Unix time in seconds.
    pub(super) last_used: Option<i64>,
    /// Maximum number of emails by period.
    pub(super) quotas: Vec<(&'static str, i64)>,
}

impl From<&types::Provider> for Provider {
    fn from(provider: &types::Provider) -> Self {
        let quotas = &provider.quotas;
        let quotas = [
            ("second", &quotas.per_second),
            ("minute", &quotas.per_minute),
            ("hour", &quotas.per_hour),
            ("day", &quotas.per_day),
        ];
        let quotas =
            quotas.into_iter().filter_map(|(period, range)| Some((period, range.as_ref()?.max)));
        Self {
            id: label(&provider.id),
            name: label(&provider.name),
            provider_type: label(provider.type_.as_str()),
            status: status(&provider.status).to_owned(),
            is_active: provider.is_active,
            last_used: provider.last_used_at.map(|at| at.unix_seconds()),
            quotas: quotas.collect(),
        }
    }
}

/// Statuses that the API documents. Others become `other`, which keeps the label bounded.
pub(super) const STATUSES: [&str; 5] = ["active", "inactive", "error", "pending", "other"];

fn status(status: &types::ProviderStatus) -> &'static str {
    STATUSES.into_iter().find(|known| *known == status.as_str()).unwrap_or("other")
}

/// Converts text from the API to a label value.
pub(super) fn label(text: &str) -> String {
    sanitize(text, 80)
}

/// Why a refresh failed: a closed set, to be used as a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FailureKind {
    Connect,
    Timeout,
    Unauthorized,
    Permission,
    RateLimited,
    Server,
    Decode,
    Other,
}

impl FailureKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::Permission => "permission",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Decode => "decode",
            Self::Other => "other",
        }
    }
}

impl From<&Error> for FailureKind {
    fn from(error: &Error) -> Self {
        match error.kind() {
            Kind::Connect | Kind::Connection => Self::Connect,
            Kind::Timeout => Self::Timeout,
            _ if error.is_unauthorized() => Self::Unauthorized,
            _ if error.is_permission_denied() => Self::Permission,
            _ if error.is_rate_limited() => Self::RateLimited,
            _ if error.status().is_some_and(|status| status.is_server_error()) => Self::Server,
            Kind::Decode | Kind::TooLarge | Kind::Pagination => Self::Decode,
            _ => Self::Other,
        }
    }
}
