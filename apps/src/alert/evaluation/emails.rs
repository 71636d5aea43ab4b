//! Conditions on the emails that were sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sendmux_client::management::types::MetricsPoint;

use super::{Evaluation, Violation, percent};
use crate::alert::history::{EmailCounts, EmailHistory};
use crate::alert::rule::{ProviderFilter, Threshold};
use crate::text::sanitize;

/// The log, which is complete for what a condition looks back on.
pub(super) struct Log<'a> {
    pub(super) history: &'a EmailHistory,
    pub(super) now: i64,
}

impl Log<'_> {
    /// Counts the emails of a window, by sending account or with an empty id for all.
    pub(super) fn since(
        &self,
        window: i64,
        providers: &ProviderFilter,
        per_account: bool,
    ) -> BTreeMap<String, EmailCounts> {
        match per_account {
            true => self.history.count_each(self.now - window, i64::MAX, providers),
            false => [(String::new(), self.total(window, providers))].into(),
        }
    }

    /// Counts the emails of a window.
    pub(super) fn total(&self, window: i64, providers: &ProviderFilter) -> EmailCounts {
        self.history.count(self.now - window, i64::MAX, providers)
    }

    /// Counts the emails of some time before a window.
    pub(super) fn before(
        &self,
        window: i64,
        baseline: i64,
        providers: &ProviderFilter,
    ) -> EmailCounts {
        let end = self.now - window;
        self.history.count(end - baseline, end, providers)
    }
}

/// Compares failure rates with limits.
pub(super) fn failure_rate(
    counts: &BTreeMap<String, EmailCounts>,
    window: i64,
    above: &Threshold,
    minimum: u64,
) -> Evaluation {
    let violation = |(subject, counts): (&String, &EmailCounts)| {
        let limit = above.of(subject);
        let holds = counts.completed() > 0 && counts.failure_rate() > limit;
        let of_account = match subject.as_str() {
            "" => String::new(),
            id => format!(" of {}", sanitize(id, 80)),
        };
        (holds && counts.completed() >= minimum).then(|| Violation {
            subject: subject.clone(),
            summary: format!(
                "{} of {} emails{of_account} failed in {} ({}, limit {})",
                counts.failed,
                counts.completed(),
                duration(window),
                percent(counts.failure_rate()),
                percent(limit),
            ),
        })
    };
    counts.iter().filter_map(violation).collect::<Vec<_>>().into()
}

/// Returns the subjects, of those whose alerts are firing, that have not sent what shows that their
/// failure rate is below the limit.
pub(super) fn undecided<'a>(
    counts: &BTreeMap<String, EmailCounts>,
    above: &Threshold,
    firing: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let undecided = firing.filter(|subject| {
        let counts = counts.get(*subject).copied().unwrap_or_default();
        counts.completed() == 0 || counts.failure_rate() > above.of(subject)
    });
    undecided.map(str::to_owned).collect()
}

/// Compares the failure rate with that of the time before.
pub(super) fn surge(
    counts: EmailCounts,
    before: EmailCounts,
    window: i64,
    factor: f64,
    minimum: u64,
) -> Evaluation {
    let holds = counts.failed > 0 && counts.failure_rate() > factor * before.failure_rate();
    let summary = format!(
        "{} of {} emails bounced in {} ({}, baseline {})",
        counts.failed,
        counts.completed(),
        duration(window),
        percent(counts.failure_rate()),
        percent(before.failure_rate()),
    );
    let evaluation = Evaluation::of_account(counts.failed >= minimum && holds, summary);
    evaluation.undecided_if(holds || counts.completed() == 0)
}

/// Compares the failure rate of the last hours, by the metrics of the API, with a limit.
pub(super) fn hourly_failure_rate(
    points: &[MetricsPoint],
    window: i64,
    above: f64,
    minimum: u64,
    now: i64,
) -> Evaluation {
    let counts = hourly(points, now - window);
    let holds = counts.completed() > 0 && counts.failure_rate() > above;
    let summary = format!(
        "{} of {} emails failed in {} by the metrics ({}, limit {})",
        counts.failed,
        counts.completed(),
        duration(window),
        percent(counts.failure_rate()),
        percent(above),
    );
    let evaluation = Evaluation::of_account(holds && counts.completed() >= minimum, summary);
    evaluation.undecided_if(holds || counts.completed() == 0)
}

pub(super) fn no_mail(counts: EmailCounts, window: i64) -> Evaluation {
    Evaluation::of_account(counts.total() == 0, format!("no email in {}", duration(window)))
}

/// Sums the hours that end after a time, so that an unfinished hour does not shorten the window.
fn hourly(points: &[MetricsPoint], from: i64) -> EmailCounts {
    const HOUR: i64 = 3600;
    let recent = points.iter().filter(|point| point.timestamp.unix_seconds() + HOUR > from);
    let count = |value: i64| u64::try_from(value).unwrap_or_default();
    let counts = |point: &MetricsPoint| EmailCounts {
        pending: count(point.pending),
        sent: count(point.sent),
        failed: count(point.failed).saturating_add(count(point.rejected)),
    };
    recent.map(counts).sum()
}

