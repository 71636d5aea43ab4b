//! The life of an alert: pending, firing, resolved, and the notifications about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluation::{Evaluation, Violation};
use super::notification::{Incident, Notification, Status};
use super::rule::{Rule, Severity};

/// A violation over time: pending until the rule's `for` has passed, then firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    /// The id of its notifications, unique across rules and restarts.
    pub(super) incident: String,
    /// Unix time since which the condition holds.
    pub(super) active_since: i64,
    /// Unix time of the last notification; `None` while pending.
    pub(super) last_notified: Option<i64>,
    pub(super) summary: String,
}

/// The alerts of a rule, by subject.
pub(super) type Alerts = BTreeMap<String, Alert>;

impl Alert {
    pub(super) fn is_firing(&self) -> bool {
        self.last_notified.is_some()
    }

    fn incident(&self, subject: &str) -> Incident {
        Incident {
            id: self.incident.clone(),
            subject: subject.to_owned(),
            summary: self.summary.clone(),
            since: self.active_since,
        }
    }
}

/// Returns an id that no other has: 64 random bits after a prefix.
pub(super) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{:016x}", fastrand::u64(..))
}

/// What is remembered about a rule between evaluations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleState {
    /// The condition as text, by which a renamed rule is recognized.
    condition: String,
    severity: Severity,
    pub(super) alerts: Alerts,
}

impl RuleState {
    pub(super) fn new(rule: &Rule) -> Self {
        Self {
            condition: format!("{:?}", rule.condition),
            severity: rule.severity,
            alerts: Alerts::new(),
        }
    }
}

/// Assigns the saved states to the rules, by name or, for a renamed rule, by condition. Returns
/// them with the notifications that resolve the alerts of removed rules.
pub(super) fn assign(
    rules: &[Rule],
    mut saved: BTreeMap<String, RuleState>,
    now: i64,
) -> (BTreeMap<String, RuleState>, Vec<Notification>) {
    let mut assigned = BTreeMap::new();
    let (known, added): (Vec<_>, Vec<_>) =
        rules.iter().partition(|rule| saved.contains_key(&rule.name));
    for rule in known {
        let alerts = saved.remove(&rule.name).map(|state| state.alerts).unwrap_or_default();
        assigned.insert(rule.name.clone(), RuleState { alerts, ..RuleState::new(rule) });
    }
    for rule in added {
        let mut state = RuleState::new(rule);
        let renamed = saved.iter().find(|(_, other)| other.condition == state.condition);
        if let Some(before) = renamed.map(|(name, _)| name.clone()) {
            state.alerts = saved.remove(&before).map(|state| state.alerts).unwrap_or_default();
        }
        assigned.insert(rule.name.clone(), state);
    }
    let removed = saved.iter().flat_map(|(name, state)| {
        let firing = state.alerts.iter().filter(|(_, alert)| alert.is_firing());
        let incidents = firing.map(|(subject, alert)| {
            let mut incident = alert.incident(subject);
            incident.summary.push_str(" (the rule was removed)");
            incident
        });
        notifications(name, state.severity, Status::Resolved, incidents.collect(), now)
    });
    (assigned, removed.collect())
}

