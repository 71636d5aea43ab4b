//! Messages about the incidents of a rule.

use std::fmt;

use sendmux_client::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rule::Severity;

/// A message about incidents of one rule that start, last or end together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notification {
    /// Identifies the notification, so that a receiver can recognize a repeated delivery.
    pub(super) key: String,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) status: Status,
    pub(super) incidents: Vec<Incident>,
    /// Unix time.
    pub(super) at: i64,
}

/// What a notification says about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incident {
    /// The same from the first notification to the last, and unique.
    pub(super) id: String,
    /// Id of a sending account, for example; empty for the account as a whole.
    pub(super) subject: String,
    pub(super) summary: String,
    /// Unix time since which the condition holds.
    pub(super) since: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Firing,
    /// Still firing.
    Reminder,
    Resolved,
    /// Earlier notifications were given up.
    GivenUp,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
            Self::GivenUp => "given-up",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Maximum number of incidents that a text message lists.
const MAX_LISTED: usize = 20;

impl Notification {
    /// Returns the body for a generic webhook.
    pub(super) fn to_json(&self) -> Value {
        let incidents = self.incidents.iter().map(|incident| {
            json!({
                "id": incident.id, "subject": incident.subject, "summary": incident.summary,
                "since": time(incident.since),
            })
        });
        json!({
            "key": self.key, "rule": self.rule, "severity": self.severity, "status": self.status,
            "count": self.incidents.len(), "summary": self.headline(),
            "incidents": incidents.collect::<Vec<_>>(), "at": time(self.at),
        })
    }

    /// Returns the body for a Slack-compatible webhook, with Slack's control characters escaped.
    pub(super) fn to_slack(&self) -> Value {
        let emoji = match (self.status, self.severity) {
            (Status::Resolved, _) => ":white_check_mark:",
            (_, Severity::Critical) => ":rotating_light:",
            _ => ":warning:",
        };
        let text = self.to_text().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        json!({"text": format!("{emoji} {text}")})
    }

    /// Returns the body for Alertmanager (`POST /api/v2/alerts`). Unless an alert is repeated before
    /// `expires`, Alertmanager resolves it then.
    pub(super) fn to_alertmanager(&self, expires: i64) -> Value {
        let alert = |incident: &Incident| {
            let ends = match self.status {
                Status::Resolved => self.at,
                Status::Firing | Status::Reminder | Status::GivenUp => expires,
            };
            json!({
                "labels": {
                    "alertname": self.rule, "severity": self.severity, "subject": incident.subject,
                    "source": "sendmux-alert",
                },
                "annotations": {
                    "summary": incident.summary, "incident": incident.id, "status": self.status,
                },
                "startsAt": time(incident.since), "endsAt": time(ends),
            })
        };
        self.incidents.iter().map(alert).collect()
    }

    /// Returns a line about the notification as a whole.
    pub(super) fn headline(&self) -> String {
        let Self { status, severity, rule, .. } = self;
        match self.incidents.as_slice() {
            [only] => format!("{status} ({severity}) {rule}: {}", self.describe(only)),
            all => format!("{status} ({severity}) {rule}: {} incidents", all.len()),
        }
    }

    /// Returns the headline and, if there are several incidents, a line for each, up to a maximum.
    pub(super) fn to_text(&self) -> String {
        let mut text = self.headline();
        if self.incidents.len() > 1 {
            for incident in self.incidents.iter().take(MAX_LISTED) {
                text.push_str(&format!("\n  {}", self.describe(incident)));
            }
            if let Some(more @ 1..) = self.incidents.len().checked_sub(MAX_LISTED) {
                text.push_str(&format!("\n  and {more} more"));
            }
        }
        text
    }

    fn describe(&self, incident: &Incident) -> String {
        let Incident { id, summary, since, .. } = incident;
        let was = if self.status == Status::Resolved { "was: " } else { "" };
        format!("{was}{summary} [since {}, {id}]", time(*since))
    }
}

fn time(seconds: i64) -> String {
    Timestamp::from_unix_seconds(seconds).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(status: Status, incidents: usize) -> Notification {
        let incident = |n: usize| Incident {
            id: format!("inc_{n}"),
            subject: format!("dprov_{n}"),
            summary: "<!channel> & co are down".to_owned(),
            since: 1_779_354_720,
        };
        Notification {
            key: "ntf_1".to_owned(),
            rule: "down".to_owned(),
            severity: Severity::Critical,
            status,
            incidents: (1..=incidents).map(incident).collect(),
            at: 1_779_354_780,
        }
    }

    #[test]
    fn one_incident_is_one_line_of_text() {
        assert_eq!(
            notification(Status::Firing, 1).to_text(),
            "firing (critical) down: <!channel> & co are down [since 2026-05-21T09:12:00Z, inc_1]"
        );
        let resolved = notification(Status::Resolved, 1).to_text();
        assert!(resolved.starts_with("resolved (critical) down: was: "), "{resolved}");
    }

    #[test]
    fn many_incidents_are_a_count_and_a_list() {
        let text = notification(Status::Firing, 600).to_text();
        assert!(text.starts_with("firing (critical) down: 600 incidents\n"), "{text}");
        assert_eq!(text.lines().count(), 1 + MAX_LISTED + 1);
        assert!(text.ends_with("and 580 more"), "{text}");
        let json = notification(Status::Firing, 600).to_json();
        assert_eq!(
            (json["count"].as_u64(), json["incidents"].as_array().unwrap().len()),
            (Some(600), 600)
        );
    }

    #[test]
    fn control_characters_of_slack_are_escaped() {
        let body = notification(Status::Firing, 1).to_slack();
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt; &amp; co"), "{text}");
    }

    #[test]
    fn the_webhook_body_has_every_field() {
        let body = notification(Status::Resolved, 1).to_json();
        assert_eq!(
            (&body["status"], &body["severity"], &body["key"]),
            (&json!("resolved"), &json!("critical"), &json!("ntf_1"))
        );
        assert_eq!(body["incidents"][0]["id"], "inc_1");
        assert_eq!(body["incidents"][0]["since"], "2026-05-21T09:12:00Z");
        assert_eq!(body["at"], "2026-05-21T09:13:00Z");
    }

    #[test]
    fn alertmanager_gets_an_alert_per_incident() {
        let body = notification(Status::Firing, 2).to_alertmanager(1_779_355_080);
        assert_eq!(body.as_array().unwrap().len(), 2);
        assert_eq!(body[1]["labels"]["subject"], "dprov_2");
        assert_eq!(body[1]["startsAt"], "2026-05-21T09:12:00Z");
        assert_eq!(body[1]["endsAt"], "2026-05-21T09:18:00Z");
        let body = notification(Status::Resolved, 1).to_alertmanager(1_779_355_080);
        assert_eq!(body[0]["endsAt"], "2026-05-21T09:13:00Z");
    }
}
