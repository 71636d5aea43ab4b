//! Alerting rules.

use std::fmt;

use sendmux_client::Decimal;
use serde::{Deserialize, Serialize};

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
    FailureRate { window: i64, above: f64, minimum: u64, providers: ProviderFilter },
    BounceSurge { window: i64, baseline: i64, factor: f64, minimum: u64, providers: ProviderFilter },
    NoMail { window: i64, providers: ProviderFilter },
    ProviderDown { providers: ProviderFilter },
    ProviderQuota { above: f64, providers: ProviderFilter },
    BalanceBelow { below: Decimal },
}

impl Condition {
    /// Returns how far back in the log the condition looks.
    pub(super) fn lookback(&self) -> Option<i64> {
        match self {
            Self::FailureRate { window, .. } | Self::NoMail { window, .. } => Some(*window),
            Self::BounceSurge { window, baseline, .. } => Some(window + baseline),
            Self::ProviderDown { .. } | Self::ProviderQuota { .. } | Self::BalanceBelow { .. } => {
                None
            }
        }
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
