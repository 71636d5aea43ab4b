//! The evaluation of conditions.

use std::collections::BTreeSet;

use sendmux_client::Decimal;
use sendmux_client::management::types::MetricsPoint;

use super::history::{EmailCounts, EmailHistory};
use super::rule::{Condition, ProviderFilter};
use super::source::{Domain, Provider, Reading, Usage, Webhook};
use crate::text::sanitize;

/// Values that conditions are evaluated on. Those that are not known are `None`.
#[derive(Debug, Default)]
pub(super) struct Inputs<'a> {
    /// The counts of the log, if they are current.
    pub(super) history: Option<&'a EmailHistory>,
    pub(super) providers: Option<&'a [Provider]>,
    pub(super) usage: Option<&'a Usage>,
    pub(super) balance: Option<Decimal>,
    pub(super) metrics: Option<&'a [MetricsPoint]>,
    pub(super) domains: Option<&'a [Domain]>,
    pub(super) webhooks: Option<&'a [Webhook]>,
}

impl<'a> Inputs<'a> {
    pub(super) fn set(&mut self, reading: &'a Reading, history: Option<&'a EmailHistory>) {
        match reading {
            Reading::Log => self.history = history,
            Reading::Providers(providers) => self.providers = Some(providers),
            Reading::Usage(usage) => self.usage = Some(usage),
            Reading::Balance(balance) => self.balance = Some(*balance),
            Reading::Metrics(points) => self.metrics = Some(points),
            Reading::Domains(domains) => self.domains = Some(domains),
            Reading::Webhooks(webhooks) => self.webhooks = Some(webhooks),
        }
    }
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Evaluation {
    pub(super) violations: Vec<Violation>,
    /// Subjects of which too little is known to say that the condition no longer holds: an alert
    /// that fires goes on firing, but none starts.
    pub(super) undecided: BTreeSet<String>,
}

impl From<Vec<Violation>> for Evaluation {
    fn from(violations: Vec<Violation>) -> Self {
        Self { violations, undecided: BTreeSet::new() }
    }
}

/// Something for which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// Id of a sending account, for example; empty for the account as a whole.
    pub(super) subject: String,
    pub(super) summary: String,
}

