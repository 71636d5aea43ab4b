//! What is said about an incident.

use std::fmt;

use sendmux_client::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rule::Severity;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notice {
    /// The same for every delivery of this notice, so that a receiver can tell a repetition.
    pub(super) key: String,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) phase: Phase,
    pub(super) subject: String,
    pub(super) summary: String,
    /// Since when the condition holds, in seconds since 1970.
    pub(super) since: i64,
    pub(super) at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    Firing,
    Resolved,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        })
    }
}

impl Notice {
    /// The body of a generic webhook.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "key": self.key, "rule": self.rule, "severity": self.severity, "status": self.phase,
            "subject": self.subject, "summary": self.summary, "since": time(self.since),
            "at": time(self.at),
        })
    }

    /// The body of a Slack-compatible webhook. Slack's three control characters are escaped.
    pub(super) fn to_slack(&self) -> Value {
        let mark = match (self.phase, self.severity) {
            (Phase::Resolved, _) => ":white_check_mark:",
            (Phase::Firing, Severity::Critical) => ":rotating_light:",
            (Phase::Firing, _) => ":warning:",
        };
        let text = self.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        json!({"text": format!("{mark} {text}")})
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, severity, rule, summary, .. } = self;
        match phase {
            Phase::Firing => write!(f, "{phase} ({severity}) {rule}: {summary}"),
            Phase::Resolved => write!(f, "{phase} ({severity}) {rule}: was: {summary}"),
        }?;
        write!(f, " [since {}]", time(self.since))
    }
}

fn time(seconds: i64) -> String {
    Timestamp::from_unix_seconds(seconds).map(|at| at.to_string()).unwrap_or_default()
}
