//! What is read from the API for the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use sendmux_client::management::types::{
    EmailLog, EmailStatus, Granularity, MetricsPoint, MetricsWindow, VerificationStatus,
};
use sendmux_client::management::{Client, types};
use sendmux_client::{Decimal, Error, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::history::Failures;
use super::rule::{Condition, Rule};
use crate::text::sanitize;

/// A part of the API that rules depend on. Each is read independently of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Source {
    Log,
    Providers,
    Usage,
    Balance,
    Metrics,
    Domains,
    Webhooks,
}

impl Source {
    /// Returns the sources that a condition needs.
    pub(super) fn of(condition: &Condition) -> &'static [Self] {
        match condition {
            Condition::ProviderDown { .. } => &[Self::Providers],
            Condition::ProviderQuota { .. } => &[Self::Providers, Self::Usage],
            Condition::BalanceBelow { .. } => &[Self::Balance],
            Condition::FailureRate { .. }
            | Condition::BounceSurge { .. }
            | Condition::NoMail { .. } => &[Self::Log],
            Condition::HourlyFailureRate { .. } => &[Self::Metrics],
            Condition::DomainUnverified { .. } => &[Self::Domains],
            Condition::WebhookFailing { .. } => &[Self::Webhooks],
        }
    }

    /// Returns the sources that the rules need.
    pub(super) fn required_by(rules: &[Rule]) -> BTreeSet<Self> {
        rules.iter().flat_map(|rule| Self::of(&rule.condition)).copied().collect()
    }

    /// Returns the permission that the key needs.
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::Log => "logs.read",
            Self::Providers | Self::Usage => "provider.read",
            Self::Balance => "billing.read",
            Self::Metrics => "analytics.read",
            Self::Domains => "domain.read",
            Self::Webhooks => "webhook.read",
        }
    }

    /// Returns the name as a metric label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Providers => "providers",
            Self::Usage => "usage",
            Self::Balance => "balance",
            Self::Metrics => "metrics",
            Self::Domains => "domains",
            Self::Webhooks => "webhooks",
        }
    }

    /// Reads the source. The log is read by [`read_log`].
    pub(super) async fn read(self, client: &Client) -> Result<Reading, Error> {
        Ok(match self {
            Self::Log => Reading::Log,
            Self::Providers => Reading::Providers(providers(client).await?),
            Self::Usage => Reading::Usage(usage(client).await?),
            Self::Balance => Reading::Balance(client.get_balance().await?.into_data().balance),
            Self::Metrics => {
                let metrics = client.get_email_metrics().window(MetricsWindow::Hours24);
                let metrics = metrics.granularity(Granularity::Hourly).await?.into_data();
                Reading::Metrics(metrics.timeseries)
            }
            Self::Domains => Reading::Domains(domains(client).await?),
            Self::Webhooks => Reading::Webhooks(webhooks(client).await?),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "email log",
            Self::Providers => "sending accounts",
            Self::Usage => "sending account usage",
            Self::Balance => "balance",
            Self::Metrics => "email metrics",
            Self::Domains => "domains",
            Self::Webhooks => "webhooks",
        })
    }
}

/// How long a source may take, except for what is read of the log page by page.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// What was read from a source.
#[derive(Debug)]
pub(super) enum Reading {
    /// The log was read to its end; the history has its entries.
    Log,
    Providers(Vec<Provider>),
    Usage(Usage),
    Balance(Decimal),
    Metrics(Vec<MetricsPoint>),
    Domains(Vec<Domain>),
    Webhooks(Vec<Webhook>),
}

/// A sending account.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) status_reason: Option<String>,
    pub(super) is_active: bool,
    /// Maximum number of emails per day.
    pub(super) daily_quota: Option<i64>,
}

impl From<types::Provider> for Provider {
    fn from(provider: types::Provider) -> Self {
        Self {
            name: sanitize(&provider.name, 80),
            status: sanitize(provider.status.as_str(), 40),
            status_reason: provider.status_reason.map(|reason| sanitize(&reason, 200)),
            is_active: provider.is_active,
            daily_quota: provider.quotas.per_day.map(|range| range.max),
            id: provider.id,
        }
    }
}

/// The usage of the quotas of the sending accounts.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Emails sent today, by id of the sending account.
    pub(super) sent_today: BTreeMap<String, i64>,
    /// Id and daily limit of the shared sending account, which has a separate quota.
    pub(super) shared: Option<(String, i64)>,
}

