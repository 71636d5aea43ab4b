//! What rules are evaluated on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sendmux_client::management::{Client, types};
use sendmux_client::{Decimal, Error, Timestamp};

use super::ledger::Ledger;
use super::rule::{Condition, Rule};
use crate::text::tidy;

/// Facts that could be read; the others are `None`.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Whether the log was read to its end.
    pub(super) log: bool,
    pub(super) providers: Option<Vec<Provider>>,
    pub(super) usage: Option<Usage>,
    pub(super) balance: Option<Decimal>,
}

#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) switched_on: bool,
    /// E-mails that it may send in a day.
    pub(super) per_day: Option<i64>,
}

impl From<types::Provider> for Provider {
    fn from(provider: types::Provider) -> Self {
        Self {
            name: tidy(&provider.name, 80),
            status: tidy(provider.status.as_str(), 40),
            reason: provider.status_reason.map(|reason| tidy(&reason, 200)),
            switched_on: provider.is_active,
            per_day: provider.quotas.per_day.map(|range| range.max),
            id: provider.id,
        }
    }
}

/// How much of their quotas the sending accounts have used.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// E-mails sent today by sending account.
    pub(super) sent_today: BTreeMap<String, i64>,
    /// Id and daily limit of the shared account, whose quota stands apart.
    pub(super) shared: Option<(String, i64)>,
}

/// Something that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Log,
    Providers,
    Usage,
    Balance,
}

impl Source {
    /// What these rules need.
    pub(super) fn of(rules: &[Rule]) -> BTreeSet<Self> {
        let needs = |rule: &Rule| match rule.condition {
            Condition::ProviderDown { .. } => &[Self::Providers][..],
            Condition::ProviderQuota { .. } => &[Self::Providers, Self::Usage],
            Condition::BalanceBelow { .. } => &[Self::Balance],
            Condition::FailureRate { .. }
            | Condition::BounceSurge { .. }
            | Condition::NoMail { .. } => &[Self::Log],
        };
        rules.iter().flat_map(needs).copied().collect()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "e-mail log",
            Self::Providers => "sending accounts",
            Self::Usage => "use of the sending accounts",
            Self::Balance => "balance",
        })
    }
}

/// Reads the log into the ledger, which counts nothing twice if this breaks off.
pub(super) async fn read_log(
    client: &Client,
    ledger: &mut Ledger,
    now: i64,
    reach: i64,
    overlap: i64,
) -> Result<(), Error> {
    let mut logs = client.list_email_logs().limit(100);
    if let Some(begin) = Timestamp::from_unix_seconds(ledger.begin(now, reach)) {
        logs = logs.from_date(begin.to_string());
    }
    let mut logs = logs.stream();
    while let Some(log) = logs.try_next().await? {
        ledger.add(&log, now);
    }
    ledger.complete(now, reach, overlap);
    Ok(())
}

pub(super) async fn providers(client: &Client) -> Result<Vec<Provider>, Error> {
    let mut list = client.list_providers().limit(100).stream();
    let mut providers = Vec::new();
    while let Some(provider) = list.try_next().await? {
        providers.push(provider.into());
    }
    Ok(providers)
}

pub(super) async fn usage(client: &Client) -> Result<Usage, Error> {
    let usage = client.get_provider_usage().await?.into_data();
    let shared = client.get_provider_limits().await?.into_data().shared_amazon_ses;
    let sent = usage.providers.into_iter().map(|item| (item.provider_id, item.sent_today));
    Ok(Usage { sent_today: sent.collect(), shared: shared.provider_id.zip(shared.daily_limit) })
}

pub(super) async fn balance(client: &Client) -> Result<Decimal, Error> {
    Ok(client.get_balance().await?.balance)
}
