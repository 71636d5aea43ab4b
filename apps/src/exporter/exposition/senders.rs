//! Metrics of sending accounts.

use std::collections::{BTreeMap, BTreeSet};

use sendmux_client::management::types::ProviderUsageItem;

use crate::exporter::provider::{Provider, STATUSES, label};
use crate::exporter::sheet::{Labels, Metric, Sheet};

/// Label of what is added up over the accounts without series of their own.
const OTHER: &str = "other";

const INFO: Metric = Metric::new(
    "provider_info",
    "A sending account with its name and type, to join with; the value is always 1",
);
const STATUS: Metric =
    Metric::new("provider_status", "Whether a sending account is in this state (1) or not (0)");
const SWITCHED_ON: Metric =
    Metric::new("provider_switched_on", "Whether sending through the account is switched on");
const LAST_USED: Metric = Metric::new(
    "provider_last_used_timestamp",
    "When the account last sent mail, in seconds since 1970",
)
.unit("seconds");
const QUOTA: Metric =
    Metric::new("provider_quota", "E-mails that an account may send in a period").unit("emails");
const COUNT: Metric = Metric::new("providers", "Sending accounts in each state");
const OMITTED: Metric =
    Metric::new("providers_omitted", "Sending accounts that have no series of their own");
const TODAY: Metric = Metric::new(
    "provider_sent_today",
    "E-mails that an account sent on the present day, as the API counts days",
)
.unit("emails");
const EMAILS: Metric = Metric::new(
    "provider_emails",
    "E-mails of an account over the time that `window` says, by status",
);

pub(super) fn providers(sheet: &mut Sheet, all: &[Provider], kept: &BTreeSet<String>) {
    let shown = || all.iter().filter(|provider| kept.contains(&provider.id));
    sheet.gauges(
        &INFO,
        shown().map(|provider| {
            let mut labels = of(&provider.id);
            labels.push(("provider_name", provider.name.clone()));
            labels.push(("provider_type", provider.kind.clone()));
            (labels, 1.0)
        }),
    );
    sheet.gauges(
        &STATUS,
        shown().flat_map(|provider| {
            STATUSES.map(|status| {
                let is = provider.status == status;
                (with(of(&provider.id), "status", status), f64::from(u8::from(is)))
            })
        }),
    );
    sheet.gauges(
        &SWITCHED_ON,
        shown().map(|provider| (of(&provider.id), f64::from(u8::from(provider.switched_on)))),
    );
    sheet.gauges(
        &LAST_USED,
        shown().filter_map(|provider| Some((of(&provider.id), provider.last_used? as f64))),
    );
    sheet.gauges(
        &QUOTA,
        shown().flat_map(|provider| {
            let quotas = provider.quotas.iter();
            quotas.map(|(period, most)| (with(of(&provider.id), "period", period), *most as f64))
        }),
    );
    sheet.gauges(
        &COUNT,
        STATUSES.map(|status| {
            let number = all.iter().filter(|provider| provider.status == status).count();
            (with(Labels::new(), "status", status), number as f64)
        }),
    );
    sheet.gauge(&OMITTED, (all.len() - shown().count()) as f64);
}

pub(super) fn usage(sheet: &mut Sheet, usage: &[ProviderUsageItem], kept: &BTreeSet<String>) {
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
    sheet.gauges(&TODAY, today.into_iter().map(|(id, count)| (of(&id), count)));
    sheet.gauges(
        &EMAILS,
        week.into_iter().map(|((id, status), count)| {
            (with(with(of(&id), "window", "7d"), "status", status), count)
        }),
    );
}

fn of(id: &str) -> Labels {
    vec![("provider_id", id.to_owned())]
}

fn with(mut labels: Labels, key: &'static str, value: &str) -> Labels {
    labels.push((key, value.to_owned()));
    labels
}
