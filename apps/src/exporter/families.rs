//! Metric families, encoded as OpenMetrics text.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

pub(super) type Labels = Vec<(&'static str, String)>;

/// The name, unit and help of a metric.
pub(super) struct Metric {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
}

impl Metric {
    pub(super) const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, unit: None, help }
    }

    /// Sets the unit, which becomes the suffix of the name.
    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
}

/// The metric families of one scrape.
///
/// They are built anew for each scrape, so that a value that is gone leaves no stale series.
pub(super) struct Families(Registry);

impl Families {
    pub(super) fn new() -> Self {
        Self(Registry::with_prefix("sendmux"))
    }

    /// Adds a gauge with one series for each sample; none if there are no samples.
    pub(super) fn gauges(
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
    pub(super) fn gauge(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            self.register(metric, gauge);
        }
    }

    /// Adds a counter. The suffix `_total` is added to its name.
    pub(super) fn counters(
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

    fn register(&mut self, metric: &Metric, family: impl prometheus_client::registry::Metric) {
        match metric.unit {
            Some(unit) => {
                let unit = Unit::Other(unit.to_owned());
                self.0.register_with_unit(metric.name, metric.help, unit, family);
            }
            None => self.0.register(metric.name, metric.help, family),
        }
    }

    pub(super) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &self.0);
        text
    }
}
