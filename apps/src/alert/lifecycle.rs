//! The life of an alert: pending, firing, resolved, and the notifications about it.

use std::collections::BTreeMap;
use std::fmt;

use sendmux_client::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::evaluation::Violation;
use super::rule::{Rule, Severity};

/// A violation over time: pending until the rule's `for` has passed, then firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    /// Unix time since which the condition holds.
    pub(super) active_since: i64,
    /// Unix time of the last notification; `None` while pending.
    pub(super) last_notified: Option<i64>,
    /// Number of notifications.
    pub(super) notifications: u32,
    pub(super) summary: String,
}

/// The alerts of a rule, by subject.
pub(super) type Alerts = BTreeMap<String, Alert>;

impl Alert {
    pub(super) fn is_firing(&self) -> bool {
        self.last_notified.is_some()
    }
}

/// Updates the alerts of a rule after an evaluation. Returns them with the notifications that are
/// due. If the rule could not be evaluated, nothing changes.
pub(super) fn update(
    rule: &Rule,
    before: &Alerts,
    violations: Option<Vec<Violation>>,
    now: i64,
) -> (Alerts, Vec<Notification>) {
    let Some(violations) = violations else { return (before.clone(), Vec::new()) };
    let (mut after, mut notifications) = (Alerts::new(), Vec::new());
    for Violation { subject, summary } in violations {
        let mut alert = match before.get(&subject) {
            Some(alert) => alert.clone(),
            None => Alert {
                active_since: now,
                last_notified: None,
                notifications: 0,
                summary: String::new(),
            },
        };
        alert.summary = summary;
        // Without this, a clock that was set back would delay what is due.
        alert.active_since = alert.active_since.min(now);
        alert.last_notified = alert.last_notified.map(|at| at.min(now));
        let due = match (alert.last_notified, rule.repeat_interval) {
            (None, _) => now.saturating_sub(alert.active_since) >= rule.hold_duration,
            (Some(at), Some(interval)) => now.saturating_sub(at) >= interval,
            (Some(_), None) => false,
        };
        if due {
            alert.last_notified = Some(now);
            alert.notifications = alert.notifications.saturating_add(1);
            notifications.push(notification(rule, &subject, &alert, AlertStatus::Firing, now));
        }
        after.insert(subject, alert);
    }
    for (subject, alert) in before.iter().filter(|(subject, _)| !after.contains_key(*subject)) {
        if alert.is_firing() {
            notifications.push(notification(rule, subject, alert, AlertStatus::Resolved, now));
        }
    }
    (after, notifications)
}

fn notification(
    rule: &Rule,
    subject: &str,
    alert: &Alert,
    status: AlertStatus,
    now: i64,
) -> Notification {
    Notification {
        key: format!(
            "{}/{subject}/{}/{status}/{}",
            rule.name, alert.active_since, alert.notifications
        ),
        rule: rule.name.clone(),
        severity: rule.severity,
        status,
        subject: subject.to_owned(),
        summary: alert.summary.clone(),
        active_since: alert.active_since,
        at: now,
    }
}

/// A message about an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notification {
    /// Identifies the notification, so that a receiver can recognize a repeated delivery.
    pub(super) key: String,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) status: AlertStatus,
    pub(super) subject: String,
    pub(super) summary: String,
    /// Unix time since which the condition holds.
    pub(super) active_since: i64,
    pub(super) at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AlertStatus {
    Firing,
    Resolved,
}

impl fmt::Display for AlertStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        })
    }
}

impl Notification {
    /// Returns the body for a generic webhook.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "key": self.key, "rule": self.rule, "severity": self.severity, "status": self.status,
            "subject": self.subject, "summary": self.summary, "since": time(self.active_since),
            "at": time(self.at),
        })
    }

    /// Returns the body for a Slack-compatible webhook, with Slack's control characters escaped.
    pub(super) fn to_slack(&self) -> Value {
        let emoji = match (self.status, self.severity) {
            (AlertStatus::Resolved, _) => ":white_check_mark:",
            (AlertStatus::Firing, Severity::Critical) => ":rotating_light:",
            (AlertStatus::Firing, _) => ":warning:",
        };
        let text = self.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        json!({"text": format!("{emoji} {text}")})
    }
}

impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, severity, rule, summary, .. } = self;
        match status {
            AlertStatus::Firing => write!(f, "{status} ({severity}) {rule}: {summary}"),
            AlertStatus::Resolved => write!(f, "{status} ({severity}) {rule}: was: {summary}"),
        }?;
        write!(f, " [since {}]", time(self.active_since))
    }
}

