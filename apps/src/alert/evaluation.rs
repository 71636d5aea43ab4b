//! The values that rules are evaluated on, and the evaluation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sendmux_client::management::{Client, types};
use sendmux_client::{Decimal, Error, Timestamp};

use super::history::EmailHistory;
use super::rule::{Condition, ProviderFilter, Rule};
use crate::text::sanitize;

/// Values that rules are evaluated on. Those that could not be read are `None`.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// True if the log was read to its end.
    pub(super) log_complete: bool,
    pub(super) providers: Option<Vec<Provider>>,
    pub(super) usage: Option<Usage>,
    pub(super) balance: Option<Decimal>,
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

/// What is read from the API for the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    Log,
    Providers,
    Usage,
    Balance,
}

impl Input {
    /// Returns the inputs that the rules need.
    pub(super) fn required_by(rules: &[Rule]) -> BTreeSet<Self> {
        let required = |rule: &Rule| match rule.condition {
            Condition::ProviderDown { .. } => &[Self::Providers][..],
            Condition::ProviderQuota { .. } => &[Self::Providers, Self::Usage],
            Condition::BalanceBelow { .. } => &[Self::Balance],
            Condition::FailureRate { .. }
            | Condition::BounceSurge { .. }
            | Condition::NoMail { .. } => &[Self::Log],
        };
        rules.iter().flat_map(required).copied().collect()
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "email log",
            Self::Providers => "sending accounts",
            Self::Usage => "sending account usage",
            Self::Balance => "balance",
        })
    }
}

/// Reads the log into the history. It may be dropped at any point: nothing is counted twice.
pub(super) async fn read_log(
    client: &Client,
    history: &mut EmailHistory,
    now: i64,
    lookback: i64,
    overlap: i64,
) -> Result<(), Error> {
    let mut logs = client.list_email_logs().limit(100);
    if let Some(start) = Timestamp::from_unix_seconds(history.read_from(now, lookback)) {
        logs = logs.from_date(start.to_string());
    }
    let mut logs = logs.stream();
    while let Some(log) = logs.try_next().await? {
        history.add(&log, now);
    }
    history.finish_read(now, lookback, overlap);
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

/// Something for which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// Id of a sending account, or empty for the account as a whole.
    pub(super) subject: String,
    pub(super) summary: String,
}

/// Evaluates a condition. Returns its violations, or `None` if an input is missing.
pub(super) fn evaluate(
    condition: &Condition,
    inputs: &Inputs,
    history: Option<&EmailHistory>,
    now: i64,
) -> Option<Vec<Violation>> {
    let account = |holds: bool, summary: String| {
        holds.then(|| Violation { subject: String::new(), summary }).into_iter().collect()
    };
    Some(match condition {
        Condition::FailureRate { window, above, minimum, providers } => {
            let counts = history?.count(now - window, i64::MAX, providers);
            account(
                counts.completed() >= *minimum && counts.failure_rate() > *above,
                format!(
                    "{} of {} emails failed in {} ({}, limit {})",
                    counts.failed,
                    counts.completed(),
                    duration(*window),
                    percent(counts.failure_rate()),
                    percent(*above),
                ),
            )
        }
        Condition::BounceSurge { window, baseline, factor, minimum, providers } => {
            let history = history?;
            let counts = history.count(now - window, i64::MAX, providers);
            let before = history.count(now - window - baseline, now - window, providers);
            account(
                counts.failed >= *minimum && counts.failure_rate() > factor * before.failure_rate(),
                format!(
                    "{} of {} emails bounced in {} ({}, baseline {})",
                    counts.failed,
                    counts.completed(),
                    duration(*window),
                    percent(counts.failure_rate()),
                    percent(before.failure_rate()),
                ),
            )
        }
        Condition::NoMail { window, providers } => {
            let counts = history?.count(now - window, i64::MAX, providers);
            account(counts.total() == 0, format!("no email in {}", duration(*window)))
        }
        Condition::ProviderDown { providers } => {
            matching(inputs.providers.as_ref()?, providers).filter_map(down).collect()
        }
        Condition::ProviderQuota { above, providers } => {
            let usage = inputs.usage.as_ref()?;
            let used = |provider: &Provider| {
                let sent = *usage.sent_today.get(&provider.id)?;
                let shared = usage.shared.iter().filter(|(id, _)| *id == provider.id);
                let quotas =
                    provider.daily_quota.into_iter().chain(shared.map(|(_, limit)| *limit));
                let quota = quotas.filter(|quota| *quota > 0).min()?;
                let share = sent as f64 / quota as f64;
                (share > *above).then(|| Violation {
                    subject: provider.id.clone(),
                    summary: format!(
                        "{} has sent {sent} of the {quota} emails it may send today ({}, limit {})",
                        provider.name,
                        percent(share),
                        percent(*above),
                    ),
                })
            };
            matching(inputs.providers.as_ref()?, providers).filter_map(used).collect()
        }
        Condition::BalanceBelow { below } => {
            let balance = inputs.balance?;
            account(balance < *below, format!("the balance is {balance} USD (limit {below})"))
        }
    })
}