/// A domain.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) verified: bool,
    pub(super) status: String,
}

/// A webhook subscription.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) failing: bool,
}

/// Reads the log between two times, the newest entries first, and sends each page as an event.
/// Each page has a deadline, the log as a whole has none.
///
/// # Errors
/// The error of the API, or `None` if a page was not read in time.
pub(super) async fn read_log<E>(
    client: &Client,
    from: i64,
    to: Option<i64>,
    events: &mpsc::Sender<E>,
    event: impl Fn(Vec<EmailLog>) -> E,
) -> Result<(), Option<Error>> {
    let mut logs = client.list_email_logs().limit(100);
    if let Some(from) = Timestamp::from_unix_seconds(from) {
        logs = logs.from_date(from.to_string());
    }
    if let Some(to) = to.and_then(Timestamp::from_unix_seconds) {
        logs = logs.to_date(to.to_string());
    }
    let mut pages = logs.pages();
    loop {
        match timeout(DEADLINE, pages.try_next()).await {
            Ok(Ok(Some(page))) => {
                // Without a receiver, the monitor is gone.
                let _ = events.send(event(page.into_iter().collect())).await;
            }
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(Some(error)),
            Err(_) => return Err(None),
        }
    }
}

async fn providers(client: &Client) -> Result<Vec<Provider>, Error> {
    let mut list = client.list_providers().limit(100).stream();
    let mut providers = Vec::new();
    while let Some(provider) = list.try_next().await? {
        providers.push(provider.into());
    }
    Ok(providers)
}

async fn usage(client: &Client) -> Result<Usage, Error> {
    let usage = client.get_provider_usage().await?.into_data();
    let shared = client.get_provider_limits().await?.into_data().shared_amazon_ses;
    let sent = usage.providers.into_iter().map(|item| (item.provider_id, item.sent_today));
    Ok(Usage { sent_today: sent.collect(), shared: shared.provider_id.zip(shared.daily_limit) })
}

async fn domains(client: &Client) -> Result<Vec<Domain>, Error> {
    let mut list = client.list_domains().limit(100).stream();
    let mut domains = Vec::new();
    while let Some(domain) = list.try_next().await? {
        domains.push(Domain {
            id: domain.id,
            name: sanitize(&domain.domain, 80),
            verified: domain.verification_status == VerificationStatus::Verified,
            status: sanitize(domain.verification_status.as_str(), 40),
        });
    }
    Ok(domains)
}

async fn webhooks(client: &Client) -> Result<Vec<Webhook>, Error> {
    let mut list = client.list_webhooks().limit(100).stream();
    let mut webhooks = Vec::new();
    while let Some(webhook) = list.try_next().await? {
        let name = webhook.name.unwrap_or_else(|| webhook.id.clone());
        webhooks.push(Webhook {
            id: webhook.id,
            name: sanitize(&name, 80),
            enabled: webhook.enabled,
            failing: webhook.failing,
        });
    }
    Ok(webhooks)
}

/// Reads the failed and rejected emails of the log between two minutes since 1970.
///
/// # Errors
/// The error of the API, or `None` if a page was not read in time.
pub(super) async fn read_failures(
    client: &Client,
    minutes: Range<i64>,
) -> Result<Failures, Option<Error>> {
    const MINUTE: i64 = 60;
    let mut failures = Failures::new();
    for status in [EmailStatus::Failed, EmailStatus::Rejected] {
        let mut logs = client.list_email_logs().limit(100).status(status.clone());
        if let Some(from) = Timestamp::from_unix_seconds(minutes.start * MINUTE) {
            logs = logs.from_date(from.to_string());
        }
        if let Some(to) = Timestamp::from_unix_seconds(minutes.end * MINUTE) {
            logs = logs.to_date(to.to_string());
        }
        let mut pages = logs.pages();
        while let Some(page) = match timeout(DEADLINE, pages.try_next()).await {
            Ok(page) => page.map_err(Some)?,
            Err(_) => return Err(None),
        } {
            for log in page.into_iter().filter(|log| log.status == status) {
                let minute = log.created_at.unix_seconds().div_euclid(MINUTE);
                let by_provider = failures.entry(minute).or_default();
                *by_provider.entry(log.provider_id.unwrap_or_default()).or_default() += 1;
            }
        }
    }
    Ok(failures)
}
