//! The metrics of the account, by group of values.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::prelude::ToPrimitive;
use sendmux_client::management::types::{
    Balance, MetricsPoint, MetricsSummary, ProviderLimits, ProviderUsageItem, SpendSummary, Team,
};
use sendmux_client::{Decimal, RateLimit};

use super::api::{Domain, Provider, STATUSES, Webhook, label};
use crate::failure_rate::failure_rate;
use crate::families::{Families, Labels, Metric};

const EMAILS: Metric = Metric::new(
    "emails",
    "Emails in the window, by status; 1h is the last complete hour, current_hour the one that has begun",
);

const FAILURE_RATE: Metric = Metric::new(
    "failure_rate",
    "Share of failed and rejected emails among the completed ones in the window",
)
.unit("ratio");

pub(super) fn emails(families: &mut Families, counts: &[EmailsInWindow]) {
    families.gauges(
        &EMAILS,
        counts.iter().flat_map(|counts| {
            counts.statuses.map(|(status, count)| {
                let labels =
                    vec![("window", counts.window.to_owned()), ("status", status.to_owned())];
                (labels, count as f64)
            })
        }),
    );
    families.gauges(
        &FAILURE_RATE,
        counts.iter().filter_map(|counts| {
            let [(_, sent), (_, failed), (_, rejected), _] = counts.statuses;
            let count = |value: i64| u64::try_from(value).unwrap_or_default();
            let rate = failure_rate(count(sent), count(failed).saturating_add(count(rejected)))?;
            Some((vec![("window", counts.window.to_owned())], rate))
        }),
    );
}

