//! Conditions on sending accounts, domains and webhooks.

use super::{Evaluation, Violation, percent};
use crate::alert::rule::{ProviderFilter, Threshold};
use crate::alert::source::{Domain, Provider, Usage, Webhook};
use crate::text::sanitize;

/// Finds sending accounts that are not active. The one that a rule is about is down if it does not
/// exist.
pub(super) fn down(providers: &[Provider], filter: &ProviderFilter) -> Evaluation {
    let missing = filter.only.iter().filter(|id| providers.iter().all(|it| it.id != **id));
    let missing = missing.map(|id| Violation {
        subject: id.clone(),
        summary: format!("there is no sending account {}", sanitize(id, 80)),
    });
    let down = matching(providers, filter).filter_map(not_active);
    down.chain(missing).collect::<Vec<_>>().into()
}

/// Compares the share of the daily quota that is used with a limit.
pub(super) fn quota(
    providers: &[Provider],
    usage: &Usage,
    above: &Threshold,
    filter: &ProviderFilter,
) -> Evaluation {
    let used = |provider: &Provider| {
        let sent = *usage.sent_today.get(&provider.id)?;
        let shared = usage.shared.iter().filter(|(id, _)| *id == provider.id);
        let quotas = provider.daily_quota.into_iter().chain(shared.map(|(_, limit)| *limit));
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
    matching(providers, filter).filter_map(used).collect::<Vec<_>>().into()
}

/// Finds domains that are not verified, except those with certain ids or names.
pub(super) fn unverified(domains: &[Domain], except: &[String]) -> Evaluation {
    let unverified = domains.iter().filter(|domain| {
        !domain.verified && !except.contains(&domain.id) && !except.contains(&domain.name)
    });
    let violation = |domain: &Domain| Violation {
        subject: domain.id.clone(),
        summary: format!("the domain {} is {}", domain.name, domain.status),
    };
    unverified.map(violation).collect::<Vec<_>>().into()
}

/// Finds webhooks that are disabled or whose deliveries fail.
pub(super) fn failing(webhooks: &[Webhook], except: &[String]) -> Evaluation {
    let failing = webhooks
        .iter()
        .filter(|webhook| (webhook.failing || !webhook.enabled) && !except.contains(&webhook.id));
    let violation = |webhook: &Webhook| {
        let state = match webhook.failing {
            true => "failing: its deliveries are not retried",
            false => "disabled",
        };
        let summary = format!("the webhook {} is {state}", webhook.name);
        Violation { subject: webhook.id.clone(), summary }
    };
    failing.map(violation).collect::<Vec<_>>().into()
}

fn matching<'a>(
    providers: &'a [Provider],
    filter: &ProviderFilter,
) -> impl Iterator<Item = &'a Provider> {
    providers.iter().filter(|provider| filter.matches(&provider.id))
}

fn not_active(provider: &Provider) -> Option<Violation> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Inputs, evaluate};
    use super::*;
    use crate::alert::rule::Condition;

    const NOW: i64 = 1_779_354_720;

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
    fn a_sending_account_that_does_not_exist_is_down() {
        let providers = vec![provider("a", "active", true, None)];
        let inputs = Inputs { providers: Some(&providers), ..Inputs::default() };
        for (id, missing) in [("a", false), ("deleted", true)] {
            let providers = ProviderFilter { only: Some(id.to_owned()), except: Vec::new() };
            let down = evaluate(&Condition::ProviderDown { providers }, &inputs, &[], NOW);
            assert_eq!(!down.unwrap().violations.is_empty(), missing, "{id}");
        }
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
}
