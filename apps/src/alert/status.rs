//! What the monitor shows about itself: metrics and health.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sendmux_client::Timestamp;

use super::monitor::Monitor;
use super::source::Source;
use crate::families::{Families, Metric};
use crate::server::metrics_response;

const ROUNDS: Metric = Metric::new("rounds", "Rounds of evaluation");
const LAST_ROUND: Metric =
    Metric::new("last_round_timestamp", "Unix time of the last round").unit("seconds");
const LAST_GOOD_ROUND: Metric = Metric::new(
    "last_good_round_timestamp",
    "Unix time of the last round in which every rule was evaluated and nothing was undelivered",
)
.unit("seconds");
const SOURCE_UP: Metric =
    Metric::new("source_up", "Whether the last read of the source succeeded (1) or not (0)");
const SOURCE_AGE: Metric =
    Metric::new("source_age", "Age of what was last read of the source").unit("seconds");
const EVALUATED: Metric =
    Metric::new("rule_evaluated", "Whether the rule was evaluated (1) or not (0)");
const FIRING: Metric = Metric::new("rule_firing", "Firing alerts of the rule");
const WAITING: Metric =
    Metric::new("notifications_waiting", "Notifications that wait for the receiver");
const DELIVERED: Metric = Metric::new("notifications_delivered", "Notifications delivered");
const FAILED: Metric = Metric::new("notifications_failed", "Failed attempts to deliver");
const GIVEN_UP: Metric =
    Metric::new("notifications_given_up", "Notifications that were given up, for any receiver");
const LEFT_PENDING: Metric =
    Metric::new("log_left_pending", "Emails that were pending when they left the overlap");
const LATE_FAILURES: Metric = Metric::new(
    "log_late_failures",
    "Emails that failed or were rejected after they left the overlap",
);

/// The status as of the last round, shared with the HTTP server.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedStatus(Arc<Mutex<Status>>);

#[derive(Debug, Default)]
struct Status {
    open_metrics: String,
    /// Unix time until which the process counts as healthy.
    healthy_until: i64,
}

impl SharedStatus {
    /// Takes over the status of the monitor, which is healthy if the next round ends in time.
    pub(super) fn update(&self, monitor: &Monitor, now: i64, every: Duration) {
        let patience = i64::try_from(every.as_secs()).unwrap_or(i64::MAX).saturating_mul(2);
        let status = Status {
            open_metrics: metrics(monitor, now),
            healthy_until: now.saturating_add(patience).saturating_add(30),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// Returns the routes `/metrics` and `/healthz`.
    pub(super) fn routes(self) -> Router {
        Router::new()
            .route("/metrics", get(serve_metrics))
            .route("/healthz", get(serve_health))
            .with_state(self)
    }
}

async fn serve_metrics(State(status): State<SharedStatus>, headers: HeaderMap) -> Response {
    let text = status.0.lock().unwrap_or_else(PoisonError::into_inner).open_metrics.clone();
    metrics_response(&headers, text)
}

async fn serve_health(State(status): State<SharedStatus>) -> impl IntoResponse {
    let healthy_until = status.0.lock().unwrap_or_else(PoisonError::into_inner).healthy_until;
    match Timestamp::now().unix_seconds() <= healthy_until {
        true => (StatusCode::OK, "healthy\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "no round was completed in time\n"),
    }
}

fn metrics(monitor: &Monitor, now: i64) -> String {
    let mut families = Families::new("sendmux_alert");
    let (statistics, state) = (&monitor.statistics, &monitor.state);
    families.counter(&ROUNDS, statistics.rounds);
    families.gauge(&LAST_ROUND, statistics.last_round.map(|at| at as f64));
    families.gauge(&LAST_GOOD_ROUND, statistics.last_good_round.map(|at| at as f64));
    let required = Source::required_by(&monitor.rules.rules);
    let source = |source: &Source| vec![("source", source.label().to_owned())];
    families.gauges(
        &SOURCE_UP,
        required.iter().map(|it| {
            let up = !state.outages.contains_key(it) && monitor.readings.contains_key(it);
            (source(it), f64::from(u8::from(up)))
        }),
    );
    families.gauges(
        &SOURCE_AGE,
        required.iter().map(|it| {
            let age = monitor.readings.get(it).map(|(at, _)| now.saturating_sub(*at));
            (source(it), age.map_or(f64::INFINITY, |age| age as f64))
        }),
    );
    let rule = |name: &str| vec![("rule", name.to_owned())];
    families.gauges(
        &EVALUATED,
        monitor.rules.rules.iter().map(|it| {
            let evaluated = !state.unevaluated.contains_key(&it.name);
            (rule(&it.name), f64::from(u8::from(evaluated)))
        }),
    );
    families.gauges(
        &FIRING,
        state.rules.iter().map(|(name, state)| {
            let firing = state.alerts.values().filter(|alert| alert.is_firing()).count();
            (rule(name), firing as f64)
        }),
    );
    let receivers = || monitor.rules.receivers.iter().map(|receiver| receiver.name.as_str());
    let receiver = |name: &str| vec![("receiver", name.to_owned())];
    families.gauges(
        &WAITING,
        receivers().map(|name| (receiver(name), state.outbox.waiting_for(name).count() as f64)),
    );
    let count = |counts: &std::collections::BTreeMap<String, u64>, name: &str| {
        counts.get(name).copied().unwrap_or_default()
    };
    families.counters(
        &DELIVERED,
        receivers().map(|name| (receiver(name), count(&statistics.delivered, name))),
    );
    families.counters(
        &FAILED,
        receivers().map(|name| (receiver(name), count(&statistics.failed, name))),
    );
    families.counter(&GIVEN_UP, state.outbox.given_up);
    if let Some(history) = &state.history {
        families.counter(&LEFT_PENDING, history.left_pending);
        families.counter(&LATE_FAILURES, history.late.count);
    }
    families.encode()
}