/// Evaluates a condition, given the subjects whose alerts are firing. Returns `None` if an input is
/// missing.
pub(super) fn evaluate(
    condition: &Condition,
    inputs: &Inputs<'_>,
    firing: &[&str],
    now: i64,
) -> Option<Evaluation> {
    let history = || {
        let lookback = condition.lookback().unwrap_or_default();
        inputs.history.filter(|history| history.is_complete(now, lookback))
    };
    let account = |holds: bool, summary: String| -> Evaluation {
        let violation = holds.then(|| Violation { subject: String::new(), summary });
        violation.into_iter().collect::<Vec<_>>().into()
    };
    Some(match condition {
        Condition::FailureRate { window, above, minimum, providers, per_account } => {
            let mut counts = history()?.count_each(now - window, i64::MAX, providers);
            if !per_account {
                counts = [(String::new(), counts.into_values().sum())].into();
            }
            let mut evaluation = Evaluation::default();
            for (subject, counts) in &counts {
                let limit = above.of(subject);
                let holds = counts.completed() > 0 && counts.failure_rate() > limit;
                if holds && counts.completed() >= *minimum {
                    let of_account = match subject.as_str() {
                        "" => String::new(),
                        id => format!(" of {}", sanitize(id, 80)),
                    };
                    let summary = format!(
                        "{} of {} emails{of_account} failed in {} ({}, limit {})",
                        counts.failed,
                        counts.completed(),
                        duration(*window),
                        percent(counts.failure_rate()),
                        percent(limit),
                    );
                    evaluation.violations.push(Violation { subject: subject.clone(), summary });
                }
            }
            let undecided = firing.iter().filter(|subject| {
                let counts = counts.get(**subject).copied().unwrap_or_default();
                let applies = if *per_account { providers.matches(subject) } else { true };
                let same_kind = subject.is_empty() != *per_account;
                let decided = counts.completed() > 0 && counts.failure_rate() <= above.of(subject);
                applies && same_kind && !decided
            });
            evaluation.undecided = undecided.map(|subject| (*subject).to_owned()).collect();
            evaluation
        }
        Condition::BounceSurge { window, baseline, factor, minimum, providers } => {
            let history = history()?;
            let counts = history.count(now - window, i64::MAX, providers);
            let before = history.count(now - window - baseline, now - window, providers);
            let holds = counts.failed > 0 && counts.failure_rate() > factor * before.failure_rate();
            let mut evaluation = account(
                counts.failed >= *minimum && holds,
                format!(
                    "{} of {} emails bounced in {} ({}, baseline {})",
                    counts.failed,
                    counts.completed(),
                    duration(*window),
                    percent(counts.failure_rate()),
                    percent(before.failure_rate()),
                ),
            );
            if holds || counts.completed() == 0 {
                evaluation.undecided.insert(String::new());
            }
            evaluation
        }
        Condition::HourlyFailureRate { window, above, minimum } => {
            let counts = hourly(inputs.metrics?, now - window);
            let holds = counts.completed() > 0 && counts.failure_rate() > *above;
            let mut evaluation = account(
                holds && counts.completed() >= *minimum,
                format!(
                    "{} of {} emails failed in {} by the metrics ({}, limit {})",
                    counts.failed,
                    counts.completed(),
                    duration(*window),
                    percent(counts.failure_rate()),
                    percent(*above),
                ),
            );
            if holds || counts.completed() == 0 {
                evaluation.undecided.insert(String::new());
            }
            evaluation
        }
        Condition::NoMail { window, providers } => {
            let counts = history()?.count(now - window, i64::MAX, providers);
            account(counts.total() == 0, format!("no email in {}", duration(*window)))
        }
        Condition::ProviderDown { providers } => {
            matching(inputs.providers?, providers).filter_map(down).collect::<Vec<_>>().into()
        }
        Condition::ProviderQuota { above, providers } => {
            let usage = inputs.usage?;
            let used = |provider: &Provider| {
                let sent = *usage.sent_today.get(&provider.id)?;
                let shared = usage.shared.iter().filter(|(id, _)| *id == provider.id);
                let quotas =
                    provider.daily_quota.into_iter().chain(shared.map(|(_, limit)| *limit));
                let quota = quotas.filter(|quota| *quota > 0).min()?;
                let (share, limit) = (sent as f64 / quota as f64, above.of(&provider.id));
                (share > limit).then(|| Violation {
                    subject: provider.id.clone(),
                    summary: format!(
                        "{} has sent {sent} of the {quota} emails it may send today ({}, limit {})",
                        provider.name,
                        percent(share),
                        percent(limit),
                    ),
                })
            };
            let providers = matching(inputs.providers?, providers);
            providers.filter_map(used).collect::<Vec<_>>().into()
        }
        Condition::BalanceBelow { below } => {
            let balance = inputs.balance?;
            account(balance < *below, format!("the balance is {balance} USD (limit {below})"))
        }
        Condition::DomainUnverified { except } => {
            let unverified = inputs.domains?.iter().filter(|domain| {
                !domain.verified && !except.contains(&domain.id) && !except.contains(&domain.name)
            });
            let violation = |domain: &Domain| Violation {
                subject: domain.id.clone(),
                summary: format!("the domain {} is {}", domain.name, domain.status),
            };
            unverified.map(violation).collect::<Vec<_>>().into()
        }
        Condition::WebhookFailing { except } => {
            let failing = inputs.webhooks?.iter().filter(|webhook| {
                (webhook.failing || !webhook.enabled) && !except.contains(&webhook.id)
            });
            let violation = |webhook: &Webhook| Violation {
                subject: webhook.id.clone(),
                summary: format!(
                    "the webhook {} is {}",
                    webhook.name,
                    if webhook.failing {
                        "failing: its deliveries are not retried"
                    } else {
                        "disabled"
                    },
                ),
            };
            failing.map(violation).collect::<Vec<_>>().into()
        }
    })
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

fn matching<'a>(
    providers: &'a [Provider],
    filter: &ProviderFilter,
) -> impl Iterator<Item = &'a Provider> {
    providers.iter().filter(|provider| filter.matches(&provider.id))
}

