//! A snapshot as OpenMetrics text.
//!
//! All values from the API are gauges: counts over a sliding window go up and down, and nothing
//! guarantees that the lifetime totals of the balance only grow. Counters are the exporter's own.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::api::{Group, Reading, label};
use super::metrics;
use super::snapshot::Snapshot;
use crate::families::{Families, Labels, Metric};

/// How a snapshot is shown.
#[derive(Debug, Clone)]
pub(super) struct ExpositionOptions {
    /// Age above which a reading is dropped.
    pub(super) staleness: Duration,
    /// Maximum number of sending accounts with their own series.
    pub(super) max_providers: usize,
}

const BUILD: Metric = Metric::new("exporter_build_info", "Version of the exporter; always 1");
const UP: Metric =
    Metric::new("up", "Whether the last refresh of the group succeeded (1) or not (0)");
const LAST_SUCCESS: Metric =
    Metric::new("last_success_timestamp", "Unix time of the last successful refresh of the group")
        .unit("seconds");
const AGE: Metric = Metric::new("data_age", "Age of the data of the group").unit("seconds");
const DURATION: Metric =
    Metric::new("refresh_duration", "Duration of the last refresh of the group").unit("seconds");
const REFRESHES: Metric = Metric::new("refreshes", "Refreshes of the group");
const FAILURES: Metric =
    Metric::new("refresh_failures", "Failed refreshes of the group, by kind of failure");

/// Renders the snapshot.
pub(super) fn exposition(
    snapshot: &Snapshot,
    options: &ExpositionOptions,
    now: SystemTime,
) -> String {
    let mut families = Families::new("sendmux");
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    families.gauges(&BUILD, [(version, 1.0)]);
    refreshes(snapshot, &mut families, now);

    let fresh = |group: Group| snapshot.groups.get(&group)?.fresh(now, options.staleness);
    let (providers, usage) = (fresh(Group::Providers), fresh(Group::Usage));
    let with_series = providers_with_series(providers, usage, options.max_providers);
    for reading in Group::ALL.into_iter().filter_map(fresh) {
        match reading {
            Reading::Providers(providers) => {
                metrics::providers(&mut families, providers, &with_series);
            }
            Reading::Usage(usage) => metrics::usage(&mut families, usage, &with_series),
            Reading::Limits(limits) => metrics::limits(&mut families, limits),
            Reading::Emails(counts) => metrics::emails(&mut families, counts),
            Reading::Balance(balance) => metrics::balance(&mut families, balance),
            Reading::Spend(spend) => metrics::spend(&mut families, spend),
        }
    }
    if let Some((at, rate_limit)) = &snapshot.rate_limit
        && now.duration_since(*at).unwrap_or_default() <= options.staleness
    {
        metrics::rate_limit(&mut families, rate_limit);
    }
    families.encode()
}

fn refreshes(snapshot: &Snapshot, families: &mut Families, now: SystemTime) {
    let groups = || snapshot.groups.iter().map(|(group, state)| (labels(*group), state));
    families.gauges(
        &UP,
        groups().map(|(labels, state)| (labels, f64::from(u8::from(state.failure.is_none())))),
    );
    let unix_time = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    families.gauges(
        &LAST_SUCCESS,
        groups().filter_map(|(labels, state)| {
            Some((labels, unix_time(state.reading.as_ref()?.0).as_secs_f64()))
        }),
    );
    families.gauges(
        &AGE,
        groups().filter_map(|(labels, state)| Some((labels, state.age(now)?.as_secs_f64()))),
    );
    families
        .gauges(&DURATION, groups().map(|(labels, state)| (labels, state.duration.as_secs_f64())));
    families.counters(&REFRESHES, groups().map(|(labels, state)| (labels, state.refreshes)));
    families.counters(
        &FAILURES,
        groups().flat_map(|(labels, state)| {
            state.failures.iter().map(move |(failure, count)| {
                let mut labels = labels.clone();
                labels.push(("kind", failure.name().to_owned()));
                (labels, *count)
            })
        }),
    );
}

