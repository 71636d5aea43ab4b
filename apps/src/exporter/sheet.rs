//! Metric families under one prefix, drawn as text.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

pub(super) type Labels = Vec<(&'static str, String)>;

/// What a metric is called, measured in and for.
pub(super) struct Metric {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
}

impl Metric {
    pub(super) const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, unit: None, help }
    }

    /// The unit becomes the end of the name.
    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
}

/// Built anew for each scrape, so that what is no longer known leaves no series behind.
pub(super) struct Sheet(Registry);

impl Sheet {
    pub(super) fn new() -> Self {
        Self(Registry::with_prefix("sendmux"))
    }

    /// A gauge with a series for each sample. Without samples it does not appear.
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

    /// A gauge with one series, if there is a value.
    pub(super) fn gauge(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            self.register(metric, gauge);
        }
    }

    /// A counter; `_total` is added to the name.
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

    pub(super) fn draw(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.0);
        text
    }
}
