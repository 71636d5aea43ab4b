//! Metrics of volumes and failures.

use sendmux_client::management::types::MetricsSummary;

use crate::exporter::sheet::{Metric, Sheet};

const EMAILS: Metric = Metric::new("emails", "E-mails over the time that `window` says, by status");

pub(super) fn counts(sheet: &mut Sheet, counts: &MetricsSummary) {
    let statuses = [
        ("sent", counts.sent),
        ("failed", counts.failed),
        ("rejected", counts.rejected),
        ("pending", counts.pending),
    ];
    sheet.gauges(
        &EMAILS,
        statuses.map(|(status, count)| {
            (vec![("window", "24h".to_owned()), ("status", status.to_owned())], count as f64)
        }),
    );
}
