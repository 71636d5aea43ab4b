//! A rule, checked.

use std::fmt;

use sendmux_client::Decimal;
use serde::{Deserialize, Serialize};

/// Times are in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) severity: Severity,
    pub(super) condition: Condition,
    /// How long the condition must have held.
    pub(super) hold: i64,
    /// After how long a notice is repeated, if at all.
    pub(super) repeat: Option<i64>,
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

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    FailureRate { window: i64, above: f64, minimum: u64, of: Choice },
    BounceSurge { window: i64, baseline: i64, factor: f64, minimum: u64, of: Choice },
    NoMail { window: i64, of: Choice },
    ProviderDown { of: Choice },
    ProviderQuota { above: f64, of: Choice },
    BalanceBelow { below: Decimal },
}

impl Condition {
    /// How far back in the log it looks.
    pub(super) fn reach(&self) -> Option<i64> {
        match self {
            Self::FailureRate { window, .. } | Self::NoMail { window, .. } => Some(*window),
            Self::BounceSurge { window, baseline, .. } => Some(window + baseline),
            Self::ProviderDown { .. } | Self::ProviderQuota { .. } | Self::BalanceBelow { .. } => {
                None
            }
        }
    }
}

/// Which sending accounts a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Choice {
    pub(super) only: Option<String>,
    pub(super) except: Vec<String>,
}

impl Choice {
    pub(super) fn includes(&self, id: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == id)
            && !self.except.iter().any(|other| other == id)
    }
}
