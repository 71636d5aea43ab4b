//! Alerting rules.

use std::collections::BTreeMap;
use std::fmt;

use sendmux_client::Decimal;
use serde::{Deserialize, Serialize};

/// The name of the rule about the monitor itself.
pub(super) const SELF_RULE: &str = "sendmux-alert";

/// A rule. Durations are in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) severity: Severity,
    pub(super) condition: Condition,
    /// How long the condition must hold before the alert fires.
    pub(super) hold_duration: i64,
    /// Interval at which the notification of a firing alert is repeated, if at all.
    pub(super) repeat_interval: Option<i64>,
    /// How long log entries are watched for late changes of their status, if the rule says so.
    pub(super) overlap: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Severity {
    Info,
    #[default]
    Warning,
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    FailureRate {
        window: i64,
        above: Threshold,
        minimum: u64,
        providers: ProviderFilter,
        /// True to evaluate each sending account, false to evaluate all of them together.
        per_account: bool,
    },
    HourlyFailureRate {
        window: i64,
        above: f64,
        minimum: u64,
    },
    BounceSurge {
        window: i64,
        baseline: i64,
        factor: f64,
        minimum: u64,
        providers: ProviderFilter,
    },
    NoMail {
        window: i64,
        providers: ProviderFilter,
    },
    ProviderDown {
        providers: ProviderFilter,
    },
    ProviderQuota {
        above: Threshold,
        providers: ProviderFilter,
    },
    BalanceBelow {
        below: Decimal,
    },
    DomainUnverified {
        except: Vec<String>,
    },
    WebhookFailing {
        except: Vec<String>,
    },
}

impl Condition {
    /// Returns the ids of the sending accounts that the condition names.
    pub(super) fn named_accounts(&self) -> Vec<&str> {
        let (providers, above) = match self {
            Self::FailureRate { providers, above, .. }
            | Self::ProviderQuota { providers, above } => (providers, Some(above)),
            Self::BounceSurge { providers, .. }
            | Self::NoMail { providers, .. }
            | Self::ProviderDown { providers } => (providers, None),
            Self::HourlyFailureRate { .. }
            | Self::BalanceBelow { .. }
            | Self::DomainUnverified { .. }
            | Self::WebhookFailing { .. } => return Vec::new(),
        };
        let limits = above.into_iter().flat_map(|above| above.by_account.keys());
        providers.only.iter().chain(&providers.except).chain(limits).map(String::as_str).collect()
    }

    /// Returns how far back in the log the condition looks.
    pub(super) fn lookback(&self) -> Option<i64> {
        match self {
            Self::FailureRate { window, .. } | Self::NoMail { window, .. } => Some(*window),
            Self::BounceSurge { window, baseline, .. } => Some(window + baseline),
            Self::HourlyFailureRate { .. }
            | Self::ProviderDown { .. }
            | Self::ProviderQuota { .. }
            | Self::BalanceBelow { .. }
            | Self::DomainUnverified { .. }
            | Self::WebhookFailing { .. } => None,
        }
    }
}

/// A limit that single sending accounts can have their own value of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Threshold {
    pub(super) default: f64,
    /// By id of the sending account.
    pub(super) by_account: BTreeMap<String, f64>,
}

impl Threshold {
    pub(super) fn of(&self, account: &str) -> f64 {
        self.by_account.get(account).copied().unwrap_or(self.default)
    }
}

impl From<f64> for Threshold {
    fn from(default: f64) -> Self {
        Self { default, by_account: BTreeMap::new() }
    }
}

/// The sending accounts that a rule applies to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ProviderFilter {
    pub(super) only: Option<String>,
    pub(super) except: Vec<String>,
}

impl ProviderFilter {
    pub(super) fn matches(&self, id: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == id)
            && !self.except.iter().any(|other| other == id)
    }
}