fn duration(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Inputs, evaluate};
    use super::*;
    use crate::alert::rule::Condition;

    const NOW: i64 = 1_779_354_720;
    const HOUR: i64 = 3600;

    /// Creates a history from ages in seconds and numbers of sent and failed emails.
    fn history(mail: &[(i64, u32, u32)]) -> EmailHistory {
        let mut history = EmailHistory::new(NOW, 48 * HOUR);
        for (age, sent, failed) in mail {
            let at = sendmux_client::Timestamp::from_unix_seconds(NOW - age).unwrap();
            for n in 0..sent + failed {
                let status = if n < *sent { "sent" } else { "rejected" };
                let log = json!({
                    "id": format!("{age}/{n}"), "status": status, "attempts": 1, "created_at": at,
                });
                history.add(&serde_json::from_value(log).unwrap(), NOW);
            }
        }
        history
    }

    fn evaluation(condition: &Condition, mail: &[(i64, u32, u32)], firing: &[&str]) -> Evaluation {
        let history = history(mail);
        let inputs = Inputs { history: Some(&history), ..Inputs::default() };
        evaluate(condition, &inputs, firing, NOW).unwrap()
    }

    fn fires(condition: &Condition, mail: &[(i64, u32, u32)]) -> bool {
        !evaluation(condition, mail, &[]).violations.is_empty()
    }

    #[test]
    fn a_failure_rate_needs_a_minimum_of_emails() {
        let condition = Condition::FailureRate {
            window: HOUR,
            above: 0.1.into(),
            minimum: 20,
            providers: ProviderFilter::default(),
            per_account: false,
        };
        assert!(fires(&condition, &[(600, 17, 3)]));
        assert!(!fires(&condition, &[(600, 18, 2)]), "exactly the limit");
        assert!(!fires(&condition, &[(600, 0, 1)]), "too few");
        assert!(!fires(&condition, &[(2 * HOUR, 0, 50), (600, 20, 0)]), "before the window");
        assert!(!fires(&condition, &[]));
    }

    #[test]
    fn silence_does_not_resolve_a_failure_rate() {
        let condition = Condition::FailureRate {
            window: HOUR,
            above: 0.1.into(),
            minimum: 20,
            providers: ProviderFilter::default(),
            per_account: false,
        };
        let undecided =
            |mail: &[(i64, u32, u32)]| !evaluation(&condition, mail, &[""]).undecided.is_empty();
        assert!(undecided(&[(2 * HOUR, 0, 50)]), "no email since");
        assert!(undecided(&[(600, 1, 1)]), "the few emails fail, too");
        assert!(!undecided(&[(600, 5, 0)]), "email flows again");
        assert!(evaluation(&condition, &[], &[]).undecided.is_empty(), "nothing fires");
    }

    #[test]
    fn a_bounce_surge_is_relative_to_the_baseline() {
        let condition = Condition::BounceSurge {
            window: HOUR,
            baseline: 24 * HOUR,
            factor: 3.0,
            minimum: 10,
            providers: ProviderFilter::default(),
        };
        assert!(fires(&condition, &[(5 * HOUR, 95, 5), (600, 80, 20)]));
        assert!(!fires(&condition, &[(5 * HOUR, 90, 10), (600, 80, 20)]), "twice the baseline");
        assert!(
            !fires(&condition, &[(5 * HOUR, 95, 5), (600, 1900, 100)]),
            "more email, same share"
        );
        assert!(!fires(&condition, &[(5 * HOUR, 100, 0), (600, 0, 9)]), "too few");
        assert!(fires(&condition, &[(600, 0, 10)]), "nothing to compare with");
    }

    #[test]
    fn no_mail_fires_without_email_in_the_window() {
        let condition = Condition::NoMail { window: HOUR, providers: ProviderFilter::default() };
        assert!(fires(&condition, &[(2 * HOUR, 5, 0)]));
        assert!(!fires(&condition, &[(600, 0, 1)]));
    }

    #[test]
    fn an_account_can_have_its_own_threshold() {
        let mut history = EmailHistory::new(NOW, 2 * HOUR);
        for n in 0..60 {
            let log = json!({
                "id": n.to_string(), "status": if n % 3 == 0 { "failed" } else { "sent" },
                "attempts": 1, "provider_id": if n % 2 == 0 { "a" } else { "b" },
                "created_at": sendmux_client::Timestamp::from_unix_seconds(NOW - 600).unwrap(),
            });
            history.add(&serde_json::from_value(log).unwrap(), NOW);
        }
        let by_account = BTreeMap::from([("b".to_owned(), 0.5)]);
        let condition = Condition::FailureRate {
            window: HOUR,
            above: Threshold { default: 0.1, by_account },
            minimum: 20,
            providers: ProviderFilter::default(),
            per_account: true,
        };
        let inputs = Inputs { history: Some(&history), ..Inputs::default() };
        let evaluation = evaluate(&condition, &inputs, &["b", "c"], NOW).unwrap();
        let subjects: Vec<_> = evaluation.violations.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!(subjects, ["a"]);
        assert_eq!(evaluation.undecided, ["c".to_owned()].into(), "c has sent nothing since");
    }

    #[test]
    fn an_hour_of_failures_shows_in_the_hourly_metrics() {
        let point = |hours: i64, sent: i64, failed: i64| {
            let at = sendmux_client::Timestamp::from_unix_seconds(NOW - hours * HOUR).unwrap();
            let point = json!({
                "timestamp": at, "sent": sent, "failed": failed, "rejected": 0, "pending": 0,
                "total": sent + failed,
            });
            serde_json::from_value::<MetricsPoint>(point).unwrap()
        };
        let mut points: Vec<_> = (2..24).map(|hours| point(hours, 100, 0)).collect();
        points.extend([point(1, 0, 100), point(0, 0, 20)]);
        let condition = Condition::HourlyFailureRate { window: HOUR, above: 0.4, minimum: 20 };
        let inputs = Inputs { metrics: Some(&points), ..Inputs::default() };
        let evaluation = evaluate(&condition, &inputs, &[], NOW).unwrap();
        assert!(evaluation.violations[0].summary.starts_with("120 of 120 emails failed in 1h"));
    }
}