fn labels(group: Group) -> Labels {
    vec![("group", group.name().to_owned())]
}

/// Returns the ids of the sending accounts with their own series: the first by id, an order that
/// does not depend on their traffic.
fn providers_with_series(
    providers: Option<&Reading>,
    usage: Option<&Reading>,
    max: usize,
) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    if let Some(Reading::Providers(providers)) = providers {
        ids.extend(providers.iter().map(|provider| provider.id.clone()));
    }
    if let Some(Reading::Usage(usage)) = usage {
        ids.extend(usage.iter().map(|item| label(&item.provider_id)));
    }
    ids.into_iter().take(max).collect()
}

#[cfg(test)]
mod tests {
    use sendmux_client::RateLimit;
    use serde_json::json;

    use super::*;
    use crate::exporter::api::{FailureKind, Provider};

    const OPTIONS: ExpositionOptions =
        ExpositionOptions { staleness: Duration::from_secs(900), max_providers: 2 };

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_779_354_720 + seconds)
    }

    fn provider(id: &str, name: &str) -> Provider {
        Provider {
            id: id.to_owned(),
            name: name.to_owned(),
            provider_type: "smtp".to_owned(),
            status: "active".to_owned(),
            is_active: true,
            last_used: None,
            quotas: vec![("day", 100)],
        }
    }

    fn usage(ids: &[&str]) -> Reading {
        let item = |id: &&str| {
            json!({
                "provider_id": id, "sent_today": 10, "sent_7d": 40, "failed_7d": 3, "rejected_7d": 2,
                "pending_7d": 1, "total_7d": 46,
            })
        };
        Reading::Usage(ids.iter().map(|id| serde_json::from_value(item(id)).unwrap()).collect())
    }

    fn spend(consumed: &str) -> Reading {
        let spend = json!({
            "currency": "USD", "period_days": 30, "total_consumed": consumed,
            "total_purchased": "0.000000", "transaction_count": 1,
        });
        Reading::Spend(serde_json::from_value(spend).unwrap())
    }

    fn succeed(snapshot: &mut Snapshot, group: Group, reading: Reading, now: SystemTime) -> bool {
        snapshot.record(group, Ok(reading), None, now, Duration::from_millis(20))
    }

    fn fail(snapshot: &mut Snapshot, group: Group, kind: FailureKind, now: SystemTime) -> bool {
        snapshot.record(group, Err(kind), None, now, Duration::from_millis(20))
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[track_caller]
    fn shows(text: &str, line: &str) {
        assert!(lines(text).contains(&line), "{line}\n{text}");
    }

    #[test]
    fn a_failing_group_keeps_its_values_until_they_are_stale() {
        let mut snapshot = Snapshot::default();
        assert!(!succeed(&mut snapshot, Group::Spend, spend("1.500000"), at(0)));
        assert!(
            fail(&mut snapshot, Group::Spend, FailureKind::Server, at(60)),
            "a new failure is logged"
        );
        assert!(!fail(&mut snapshot, Group::Spend, FailureKind::Server, at(120)), "but only once");
        let text = exposition(&snapshot, &OPTIONS, at(300));
        for line in [
            "sendmux_spend_dollars{window=\"30d\"} 1.5",
            "sendmux_up{group=\"spend\"} 0.0",
            "sendmux_data_age_seconds{group=\"spend\"} 300.0",
            "sendmux_last_success_timestamp_seconds{group=\"spend\"} 1779354720.0",
            "sendmux_refreshes_total{group=\"spend\"} 3",
            "sendmux_refresh_failures_total{group=\"spend\",kind=\"server\"} 2",
        ] {
            shows(&text, line);
        }

        let text = exposition(&snapshot, &OPTIONS, at(901));
        assert!(!text.contains("sendmux_spend_dollars"), "{text}");
        shows(&text, "sendmux_data_age_seconds{group=\"spend\"} 901.0");

        assert!(
            succeed(&mut snapshot, Group::Spend, spend("2.000000"), at(960)),
            "a recovery is logged"
        );
        let text = exposition(&snapshot, &OPTIONS, at(960));
        shows(&text, "sendmux_spend_dollars{window=\"30d\"} 2.0");
        shows(&text, "sendmux_up{group=\"spend\"} 1.0");
    }

    #[test]
    fn the_age_is_zero_after_the_clock_was_set_back() {
        let mut snapshot = Snapshot::default();
        succeed(&mut snapshot, Group::Spend, spend("1.000000"), at(500));
        shows(
            &exposition(&snapshot, &OPTIONS, at(0)),
            "sendmux_data_age_seconds{group=\"spend\"} 0.0",
        );
    }

    #[test]
    fn providers_beyond_the_maximum_are_summed() {
        let mut snapshot = Snapshot::default();
        let all = ["d", "b", "a", "c"].map(|id| provider(id, "Relay"));
        succeed(&mut snapshot, Group::Providers, Reading::Providers(all.into()), at(0));
        succeed(&mut snapshot, Group::Usage, usage(&["c", "a", "d"]), at(0));
        let text = exposition(&snapshot, &OPTIONS, at(0));
        for line in [
            "sendmux_providers{status=\"active\"} 4.0",
            "sendmux_providers_omitted 2.0",
            "sendmux_provider_switched_on{provider_id=\"b\"} 1.0",
            "sendmux_provider_quota_emails{provider_id=\"a\",period=\"day\"} 100.0",
            "sendmux_provider_sent_today_emails{provider_id=\"a\"} 10.0",
            "sendmux_provider_sent_today_emails{provider_id=\"other\"} 20.0",
            "sendmux_provider_emails{provider_id=\"other\",window=\"7d\",status=\"failed\"} 6.0",
        ] {
            shows(&text, line);
        }
        assert!(!text.contains("provider_id=\"c\""), "{text}");
    }

    #[test]
    fn a_removed_provider_leaves_no_series() {
        let mut snapshot = Snapshot::default();
        let both = vec![provider("a", "Relay"), provider("b", "Relay")];
        succeed(&mut snapshot, Group::Providers, Reading::Providers(both), at(0));
        assert!(exposition(&snapshot, &OPTIONS, at(0)).contains("provider_id=\"b\""));
        let one = vec![provider("a", "Relay")];
        succeed(&mut snapshot, Group::Providers, Reading::Providers(one), at(60));
        assert!(!exposition(&snapshot, &OPTIONS, at(60)).contains("provider_id=\"b\""));
    }

    #[test]
    fn hostile_names_stay_within_their_label() {
        let mut snapshot = Snapshot::default();
        let hostile = provider("a\"} 1\n# EOF", "C:\\relay\n\"quoted\"");
        succeed(&mut snapshot, Group::Providers, Reading::Providers(vec![hostile]), at(0));
        let text = exposition(&snapshot, &OPTIONS, at(0));
        assert_eq!(text.lines().filter(|line| line.starts_with("# EOF")).count(), 1, "{text}");
        assert!(text.contains(r#"provider_name="C:\\relay\n\"quoted\"""#), "{text}");
    }

    #[test]
    fn an_empty_snapshot_is_valid() {
        let text = exposition(&Snapshot::default(), &OPTIONS, at(0));
        assert_eq!(lines(&text).len(), 1, "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn the_rate_limit_is_taken_from_failed_responses_too() {
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("x-ratelimit-limit", 600.into());
        headers.insert("x-ratelimit-remaining", 0.into());
        let rate_limit = RateLimit::from_headers(&headers);
        let mut snapshot = Snapshot::default();
        snapshot.record(
            Group::Spend,
            Err(FailureKind::RateLimited),
            rate_limit,
            at(0),
            Duration::ZERO,
        );
        let text = exposition(&snapshot, &OPTIONS, at(60));
        shows(&text, "sendmux_rate_limit_remaining_requests 0.0");
        shows(&text, "sendmux_rate_limit_requests 600.0");
        assert!(!exposition(&snapshot, &OPTIONS, at(901)).contains("sendmux_rate_limit"));
    }
}
