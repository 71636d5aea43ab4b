//! The evaluation of conditions: on emails (`emails`) and on what the account has (`resources`).

mod emails;
mod resources;

use std::collections::BTreeSet;

use sendmux_client::Decimal;
use sendmux_client::management::types::MetricsPoint;

use super::history::EmailHistory;
use super::rule::Condition;
use super::source::{Domain, Provider, Reading, Usage, Webhook};
use emails::Log;

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

impl Evaluation {
    /// Returns the evaluation of a condition on the account as a whole.
    fn of_account(holds: bool, summary: String) -> Self {
        let violation = holds.then(|| Violation { subject: String::new(), summary });
        violation.into_iter().collect::<Vec<_>>().into()
    }

    /// Leaves an alert as it is unless the condition is known not to hold.
    fn undecided_if(mut self, undecided: bool) -> Self {
        self.undecided.extend(undecided.then(String::new));
        self
    }
}

/// Evaluates a condition, given the subjects whose alerts are firing. Returns `None` if an input is
/// missing.
pub(super) fn evaluate(
    condition: &Condition,
    inputs: &Inputs<'_>,
    firing: &[&str],
    now: i64,
) -> Option<Evaluation> {
    let log = || {
        let lookback = condition.lookback().unwrap_or_default();
        let complete = inputs.history.filter(|history| history.is_complete(now, lookback));
        complete.map(|history| Log { history, now })
    };
    Some(match condition {
        Condition::FailureRate { window, above, minimum, providers, per_account } => {
            let counts = log()?.since(*window, providers, *per_account);
            let mut evaluation = emails::failure_rate(&counts, *window, above, *minimum);
            let applies = |subject: &str| match per_account {
                true => !subject.is_empty() && providers.matches(subject),
                false => subject.is_empty(),
            };
            let firing = firing.iter().copied().filter(|subject| applies(subject));
            evaluation.undecided = emails::undecided(&counts, above, firing);
            evaluation
        }
        Condition::BounceSurge { window, baseline, factor, minimum, providers } => {
            let log = log()?;
            let before = log.before(*window, *baseline, providers);
            emails::surge(log.total(*window, providers), before, *window, *factor, *minimum)
        }
        Condition::HourlyFailureRate { window, above, minimum } => {
            emails::hourly_failure_rate(inputs.metrics?, *window, *above, *minimum, now)
        }
        Condition::NoMail { window, providers } => {
            emails::no_mail(log()?.total(*window, providers), *window)
        }
        Condition::ProviderDown { providers } => resources::down(inputs.providers?, providers),
        Condition::ProviderQuota { above, providers } => {
            resources::quota(inputs.providers?, inputs.usage?, above, providers)
        }
        Condition::BalanceBelow { below } => {
            let balance = inputs.balance?;
            let summary = format!("the balance is {balance} USD (limit {below})");
            Evaluation::of_account(balance < *below, summary)
        }
        Condition::DomainUnverified { except } => resources::unverified(inputs.domains?, except),
        Condition::WebhookFailing { except } => resources::failing(inputs.webhooks?, except),
    })
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::rule::ProviderFilter;

    const NOW: i64 = 1_779_354_720;

    #[test]
    fn a_condition_without_its_input_is_not_evaluated() {
        let all = ProviderFilter::default();
        for condition in [
            Condition::NoMail { window: 3600, providers: all.clone() },
            Condition::ProviderDown { providers: all.clone() },
            Condition::ProviderQuota { above: 0.8.into(), providers: all },
            Condition::BalanceBelow { below: 5.into() },
        ] {
            assert_eq!(evaluate(&condition, &Inputs::default(), &[], NOW), None, "{condition:?}");
        }
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
