//! What the exporter reads from the API, reduced to what it exports.

use std::collections::BTreeMap;

use sendmux_client::management::types::{
    Granularity, MetricsWindow, SpendPeriod, VerificationStatus,
};
use sendmux_client::management::{Client, types};
use sendmux_client::{Error, Kind, RateLimit};

use crate::text::sanitize;

/// Values that are read together and fail together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Account,
    Providers,
    Usage,
    Limits,
    Emails,
    Hours,
    Balance,
    Spend,
    Domains,
    Webhooks,
}

impl Group {
    pub(super) const ALL: [Self; 10] = [
        Self::Account,
        Self::Providers,
        Self::Usage,
        Self::Limits,
        Self::Emails,
        Self::Hours,
        Self::Balance,
        Self::Spend,
        Self::Domains,
        Self::Webhooks,
    ];

    pub(super) const PERMISSIONS: [&str; 5] =
        ["provider.read", "analytics.read", "billing.read", "domain.read", "webhook.read"];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Providers => "providers",
            Self::Usage => "usage",
            Self::Limits => "limits",
            Self::Emails => "emails",
            Self::Hours => "hours",
            Self::Balance => "balance",
            Self::Spend => "spend",
            Self::Domains => "domains",
            Self::Webhooks => "webhooks",
        }
    }
}

/// The values of a group.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    Account(types::Team),
    Providers(Vec<Provider>),
    Usage(Vec<types::ProviderUsageItem>),
    Limits(types::ProviderLimits),
    Emails(types::MetricsSummary),
    Hours(Hours),
    Balance(types::Balance),
    Spend(types::SpendSummary),
    Domains(Vec<Domain>),
    Webhooks(Vec<Webhook>),
}

/// Reads a group, together with the rate limit that the last response reports.
pub(super) async fn read(
    client: &Client,
    group: Group,
) -> Result<(Reading, Option<RateLimit>), Error> {
    Ok(match group {
        Group::Account => {
            let connection = client.get_connection().await?;
            let rate_limit = connection.parts().rate_limit();
            (Reading::Account(connection.into_data().team), rate_limit)
        }
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
        Group::Hours => {
            let request = client.get_email_metrics().window(MetricsWindow::Hours24);
            let metrics = request.granularity(Granularity::Hourly).await?;
            let rate_limit = metrics.parts().rate_limit();
            (Reading::Hours(Hours::of(metrics.into_data().timeseries)), rate_limit)
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
        Group::Domains => (Reading::Domains(domains(client).await?), None),
        Group::Webhooks => (Reading::Webhooks(webhooks(client).await?), None),
    })
}

/// The newest hours of the API's metrics.
#[derive(Debug, Clone, Default)]
pub(super) struct Hours {
    /// The hour that has begun, which is not complete.
    pub(super) current: Option<types::MetricsPoint>,
    /// The hour before it.
    pub(super) last: Option<types::MetricsPoint>,
}

impl Hours {
    fn of(mut points: Vec<types::MetricsPoint>) -> Self {
        points.sort_by_key(|point| std::cmp::Reverse(point.timestamp.unix_seconds()));
        let mut points = points.into_iter();
        Self { current: points.next(), last: points.next() }
    }
}

/// A domain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Domain {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) verified: bool,
}

/// Maximum numbers of domains and webhooks with their own series.
const MAX_DOMAINS: usize = 200;
const MAX_WEBHOOKS: usize = 20;

async fn domains(client: &Client) -> Result<Vec<Domain>, Error> {
    let mut list = client.list_domains().limit(100).stream();
    let mut domains = Vec::new();
    while let Some(domain) = list.try_next().await? {
        if domains.len() < MAX_DOMAINS {
            domains.push(Domain {
                id: label(&domain.id),
                name: label(&domain.domain),
                verified: domain.verification_status == VerificationStatus::Verified,
            });
        }
    }
    Ok(domains)
}

/// A webhook subscription with its newest deliveries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) enabled: bool,
    pub(super) failing: bool,
    /// Numbers among the newest 100 deliveries, by result.
    pub(super) deliveries: BTreeMap<&'static str, u64>,
}

/// Results of deliveries that the API documents. Others become `other`.
const RESULTS: [&str; 5] = ["success", "retrying", "failed", "permanent_failure", "other"];

async fn webhooks(client: &Client) -> Result<Vec<Webhook>, Error> {
    let list = client.list_webhooks().limit(100).await?;
    let mut webhooks = Vec::new();
    for webhook in list.into_iter().take(MAX_WEBHOOKS) {
        let newest = client.list_webhook_deliveries(webhook.id.as_str()).limit(100).await?;
        let mut deliveries = BTreeMap::from(RESULTS.map(|result| (result, 0)));
        for delivery in newest {
            let known = RESULTS.into_iter().find(|known| *known == delivery.result.as_str());
            *deliveries.entry(known.unwrap_or("other")).or_default() += 1;
        }
        webhooks.push(Webhook {
            id: label(&webhook.id),
            enabled: webhook.enabled,
            failing: webhook.failing,
            deliveries,
        });
    }
    Ok(webhooks)
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
            Kind::Connect | Kind::Connection | Kind::Certificate => Self::Connect,
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