fn down(provider: &Provider) -> Option<Violation> {
    let status = match (provider.status.as_str(), provider.is_active) {
        ("active", true) => return None,
        ("active", false) => "disabled",
        ("error", _) => "in error",
        (status, _) => status,
    };
    let reason =
        provider.status_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Violation {
        subject: provider.id.clone(),
        summary: format!("{} is {status}{reason}", provider.name),
    })
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn duration(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::alert::rule::Threshold;

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
    fn a_condition_without_its_input_is_not_evaluated() {
        let all = ProviderFilter::default();
        for condition in [
            Condition::NoMail { window: HOUR, providers: all.clone() },
            Condition::ProviderDown { providers: all.clone() },
            Condition::ProviderQuota { above: 0.8.into(), providers: all },
            Condition::BalanceBelow { below: 5.into() },
        ] {
            assert_eq!(evaluate(&condition, &Inputs::default(), &[], NOW), None, "{condition:?}");
        }
    }

    fn provider(id: &str, status: &str, is_active: bool, daily_quota: Option<i64>) -> Provider {
        Provider {
            id: id.to_owned(),
            name: format!("Relay {id}"),
            status: status.to_owned(),
            status_reason: (status == "error").then(|| "wrong password".to_owned()),
            is_active,
            daily_quota,
        }
    }

    #[test]
    fn providers_are_down_unless_active() {
        let providers = vec![
            provider("a", "active", true, None),
            provider("b", "error", true, None),
            provider("c", "active", false, None),
            provider("d", "asleep", true, None),
            provider("e", "inactive", false, None),
        ];
        let inputs = Inputs { providers: Some(&providers), ..Inputs::default() };
        let providers = ProviderFilter { only: None, except: vec!["e".to_owned()] };
        let violations =
            evaluate(&Condition::ProviderDown { providers }, &inputs, &[], NOW).unwrap().violations;
        let summaries: Vec<_> =
            violations.iter().map(|violation| violation.summary.as_str()).collect();
        assert_eq!(
            summaries,
            ["Relay b is in error: wrong password", "Relay c is disabled", "Relay d is asleep"]
        );
    }

    #[test]
    fn the_lower_daily_quota_applies() {
        let providers = vec![
            provider("a", "active", true, Some(100)),
            provider("b", "active", true, Some(100)),
            provider("c", "active", true, None),
            provider("d", "active", true, Some(0)),
            provider("e", "active", true, None),
        ];
        let sent = [("a", 80), ("b", 81), ("c", 9999), ("d", 5), ("e", 100)];
        let sent: BTreeMap<_, _> = sent.into_iter().map(|(id, n)| (id.to_owned(), n)).collect();
        let usage = Usage { sent_today: sent, shared: Some(("e".to_owned(), 100)) };
        let inputs =
            Inputs { providers: Some(&providers), usage: Some(&usage), ..Inputs::default() };
        let condition =
            Condition::ProviderQuota { above: 0.8.into(), providers: ProviderFilter::default() };
        let violations = evaluate(&condition, &inputs, &[], NOW).unwrap().violations;
        let ids: Vec<_> = violations.iter().map(|violation| violation.subject.as_str()).collect();
        assert_eq!(ids, ["b", "e"]);
        assert_eq!(
            violations[0].summary,
            "Relay b has sent 81 of the 100 emails it may send today (81.0%, limit 80.0%)"
        );
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

    #[test]
    fn unverified_domains_and_failing_webhooks_are_violations() {
        let domain = |id: &str, verified: bool| Domain {
            id: id.to_owned(),
            name: format!("{id}.example.com"),
            verified,
            status: "pending".to_owned(),
        };
        let domains = [domain("a", true), domain("b", false), domain("c", false)];
        let webhook = |id: &str, enabled: bool, failing: bool| Webhook {
            id: id.to_owned(),
            name: id.to_owned(),
            enabled,
            failing,
        };
        let webhooks = [webhook("v", true, false), webhook("w", true, true)];
        let inputs =
            Inputs { domains: Some(&domains), webhooks: Some(&webhooks), ..Inputs::default() };
        let violations = |condition| evaluate(&condition, &inputs, &[], NOW).unwrap().violations;
        let except = vec!["c.example.com".to_owned()];
        assert_eq!(violations(Condition::DomainUnverified { except })[0].subject, "b");
        let failing = violations(Condition::WebhookFailing { except: Vec::new() });
        assert_eq!((failing.len(), failing[0].subject.as_str()), (1, "w"));
    }

    #[test]
    fn balances_are_compared_exactly() {
        let condition = Condition::BalanceBelow { below: "0.300000".parse().unwrap() };
        for (balance, low) in [("0.299999", true), ("0.3", false), ("-1", true)] {
            let inputs = Inputs { balance: Some(balance.parse().unwrap()), ..Inputs::default() };
            assert_eq!(
                !evaluate(&condition, &inputs, &[], NOW).unwrap().violations.is_empty(),
                low,
                "{balance}"
            );
        }
    }
}
