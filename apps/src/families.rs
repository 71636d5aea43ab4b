//! Metric families, encoded as OpenMetrics text or in the Prometheus text format.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

pub(crate) type Labels = Vec<(&'static str, String)>;

/// The name, unit and help of a metric.
pub(crate) struct Metric {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
}

impl Metric {
    pub(crate) const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, unit: None, help }
    }

    /// Sets the unit, which becomes the suffix of the name.
    pub(crate) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
}

/// The metric families of one scrape.
///
/// They are built anew for each scrape, so that a value that is gone leaves no stale series.
pub(crate) struct Families(Registry);

impl Families {
    /// Creates an empty set whose names begin with `prefix` and an underscore.
    pub(crate) fn new(prefix: &str) -> Self {
        Self(Registry::with_prefix(prefix))
    }

    /// Adds a gauge with one series for each sample; none if there are no samples.
    pub(crate) fn gauges(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in samples {
            family.get_or_create(&labels).set(value);
        }
        self.register(metric, family);
    }

    /// Adds a gauge without labels, if there is a value.
    pub(crate) fn gauge(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            self.register(metric, gauge);
        }
    }

    /// Adds a counter. The suffix `_total` is added to its name.
    pub(crate) fn counters(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in samples {
            family.get_or_create(&labels).inc_by(value);
        }
        self.register(metric, family);
    }

    /// Adds a counter without labels. The suffix `_total` is added to its name.
    pub(crate) fn counter(&mut self, metric: &Metric, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.register(metric, counter);
    }

    /// Adds a counter of fractions without labels. The suffix `_total` is added to its name.
    #[cfg(target_os = "linux")]
    pub(crate) fn float_counter(&mut self, metric: &Metric, value: f64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.register(metric, counter);
    }

    fn register(&mut self, metric: &Metric, family: impl prometheus_client::registry::Metric) {
        match metric.unit {
            Some(unit) => {
                let unit = Unit::Other(unit.to_owned());
                self.0.register_with_unit(metric.name, metric.help, unit, family);
            }
            None => self.0.register(metric.name, metric.help, family),
        }
    }

    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &self.0);
        text
    }
}

/// Converts OpenMetrics text to the Prometheus text format 0.0.4, in which the family of a counter
/// has the suffix `_total` and units and the end of the text are not marked.
pub(crate) fn to_prometheus_text(open_metrics: &str) -> String {
    let counters: BTreeSet<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT"), ..) => continue,
            (Some("#"), Some(keyword), Some(name), Some(rest)) if counters.contains(name) => {
                text.push_str(&format!("# {keyword} {name}_total {rest}"));
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_their_suffix_in_the_prometheus_text_format() {
        let mut families = Families::new("sendmux");
        families.counters(
            &Metric::new("refreshes", "Refreshes"),
            [(vec![("group", "a b".to_owned())], 3)],
        );
        families.gauge(&Metric::new("balance", "Credit").unit("dollars"), 1.5);
        assert_eq!(
            to_prometheus_text(&families.encode()),
            "# HELP sendmux_refreshes_total Refreshes.\n# TYPE sendmux_refreshes_total counter\n\
             sendmux_refreshes_total{group=\"a b\"} 3\n# HELP sendmux_balance_dollars Credit.\n\
             # TYPE sendmux_balance_dollars gauge\nsendmux_balance_dollars 1.5\n"
        );
    }
}
