//! From findings to notices: what begins, lasts and ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::notice::{Notice, Phase};
use super::rule::Rule;

/// A finding over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incident {
    /// When the condition began to hold, in seconds since 1970.
    pub(super) since: i64,
    /// When it was last said, if it was.
    pub(super) told: Option<i64>,
    /// How often it was said.
    pub(super) times: u32,
    pub(super) summary: String,
}

/// Incidents of a rule by subject.
pub(super) type Incidents = BTreeMap<String, Incident>;

/// The incidents after an evaluation, and what is to be said about the change. Without findings,
/// because the facts did not tell, everything stays as it was.
pub(super) fn advance(
    rule: &Rule,
    before: &Incidents,
    findings: Option<Vec<Finding>>,
    now: i64,
) -> (Incidents, Vec<Notice>) {
    let Some(findings) = findings else { return (before.clone(), Vec::new()) };
    let (mut after, mut notices) = (Incidents::new(), Vec::new());
    for Finding { subject, summary } in findings {
        let mut incident = match before.get(&subject) {
            Some(incident) => incident.clone(),
            None => Incident { since: now, told: None, times: 0, summary: String::new() },
        };
        incident.summary = summary;
        // A clock that was set back would put off what is due.
        incident.since = incident.since.min(now);
        incident.told = incident.told.map(|told| told.min(now));
        let due = match (incident.told, rule.repeat) {
            (None, _) => now.saturating_sub(incident.since) >= rule.hold,
            (Some(told), Some(repeat)) => now.saturating_sub(told) >= repeat,
            (Some(_), None) => false,
        };
        if due {
            incident.told = Some(now);
            incident.times = incident.times.saturating_add(1);
            notices.push(notice(rule, &subject, &incident, Phase::Firing, now));
        }
        after.insert(subject, incident);
    }
    for (subject, incident) in before.iter().filter(|(subject, _)| !after.contains_key(*subject)) {
        if incident.told.is_some() {
            notices.push(notice(rule, subject, incident, Phase::Resolved, now));
        }
    }
    (after, notices)
}

fn notice(rule: &Rule, subject: &str, incident: &Incident, phase: Phase, now: i64) -> Notice {
    Notice {
        key: format!("{}/{subject}/{}/{phase}/{}", rule.name, incident.since, incident.times),
        rule: rule.name.clone(),
        severity: rule.severity,
        phase,
        subject: subject.to_owned(),
        summary: incident.summary.clone(),
        since: incident.since,
        at: now,
    }
}

#[cfg(test)]
mod tests;
