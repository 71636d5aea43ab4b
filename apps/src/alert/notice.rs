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

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(phase: Phase) -> Notice {
        Notice {
            key: "down/dprov_1/0/firing/1".to_owned(),
            rule: "down".to_owned(),
            severity: Severity::Critical,
            phase,
            subject: "dprov_1".to_owned(),
            summary: "<!channel> & co are down".to_owned(),
            since: 1_779_354_720,
            at: 1_779_354_780,
        }
    }

    #[test]
    fn a_line_says_it_all() {
        assert_eq!(
            notice(Phase::Firing).to_string(),
            "firing (critical) down: <!channel> & co are down [since 2026-05-21T09:12:00Z]"
        );
        assert!(notice(Phase::Resolved).to_string().starts_with("resolved (critical) down: was: "));
    }

    #[test]
    fn names_from_outside_give_slack_no_orders() {
        let body = notice(Phase::Firing).to_slack();
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt; &amp; co"), "{text}");
    }

    #[test]
    fn a_webhook_gets_every_field() {
        let body = notice(Phase::Resolved).to_json();
        assert_eq!(body["status"], "resolved");
        assert_eq!(body["severity"], "critical");
        assert_eq!(body["key"], "down/dprov_1/0/firing/1");
        assert_eq!(
            (body["since"].as_str(), body["at"].as_str()),
            (Some("2026-05-21T09:12:00Z"), Some("2026-05-21T09:13:00Z"))
        );
    }
}