fn time(seconds: i64) -> String {
    Timestamp::from_unix_seconds(seconds).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::rule::{Condition, ProviderFilter};

    fn rule(hold_duration: i64, repeat_interval: Option<i64>) -> Rule {
        let condition = Condition::ProviderDown { providers: ProviderFilter::default() };
        Rule {
            name: "down".to_owned(),
            severity: Severity::Critical,
            condition,
            hold_duration,
            repeat_interval,
        }
    }

    fn violations(subjects: &[&str]) -> Option<Vec<Violation>> {
        let violation = |subject: &&str| Violation {
            subject: (*subject).to_owned(),
            summary: format!("{subject} is down"),
        };
        Some(subjects.iter().map(violation).collect())
    }

    /// Returns the statuses of the notifications of each step.
    fn simulate(rule: &Rule, steps: &[(i64, Option<Vec<Violation>>)]) -> Vec<Vec<AlertStatus>> {
        let mut alerts = Alerts::new();
        let mut notified = Vec::new();
        for (now, violations) in steps {
            let (after, notifications) = update(rule, &alerts, violations.clone(), *now);
            alerts = after;
            notified
                .push(notifications.into_iter().map(|notification| notification.status).collect());
        }
        notified
    }

    #[test]
    fn start_and_end_are_notified_once() {
        let steps = [
            (0, violations(&[])),
            (60, violations(&["a"])),
            (120, violations(&["a"])),
            (180, violations(&[])),
            (240, violations(&[])),
        ];
        let notified = simulate(&rule(0, None), &steps);
        assert_eq!(
            notified,
            [vec![], vec![AlertStatus::Firing], vec![], vec![AlertStatus::Resolved], vec![]]
        );
    }

    #[test]
    fn a_pending_alert_is_not_notified() {
        let steps = [
            (0, violations(&["a"])),
            (299, violations(&["a"])),
            (300, violations(&["a"])),
            (301, violations(&[])),
        ];
        let notified = simulate(&rule(300, None), &steps);
        assert_eq!(
            notified,
            [vec![], vec![], vec![AlertStatus::Firing], vec![AlertStatus::Resolved]]
        );
        let notified =
            simulate(&rule(300, None), &[(0, violations(&["a"])), (60, violations(&[]))]);
        assert_eq!(notified, [vec![], vec![]]);
    }

    #[test]
    fn a_firing_alert_is_repeated_at_its_interval() {
        let steps =
            [(0, violations(&["a"])), (3599, violations(&["a"])), (3600, violations(&["a"]))];
        let notified = simulate(&rule(0, Some(3600)), &steps);
        assert_eq!(notified, [vec![AlertStatus::Firing], vec![], vec![AlertStatus::Firing]]);
    }

    #[test]
    fn a_missing_evaluation_resolves_nothing() {
        let steps = [
            (0, violations(&["a"])),
            (60, None),
            (120, violations(&["a"])),
            (180, violations(&[])),
        ];
        let notified = simulate(&rule(0, None), &steps);
        assert_eq!(
            notified,
            [vec![AlertStatus::Firing], vec![], vec![], vec![AlertStatus::Resolved]]
        );
    }

    #[test]
    fn subjects_have_separate_alerts() {
        let steps =
            [(0, violations(&["a"])), (60, violations(&["a", "b"])), (120, violations(&["b"]))];
        let notified = simulate(&rule(0, None), &steps);
        assert_eq!(
            notified,
            [vec![AlertStatus::Firing], vec![AlertStatus::Firing], vec![AlertStatus::Resolved]]
        );
    }

    #[test]
    fn a_clock_set_back_delays_nothing() {
        let steps =
            [(90_000, violations(&["a"])), (0, violations(&["a"])), (3600, violations(&["a"]))];
        let notified = simulate(&rule(0, Some(3600)), &steps);
        assert_eq!(notified, [vec![AlertStatus::Firing], vec![], vec![AlertStatus::Firing]]);
    }

    #[test]
    fn every_notification_has_a_unique_key() {
        let rule = rule(0, Some(60));
        let (mut alerts, mut keys) = (Alerts::new(), std::collections::BTreeSet::new());
        let mut number = 0;
        for (now, violations) in [
            (0, violations(&["a", "b"])),
            (60, violations(&["a", "b"])),
            (120, violations(&[])),
            (180, violations(&["a"])),
        ] {
            let (after, notifications) = update(&rule, &alerts, violations, now);
            alerts = after;
            number += notifications.len();
            keys.extend(notifications.into_iter().map(|notification| notification.key));
        }
        assert_eq!((keys.len(), number), (7, 7), "{keys:?}");
    }

    fn notification(status: AlertStatus) -> Notification {
        Notification {
            key: "down/dprov_1/0/firing/1".to_owned(),
            rule: "down".to_owned(),
            severity: Severity::Critical,
            status,
            subject: "dprov_1".to_owned(),
            summary: "<!channel> & co are down".to_owned(),
            active_since: 1_779_354_720,
            at: 1_779_354_780,
        }
    }

    #[test]
    fn a_notification_is_one_line_of_text() {
        assert_eq!(
            notification(AlertStatus::Firing).to_string(),
            "firing (critical) down: <!channel> & co are down [since 2026-05-21T09:12:00Z]"
        );
        assert!(
            notification(AlertStatus::Resolved)
                .to_string()
                .starts_with("resolved (critical) down: was: ")
        );
    }

    #[test]
    fn control_characters_of_slack_are_escaped() {
        let body = notification(AlertStatus::Firing).to_slack();
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt; &amp; co"), "{text}");
    }

    #[test]
    fn the_webhook_body_has_every_field() {
        let body = notification(AlertStatus::Resolved).to_json();
        assert_eq!(body["status"], "resolved");
        assert_eq!(body["severity"], "critical");
        assert_eq!(body["key"], "down/dprov_1/0/firing/1");
        assert_eq!(
            (body["since"].as_str(), body["at"].as_str()),
            (Some("2026-05-21T09:12:00Z"), Some("2026-05-21T09:13:00Z"))
        );
    }
}
