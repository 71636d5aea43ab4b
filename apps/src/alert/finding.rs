//! Whether a rule's condition holds.

use super::facts::{Facts, Provider};
use super::ledger::Ledger;
use super::rule::{Choice, Condition};

/// Something that a condition holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// Id of a sending account; empty for the account as a whole.
    pub(super) subject: String,
    pub(super) summary: String,
}

/// What the condition holds for at this moment; `None` if the facts do not tell.
pub(super) fn find(
    condition: &Condition,
    facts: &Facts,
    ledger: Option<&Ledger>,
    now: i64,
) -> Option<Vec<Finding>> {
    let whole = |holds: bool, summary: String| {
        holds.then(|| Finding { subject: String::new(), summary }).into_iter().collect()
    };
    Some(match condition {
        Condition::FailureRate { window, above, minimum, of } => {
            let counts = ledger?.count(now - window, i64::MAX, of);
            whole(
                counts.decided() >= *minimum && counts.loss() > *above,
                format!(
                    "{} of {} e-mails failed in {} ({}, limit {})",
                    counts.lost,
                    counts.decided(),
                    span(*window),
                    percent(counts.loss()),
                    percent(*above),
                ),
            )
        }
        Condition::BounceSurge { window, baseline, factor, minimum, of } => {
            let ledger = ledger?;
            let counts = ledger.count(now - window, i64::MAX, of);
            let usual = ledger.count(now - window - baseline, now - window, of);
            whole(
                counts.lost >= *minimum && counts.loss() > factor * usual.loss(),
                format!(
                    "{} of {} e-mails bounced in {} ({}, usual {})",
                    counts.lost,
                    counts.decided(),
                    span(*window),
                    percent(counts.loss()),
                    percent(usual.loss()),
                ),
            )
        }
        Condition::NoMail { window, of } => {
            let counts = ledger?.count(now - window, i64::MAX, of);
            whole(counts.total() == 0, format!("no e-mail in {}", span(*window)))
        }
        Condition::ProviderDown { of } => {
            chosen(facts.providers.as_ref()?, of).filter_map(down).collect()
        }
        Condition::ProviderQuota { above, of } => {
            let usage = facts.usage.as_ref()?;
            let used = |provider: &Provider| {
                let sent = *usage.sent_today.get(&provider.id)?;
                let shared = usage.shared.iter().filter(|(id, _)| *id == provider.id);
                let quotas = provider.per_day.into_iter().chain(shared.map(|(_, limit)| *limit));
                let quota = quotas.filter(|quota| *quota > 0).min()?;
                let share = sent as f64 / quota as f64;
                (share > *above).then(|| Finding {
                    subject: provider.id.clone(),
                    summary: format!(
                        "{} sent {sent} of the {quota} e-mails it may send today ({}, limit {})",
                        provider.name,
                        percent(share),
                        percent(*above),
                    ),
                })
            };
            chosen(facts.providers.as_ref()?, of).filter_map(used).collect()
        }
        Condition::BalanceBelow { below } => {
            let balance = facts.balance?;
            whole(balance < *below, format!("{balance} USD are left (limit {below})"))
        }
    })
}

fn chosen<'a>(providers: &'a [Provider], of: &Choice) -> impl Iterator<Item = &'a Provider> {
    providers.iter().filter(|provider| of.includes(&provider.id))
}

fn down(provider: &Provider) -> Option<Finding> {
    let state = match (provider.status.as_str(), provider.switched_on) {
        ("active", true) => return None,
        ("active", false) => "switched off",
        ("error", _) => "in error",
        (status, _) => status,
    };
    let reason = provider.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Finding {
        subject: provider.id.clone(),
        summary: format!("{} is {state}{reason}", provider.name),
    })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn span(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests;
