//! What the monitor cannot see or tell, which is an alert of its own.

use super::Monitor;
use crate::alert::evaluation::{Evaluation, Violation};
use crate::alert::history::EmailHistory;
use crate::alert::rule::{Condition, ProviderFilter, Rule, SELF_RULE, Severity};
use crate::alert::source::Source;

impl Monitor {
    /// Returns the rule about what the monitor cannot see or tell.
    pub(super) fn own_rule(&self) -> Rule {
        const REPEAT: i64 = 24 * 3600;
        Rule {
            name: SELF_RULE.to_owned(),
            severity: Severity::Critical,
            condition: Condition::ProviderDown { providers: ProviderFilter::default() },
            hold_duration: 0,
            repeat_interval: Some(REPEAT),
            overlap: None,
        }
    }

    /// Finds sources that cannot be read, rules that are not evaluated and receivers that do not
    /// accept notifications, for a while or until someone acts.
    pub(super) fn blind_spots(&self, now: i64) -> Evaluation {
        let is_long = |since: i64| now.saturating_sub(since) >= self.rules.blind_after;
        let mut violations = Vec::new();
        for (source, outage) in &self.state.outages {
            if outage.permanent || is_long(outage.since) {
                let rules = self.rules.rules.iter();
                let affected = rules.filter(|rule| Source::of(&rule.condition).contains(source));
                let affected: Vec<_> = affected.map(|rule| rule.name.as_str()).collect();
                violations.push(Violation {
                    subject: format!("source {}", source.label()),
                    summary: format!(
                        "{source}: {}; not evaluated: {}",
                        outage.problem,
                        affected.join(", ")
                    ),
                });
            }
        }
        for rule in &self.rules.rules {
            let explained = Source::of(&rule.condition)
                .iter()
                .any(|source| self.state.outages.contains_key(source));
            let since = self.state.unevaluated.get(&rule.name);
            if !explained && since.is_some_and(|since| is_long(*since)) {
                let reason = match self.state.history.as_ref().and_then(EmailHistory::gap) {
                    Some(_) => "the log is still being read",
                    None => "its data is not current",
                };
                violations.push(Violation {
                    subject: format!("rule {}", rule.name),
                    summary: format!("the rule `{}` is not evaluated: {reason}", rule.name),
                });
            }
        }
        for receiver in &self.rules.receivers {
            let oldest = self.state.outbox.waiting_for(&receiver.name).next();
            if oldest.is_some_and(|oldest| is_long(oldest.at)) {
                violations.push(Violation {
                    subject: format!("receiver {}", receiver.name),
                    summary: format!(
                        "notifications to the receiver `{}` are not delivered",
                        receiver.name
                    ),
                });
            }
        }
        if self.unsaved_since.is_some_and(is_long) {
            violations.push(Violation {
                subject: "state file".to_owned(),
                summary: "the state file cannot be saved: a restart would repeat notifications"
                    .to_owned(),
            });
        }
        violations.into()
    }
}