fn matching<'a>(
    providers: &'a [Provider],
    filter: &ProviderFilter,
) -> impl Iterator<Item = &'a Provider> {
    providers.iter().filter(|provider| filter.matches(&provider.id))
}

fn down(provider: &Provider) -> Option<Violation> {
    let status = match (provider.status.as_str(), provider.is_active) {
        ("active", true) => return None,
        ("active", false) => "disabled",
        ("error", _) => "in error",
        (status, _) => status,
    };
    let reason =
        provider.status_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Violation {
        subject: provider.id.clone(),
        summary: format!("{} is {status}{reason}", provider.name),
    })
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn duration(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_779_354_720;
    const HOUR: i64 = 3600;

    /// Creates a history from ages in seconds and numbers of sent and failed emails.
    fn history(mail: &[(i64, u32, u32)]) -> EmailHistory {
        let mut history = EmailHistory::new(NOW, 48 * HOUR);
        for (age, sent, failed) in mail {
            let at = sendmux_client::Timestamp::from_unix_seconds(NOW - age).unwrap();
            for n in 0..sent + failed {
                let status = if n < *sent { "sent" } else { "rejected" };
                let log = json!({
                    "id": format!("{age}/{n}"), "status": status, "attempts": 1, "created_at": at,
                });
                history.add(&serde_json::from_value(log).unwrap(), NOW);
            }
        }
        history
    }

    fn fires(condition: &Condition, mail: &[(i64, u32, u32)]) -> bool {
        !evaluate(condition, &Inputs::default(), Some(&history(mail)), NOW).unwrap().is_empty()
    }

    #[test]
    fn a_failure_rate_needs_a_minimum_of_emails() {
        let condition = Condition::FailureRate {
            window: HOUR,
            above: 0.1,
            minimum: 20,
            providers: ProviderFilter::default(),
        };
        assert!(fires(&condition, &[(600, 17, 3)]));
        assert!(!fires(&condition, &[(600, 18, 2)]), "exactly the limit");
        assert!(!fires(&condition, &[(600, 0, 1)]), "too few");
        assert!(!fires(&condition, &[(2 * HOUR, 0, 50), (600, 20, 0)]), "before the window");
        assert!(!fires(&condition, &[]));
    }

    #[test]
    fn a_bounce_surge_is_relative_to_the_baseline() {
        let condition = Condition::BounceSurge {
            window: HOUR,
            baseline: 24 * HOUR,
            factor: 3.0,
            minimum: 10,
            providers: ProviderFilter::default(),
        };
        assert!(fires(&condition, &[(5 * HOUR, 95, 5), (600, 80, 20)]));
        assert!(!fires(&condition, &[(5 * HOUR, 90, 10), (600, 80, 20)]), "twice the baseline");
        assert!(
            !fires(&condition, &[(5 * HOUR, 95, 5), (600, 1900, 100)]),
            "more email, same share"
        );
        assert!(!fires(&condition, &[(5 * HOUR, 100, 0), (600, 0, 9)]), "too few");
        assert!(fires(&condition, &[(600, 0, 10)]), "nothing to compare with");
    }

    #[test]
    fn no_mail_fires_without_email_in_the_window() {
        let condition = Condition::NoMail { window: HOUR, providers: ProviderFilter::default() };
        assert!(fires(&condition, &[(2 * HOUR, 5, 0)]));
        assert!(!fires(&condition, &[(600, 0, 1)]));
    }

    #[test]
    fn a_condition_without_its_input_is_not_evaluated() {
        let all = ProviderFilter::default();
        for condition in [
            Condition::NoMail { window: HOUR, providers: all.clone() },
            Condition::ProviderDown { providers: all.clone() },
            Condition::ProviderQuota { above: 0.8, providers: all },
            Condition::BalanceBelow { below: 5.into() },
        ] {
            assert_eq!(evaluate(&condition, &Inputs::default(), None, NOW), None, "{condition:?}");
        }
    }

    fn provider(id: &str, status: &str, is_active: bool, daily_quota: Option<i64>) -> Provider {
        Provider {
            id: id.to_owned(),
            name: format!("Relay {id}"),
            status: status.to_owned(),
            status_reason: (status == "error").then(|| "wrong password".to_owned()),
            is_active,
            daily_quota,
        }
    }

    #[test]
    fn providers_are_down_unless_active() {
        let providers = vec![
            provider("a", "active", true, None),
            provider("b", "error", true, None),
            provider("c", "active", false, None),
            provider("d", "asleep", true, None),
            provider("e", "inactive", false, None),
        ];
        let inputs = Inputs { providers: Some(providers), ..Inputs::default() };
        let providers = ProviderFilter { only: None, except: vec!["e".to_owned()] };
        let violations =
            evaluate(&Condition::ProviderDown { providers }, &inputs, None, NOW).unwrap();
        let summaries: Vec<_> =
            violations.iter().map(|violation| violation.summary.as_str()).collect();
        assert_eq!(
            summaries,
            ["Relay b is in error: wrong password", "Relay c is disabled", "Relay d is asleep"]
        );
    }

    #[test]
    fn the_lower_daily_quota_applies() {
        let providers = vec![
            provider("a", "active", true, Some(100)),
            provider("b", "active", true, Some(100)),
            provider("c", "active", true, None),
            provider("d", "active", true, Some(0)),
            provider("e", "active", true, None),
        ];
        let sent = [("a", 80), ("b", 81), ("c", 9999), ("d", 5), ("e", 100)];
        let sent: BTreeMap<_, _> = sent.into_iter().map(|(id, n)| (id.to_owned(), n)).collect();
        let usage = Usage { sent_today: sent, shared: Some(("e".to_owned(), 100)) };
        let inputs = Inputs { providers: Some(providers), usage: Some(usage), ..Inputs::default() };
        let condition =
            Condition::ProviderQuota { above: 0.8, providers: ProviderFilter::default() };
        let violations = evaluate(&condition, &inputs, None, NOW).unwrap();
        let ids: Vec<_> = violations.iter().map(|violation| violation.subject.as_str()).collect();
        assert_eq!(ids, ["b", "e"]);
        assert_eq!(
            violations[0].summary,
            "Relay b has sent 81 of the 100 emails it may send today (81.0%, limit 80.0%)"
        );
    }

    #[test]
    fn balances_are_compared_exactly() {
        let condition = Condition::BalanceBelow { below: "0.300000".parse().unwrap() };
        for (balance, low) in [("0.299999", true), ("0.3", false), ("-1", true)] {
            let inputs = Inputs { balance: Some(balance.parse().unwrap()), ..Inputs::default() };
            assert_eq!(
                !evaluate(&condition, &inputs, None, NOW).unwrap().is_empty(),
                low,
                "{balance}"
            );
        }
    }
}