/// Updates the alerts of a rule after an evaluation. Returns them with the notifications that are
/// due. If the rule could not be evaluated, nothing changes.
pub(super) fn update(
    rule: &Rule,
    before: &Alerts,
    evaluation: Option<Evaluation>,
    now: i64,
) -> (Alerts, Vec<Notification>) {
    let Some(evaluation) = evaluation else { return (before.clone(), Vec::new()) };
    let mut after = Alerts::new();
    let (mut firing, mut reminders, mut resolved) = (Vec::new(), Vec::new(), Vec::new());
    for Violation { subject, summary } in evaluation.violations {
        let mut alert = before.get(&subject).cloned().unwrap_or_else(|| Alert {
            incident: new_id("inc"),
            active_since: now,
            last_notified: None,
            summary: String::new(),
        });
        alert.summary = summary;
        after.insert(subject, alert);
    }
    for (subject, alert) in before.iter().filter(|(_, alert)| alert.is_firing()) {
        if evaluation.undecided.contains(subject) {
            after.entry(subject.clone()).or_insert_with(|| alert.clone());
        }
    }
    for (subject, alert) in &mut after {
        // Without this, a clock that was set back would delay what is due.
        alert.active_since = alert.active_since.min(now);
        alert.last_notified = alert.last_notified.map(|at| at.min(now));
        let (due, list) = match (alert.last_notified, rule.repeat_interval) {
            (None, _) => {
                (now.saturating_sub(alert.active_since) >= rule.hold_duration, &mut firing)
            }
            (Some(at), Some(interval)) => (now.saturating_sub(at) >= interval, &mut reminders),
            (Some(_), None) => (false, &mut reminders),
        };
        if due {
            alert.last_notified = Some(now);
            list.push(alert.incident(subject));
        }
    }
    for (subject, alert) in before.iter().filter(|(subject, _)| !after.contains_key(*subject)) {
        if alert.is_firing() {
            resolved.push(alert.incident(subject));
        }
    }
    let lists =
        [(Status::Firing, firing), (Status::Reminder, reminders), (Status::Resolved, resolved)];
    let notifications = lists.into_iter().flat_map(|(status, incidents)| {
        notifications(&rule.name, rule.severity, status, incidents, now)
    });
    (after, notifications.collect())
}

/// Returns a notification about the firing alerts of a rule, if there are any.
pub(super) fn firing(rule: &Rule, alerts: &Alerts, now: i64) -> Vec<Notification> {
    let firing = alerts.iter().filter(|(_, alert)| alert.is_firing());
    let incidents = firing.map(|(subject, alert)| alert.incident(subject)).collect();
    notifications(&rule.name, rule.severity, Status::Reminder, incidents, now)
}

/// Maximum number of incidents in a notification, which bounds the size of a request.
const MAX_INCIDENTS: usize = 1000;