/// Numbers of emails by status.
pub(super) struct EmailsInWindow {
    window: &'static str,
    statuses: [(&'static str, i64); 4],
}

impl EmailsInWindow {
    pub(super) fn summary(window: &'static str, counts: &MetricsSummary) -> Self {
        Self::new(window, [counts.sent, counts.failed, counts.rejected, counts.pending])
    }

    pub(super) fn point(window: &'static str, counts: &MetricsPoint) -> Self {
        Self::new(window, [counts.sent, counts.failed, counts.rejected, counts.pending])
    }

    fn new(window: &'static str, [sent, failed, rejected, pending]: [i64; 4]) -> Self {
        let statuses =
            [("sent", sent), ("failed", failed), ("rejected", rejected), ("pending", pending)];
        Self { window, statuses }
    }
}

const ACCOUNT: Metric = Metric::new("account_info", "The account that is exported; always 1");

pub(super) fn account(families: &mut Families, team: &Team) {
    let labels = vec![("team_id", label(&team.id)), ("team_name", label(&team.name))];
    families.gauges(&ACCOUNT, [(labels, 1.0)]);
}

const DOMAIN_VERIFIED: Metric =
    Metric::new("domain_verified", "Whether the domain is verified (1) or not (0)");

pub(super) fn domains(families: &mut Families, domains: &[Domain]) {
    families.gauges(
        &DOMAIN_VERIFIED,
        domains.iter().map(|domain| {
            let labels = vec![("domain_id", domain.id.clone()), ("domain", domain.name.clone())];
            (labels, f64::from(u8::from(domain.verified)))
        }),
    );
}

const WEBHOOK_ENABLED: Metric =
    Metric::new("webhook_enabled", "Whether the webhook is enabled (1) or not (0)");
const WEBHOOK_FAILING: Metric = Metric::new(
    "webhook_failing",
    "Whether deliveries to the webhook have failed for 24 hours (1) or not (0)",
);
const DELIVERIES: Metric = Metric::new(
    "webhook_recent_deliveries",
    "Numbers among the newest 100 deliveries to the webhook, by result",
);

pub(super) fn webhooks(families: &mut Families, webhooks: &[Webhook]) {
    let id = |webhook: &Webhook| vec![("webhook_id", webhook.id.clone())];
    let flag = |value: bool| f64::from(u8::from(value));
    families.gauges(&WEBHOOK_ENABLED, webhooks.iter().map(|it| (id(it), flag(it.enabled))));
    families.gauges(&WEBHOOK_FAILING, webhooks.iter().map(|it| (id(it), flag(it.failing))));
    families.gauges(
        &DELIVERIES,
        webhooks.iter().flat_map(|webhook| {
            webhook
                .deliveries
                .iter()
                .map(move |(result, count)| (with(id(webhook), "result", result), *count as f64))
        }),
    );
}

const BALANCE: Metric = Metric::new("balance", "Available credit").unit("dollars");
const CONSUMED: Metric =
    Metric::new("balance_consumed", "Credit consumed in total").unit("dollars");
const PURCHASED: Metric =
    Metric::new("balance_purchased", "Credit purchased in total").unit("dollars");
const TOPUP: Metric =
    Metric::new("auto_topup_enabled", "Whether automatic top-up is enabled (1) or not (0)");
const TOPUP_THRESHOLD: Metric =
    Metric::new("auto_topup_threshold", "Balance below which automatic top-up purchases credit")
        .unit("dollars");
const TOPUP_LIMIT: Metric =
    Metric::new("auto_topup_monthly_limit", "Maximum amount of automatic top-ups per month")
        .unit("dollars");
const TOPUP_USED: Metric =
    Metric::new("auto_topup_monthly_used", "Amount of automatic top-ups this month")
        .unit("dollars");
const SPENT: Metric = Metric::new("spend", "Credit consumed in the window").unit("dollars");
const ACCOUNTS: Metric = Metric::new("sending_accounts", "Sending accounts in use");
const ACCOUNTS_LIMIT: Metric =
    Metric::new("sending_accounts_limit", "Maximum number of sending accounts");
const SHARED_TODAY: Metric =
    Metric::new("shared_ses_sent_today", "Emails sent today through shared Amazon SES")
        .unit("emails");
const SHARED_LIMIT: Metric = Metric::new(
    "shared_ses_daily_limit",
    "Maximum number of emails per day through shared Amazon SES",
)
.unit("emails");
const RATE_LIMIT: Metric =
    Metric::new("rate_limit", "Maximum number of API requests per rate limit window")
        .unit("requests");
const RATE_LIMIT_REMAINING: Metric = Metric::new(
    "rate_limit_remaining",
    "API requests left in the rate limit window, as of the last response",
)
.unit("requests");
const RATE_LIMIT_RESET: Metric =
    Metric::new("rate_limit_reset_timestamp", "Unix time at which the rate limit window ends")
        .unit("seconds");

pub(super) fn balance(families: &mut Families, balance: &Balance) {
    families.gauge(&BALANCE, dollars(balance.balance));
    families.gauge(&CONSUMED, dollars(balance.balance_consumed));
    families.gauge(&PURCHASED, dollars(balance.balance_purchased));
    let topup = &balance.auto_topup;
    families.gauge(&TOPUP, f64::from(u8::from(topup.enabled)));
    families.gauge(&TOPUP_THRESHOLD, topup.threshold.and_then(dollars));
    families.gauge(&TOPUP_LIMIT, topup.monthly_limit.and_then(dollars));
    families.gauge(&TOPUP_USED, dollars(topup.monthly_used));
}

pub(super) fn spend(families: &mut Families, spend: &SpendSummary) {
    let spent = dollars(spend.total_consumed);
    families.gauges(&SPENT, spent.map(|spent| (vec![("window", "30d".to_owned())], spent)));
}

pub(super) fn limits(families: &mut Families, limits: &ProviderLimits) {
    families.gauge(&ACCOUNTS, limits.sending_accounts.usage as f64);
    families.gauge(&ACCOUNTS_LIMIT, limits.sending_accounts.max_allowed as f64);
    let shared = &limits.shared_amazon_ses;
    families.gauge(&SHARED_TODAY, shared.sent_today as f64);
    families.gauge(&SHARED_LIMIT, shared.daily_limit.map(|limit| limit as f64));
}

pub(super) fn rate_limit(families: &mut Families, rate_limit: &RateLimit) {
    families.gauge(&RATE_LIMIT, rate_limit.limit.map(|limit| limit as f64));
    families.gauge(&RATE_LIMIT_REMAINING, rate_limit.remaining.map(|remaining| remaining as f64));
    families.gauge(&RATE_LIMIT_RESET, rate_limit.reset.map(|reset| reset.unix_seconds() as f64));
}

fn dollars(amount: Decimal) -> Option<f64> {
    amount.to_f64()
}

/// The id under which sending accounts without their own series are summed.
const OTHER: &str = "other";

const INFO: Metric =
    Metric::new("provider_info", "Name and type of a sending account, to join with; always 1");
const STATUS: Metric =
    Metric::new("provider_status", "Whether the sending account has this status (1) or not (0)");
const ACTIVE: Metric = Metric::new(
    "provider_switched_on",
    "Whether sending through the sending account is switched on (1) or not (0)",
);
const LAST_USED: Metric = Metric::new(
    "provider_last_used_timestamp",
    "Unix time at which the sending account was last used",
)
.unit("seconds");
const QUOTA: Metric = Metric::new(
    "provider_quota",
    "Maximum number of emails that the sending account may send per period",
)
.unit("emails");
const COUNT: Metric = Metric::new("providers", "Sending accounts, by status");
const OMITTED: Metric =
    Metric::new("providers_omitted", "Sending accounts without their own series");
const TODAY: Metric = Metric::new(
    "provider_sent_today",
    "Emails that the sending account has sent today, in the days of the API",
)
.unit("emails");
const PROVIDER_EMAILS: Metric =
    Metric::new("provider_emails", "Emails of the sending account in the window, by status");

pub(super) fn providers(families: &mut Families, all: &[Provider], kept: &BTreeSet<String>) {
    let shown = || all.iter().filter(|provider| kept.contains(&provider.id));
    families.gauges(
        &INFO,
        shown().map(|provider| {
            let mut labels = provider_id(&provider.id);
            labels.push(("provider_name", provider.name.clone()));
            labels.push(("provider_type", provider.provider_type.clone()));
            (labels, 1.0)
        }),
    );
    families.gauges(
        &STATUS,
        shown().flat_map(|provider| {
            STATUSES.map(|status| {
                let matches = provider.status == status;
                (with(provider_id(&provider.id), "status", status), f64::from(u8::from(matches)))
            })
        }),
    );
    families.gauges(
        &ACTIVE,
        shown()
            .map(|provider| (provider_id(&provider.id), f64::from(u8::from(provider.is_active)))),
    );
    families.gauges(
        &LAST_USED,
        shown()
            .filter_map(|provider| Some((provider_id(&provider.id), provider.last_used? as f64))),
    );
    families.gauges(
        &QUOTA,
        shown().flat_map(|provider| {
            let quotas = provider.quotas.iter();
            quotas.map(|(period, most)| {
                (with(provider_id(&provider.id), "period", period), *most as f64)
            })
        }),
    );
    families.gauges(
        &COUNT,
        STATUSES.map(|status| {
            let number = all.iter().filter(|provider| provider.status == status).count();
            (with(Labels::new(), "status", status), number as f64)
        }),
    );
    families.gauge(&OMITTED, (all.len() - shown().count()) as f64);
}

pub(super) fn usage(families: &mut Families, usage: &[ProviderUsageItem], kept: &BTreeSet<String>) {
    let (mut today, mut week) = (BTreeMap::new(), BTreeMap::new());
    for item in usage {
        let id = label(&item.provider_id);
        let id = if kept.contains(&id) { id } else { OTHER.to_owned() };
        *today.entry(id.clone()).or_insert(0.0) += item.sent_today as f64;
        let statuses = [
            ("sent", item.sent_7d),
            ("failed", item.failed_7d),
            ("rejected", item.rejected_7d),
            ("pending", item.pending_7d),
        ];
        for (status, count) in statuses {
            *week.entry((id.clone(), status)).or_insert(0.0) += count as f64;
        }
    }
    families.gauges(&TODAY, today.into_iter().map(|(id, count)| (provider_id(&id), count)));
    families.gauges(
        &PROVIDER_EMAILS,
        week.into_iter().map(|((id, status), count)| {
            (with(with(provider_id(&id), "window", "7d"), "status", status), count)
        }),
    );
}

fn provider_id(id: &str) -> Labels {
    vec![("provider_id", id.to_owned())]
}

fn with(mut labels: Labels, key: &'static str, value: &str) -> Labels {
    labels.push((key, value.to_owned()));
    labels
}