fn notifications(
    rule: &str,
    severity: Severity,
    status: Status,
    incidents: Vec<Incident>,
    at: i64,
) -> Vec<Notification> {
    let notification = |incidents: &[Incident]| Notification {
        key: new_id("ntf"),
        rule: rule.to_owned(),
        severity,
        status,
        incidents: incidents.to_vec(),
        at,
    };
    incidents.chunks(MAX_INCIDENTS).map(notification).collect()
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
            overlap: None,
        }
    }

    fn violations(subjects: &[&str]) -> Option<Evaluation> {
        let violation = |subject: &&str| Violation {
            subject: (*subject).to_owned(),
            summary: format!("{subject} is down"),
        };
        Some(subjects.iter().map(violation).collect::<Vec<_>>().into())
    }

    /// Returns the statuses of the notifications of each step.
    fn simulate(rule: &Rule, steps: &[(i64, Option<Evaluation>)]) -> Vec<Vec<Status>> {
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
            [vec![], vec![Status::Firing], vec![], vec![Status::Resolved], vec![]]
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
        assert_eq!(notified, [vec![], vec![], vec![Status::Firing], vec![Status::Resolved]]);
        let notified =
            simulate(&rule(300, None), &[(0, violations(&["a"])), (60, violations(&[]))]);
        assert_eq!(notified, [vec![], vec![]]);
    }

    #[test]
    fn a_firing_alert_is_repeated_at_its_interval() {
        let steps =
            [(0, violations(&["a"])), (3599, violations(&["a"])), (3600, violations(&["a"]))];
        let notified = simulate(&rule(0, Some(3600)), &steps);
        assert_eq!(notified, [vec![Status::Firing], vec![], vec![Status::Reminder]]);
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
        assert_eq!(notified, [vec![Status::Firing], vec![], vec![], vec![Status::Resolved]]);
    }

    #[test]
    fn subjects_have_separate_alerts() {
        let steps =
            [(0, violations(&["a"])), (60, violations(&["a", "b"])), (120, violations(&["b"]))];
        let notified = simulate(&rule(0, None), &steps);
        assert_eq!(notified, [vec![Status::Firing], vec![Status::Firing], vec![Status::Resolved]]);
    }

    #[test]
    fn a_clock_set_back_delays_nothing() {
        let steps =
            [(90_000, violations(&["a"])), (0, violations(&["a"])), (3600, violations(&["a"]))];
        let notified = simulate(&rule(0, Some(3600)), &steps);
        assert_eq!(notified, [vec![Status::Firing], vec![], vec![Status::Reminder]]);
    }

    #[test]
    fn alerts_of_a_round_are_one_notification() {
        let subjects: Vec<_> = (0..600).map(|n| format!("dprov_{n}")).collect();
        let subjects: Vec<_> = subjects.iter().map(String::as_str).collect();
        let (alerts, firing) = update(&rule(0, None), &Alerts::new(), violations(&subjects), 0);
        assert_eq!((firing.len(), firing[0].incidents.len()), (1, 600));
        let (_, resolved) = update(&rule(0, None), &alerts, violations(&[]), 60);
        assert_eq!((resolved.len(), resolved[0].incidents.len()), (1, 600));
    }

    #[test]
    fn keys_are_unique_and_an_incident_keeps_its_id() {
        let rule = rule(0, Some(60));
        let (mut alerts, mut keys) = (Alerts::new(), std::collections::BTreeSet::new());
        let mut ids = Vec::new();
        // The second incident begins in the second in which the first one ends.
        for (now, violations) in [
            (0, violations(&["a"])),
            (60, violations(&["a"])),
            (120, violations(&[])),
            (120, violations(&["a"])),
            (120, violations(&[])),
        ] {
            let (after, notifications) = update(&rule, &alerts, violations, now);
            alerts = after;
            keys.extend(notifications.iter().map(|notification| notification.key.clone()));
            ids.extend(notifications.into_iter().map(|mut it| it.incidents.remove(0).id));
        }
        assert_eq!((keys.len(), ids.len()), (5, 5), "{keys:?}");
        assert!(ids[..3].iter().all(|id| *id == ids[0]) && ids[3] == ids[4], "{ids:?}");
        assert_ne!(ids[0], ids[3]);
    }

    #[test]
    fn an_undecided_evaluation_neither_fires_nor_resolves() {
        let undecided =
            || Some(Evaluation { undecided: ["a".to_owned()].into(), ..Evaluation::default() });
        let steps = [
            (0, undecided()),
            (60, violations(&["a"])),
            (120, undecided()),
            (180, violations(&[])),
        ];
        let notified = simulate(&rule(0, None), &steps);
        assert_eq!(notified, [vec![], vec![Status::Firing], vec![], vec![Status::Resolved]]);
    }

    fn saved(rule: &Rule) -> (BTreeMap<String, RuleState>, String) {
        let (alerts, notifications) = update(rule, &Alerts::new(), violations(&["a"]), 0);
        let state = RuleState { alerts, ..RuleState::new(rule) };
        let id = notifications[0].incidents[0].id.clone();
        (BTreeMap::from([(rule.name.clone(), state)]), id)
    }

    #[test]
    fn a_renamed_rule_keeps_its_incidents() {
        let before = rule(0, None);
        let (states, id) = saved(&before);
        let after = Rule { name: "offline".to_owned(), ..before };
        let (states, notifications) = assign(std::slice::from_ref(&after), states, 60);
        assert!(notifications.is_empty());
        let alerts = &states["offline"].alerts;
        let (_, notifications) = update(&after, alerts, violations(&[]), 120);
        assert_eq!(notifications[0].incidents[0].id, id);
        assert_eq!(notifications[0].status, Status::Resolved);
    }

    #[test]
    fn a_removed_rule_resolves_what_it_said() {
        let (states, id) = saved(&rule(0, None));
        let (states, notifications) = assign(&[], states, 60);
        assert!(states.is_empty());
        assert_eq!(
            (notifications[0].status, notifications[0].rule.as_str()),
            (Status::Resolved, "down")
        );
        assert_eq!(notifications[0].incidents[0].id, id);
        assert!(notifications[0].to_text().contains("the rule was removed"));
    }
}
