//! A snapshot as OpenMetrics text.
//!
//! All values from the API are gauges: counts over a sliding window go up and down, and nothing
//! guarantees that the lifetime totals of the balance only grow. Counters are the exporter's own.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::api::{Group, Hours, Reading, label};
use super::metrics::{self, EmailsInWindow};
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
const AGE: Metric = Metric::new(
    "data_age",
    "Age of the data of the group; since the start of the exporter if it was never read",
)
.unit("seconds");
const MISSING: Metric =
    Metric::new("data_missing", "Whether the group was never read (1) or was (0)");
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
            Reading::Emails(_) | Reading::Hours(_) => {}
            Reading::Account(team) => metrics::account(&mut families, team),
            Reading::Domains(domains) => metrics::domains(&mut families, domains),
            Reading::Webhooks(webhooks) => metrics::webhooks(&mut families, webhooks),
            Reading::Balance(balance) => metrics::balance(&mut families, balance),
            Reading::Spend(spend) => metrics::spend(&mut families, spend),
        }
    }
    let mut emails = Vec::new();
    if let Some(Reading::Emails(counts)) = fresh(Group::Emails) {
        emails.push(EmailsInWindow::summary("24h", counts));
    }
    if let Some(Reading::Hours(Hours { current, last })) = fresh(Group::Hours) {
        let current = current.as_ref().map(|it| EmailsInWindow::point("current_hour", it));
        let last = last.as_ref().map(|it| EmailsInWindow::point("1h", it));
        emails.extend(current.into_iter().chain(last));
    }
    metrics::emails(&mut families, &emails);
    if let Some((at, rate_limit)) = &snapshot.rate_limit
        && now.duration_since(*at).unwrap_or_default() <= options.staleness
    {
        metrics::rate_limit(&mut families, rate_limit);
    }
    let process = process_metrics(now);
    format!("{}{process}", families.encode().trim_end_matches("# EOF\n"))
}

fn refreshes(snapshot: &Snapshot, families: &mut Families, now: SystemTime) {
    let groups = || snapshot.groups.iter().map(|(group, state)| (labels(*group), state));
    families.gauges(
        &UP,
        Group::ALL.map(|group| {
            let state = snapshot.groups.get(&group);
            (labels(group), f64::from(u8::from(state.is_some_and(|it| it.failure.is_none()))))
        }),
    );
    let unix_time = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    families.gauges(
        &LAST_SUCCESS,
        groups().filter_map(|(labels, state)| {
            Some((labels, unix_time(state.reading.as_ref()?.0).as_secs_f64()))
        }),
    );
    // A group that was never read is as old as the exporter.
    let running = now.duration_since(snapshot.started).unwrap_or_default();
    families.gauges(
        &AGE,
        Group::ALL.map(|group| {
            let age = snapshot.groups.get(&group).and_then(|state| state.age(now));
            (labels(group), age.unwrap_or(running).as_secs_f64())
        }),
    );
    families.gauges(
        &MISSING,
        Group::ALL.map(|group| {
            let read = snapshot.groups.get(&group).is_some_and(|state| state.reading.is_some());
            (labels(group), f64::from(u8::from(!read)))
        }),
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

const CPU: Metric =
    Metric::new("cpu", "User and system CPU time spent by the process").unit("seconds");
const OPEN_FDS: Metric = Metric::new("open_fds", "Open file descriptors of the process");
const MAX_FDS: Metric = Metric::new("max_fds", "Maximum number of open file descriptors");
const RESIDENT: Metric =
    Metric::new("resident_memory", "Resident memory of the process").unit("bytes");
const VIRTUAL: Metric =
    Metric::new("virtual_memory", "Virtual memory of the process").unit("bytes");
const THREADS: Metric = Metric::new("threads", "Threads of the process");
const STARTED: Metric =
    Metric::new("start_time", "Unix time at which the process started").unit("seconds");

/// Returns the metrics that Prometheus client libraries export about their process, on Linux.
#[cfg(target_os = "linux")]
fn process_metrics(now: SystemTime) -> String {
    let mut families = Families::new("process");
    if let Ok(process) = procfs::process::Process::myself()
        && let Ok(stat) = process.stat()
    {
        let ticks = procfs::ticks_per_second().max(1) as f64;
        families.float_counter(&CPU, stat.utime.saturating_add(stat.stime) as f64 / ticks);
        let page = procfs::page_size();
        families.gauge(&RESIDENT, stat.rss.saturating_mul(page) as f64);
        families.gauge(&VIRTUAL, stat.vsize as f64);
        families.gauge(&THREADS, stat.num_threads as f64);
        families.gauge(&OPEN_FDS, process.fd_count().ok().map(|count| count as f64));
        let limit = process.limits().ok().map(|limits| limits.max_open_files.soft_limit);
        if let Some(procfs::process::LimitValue::Value(limit)) = limit {
            families.gauge(&MAX_FDS, limit as f64);
        }
        let uptime =
            <procfs::Uptime as procfs::Current>::current().ok().map(|uptime| uptime.uptime);
        let unix_time = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let started = stat.starttime as f64 / ticks;
        families.gauge(&STARTED, uptime.map(|uptime| unix_time.as_secs_f64() - uptime + started));
    }
    families.encode()
}

#[cfg(not(target_os = "linux"))]
fn process_metrics(_: SystemTime) -> String {
    Families::new("process").encode()
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
        let mut snapshot = Snapshot::new(at(0));
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
        let mut snapshot = Snapshot::new(at(0));
        succeed(&mut snapshot, Group::Spend, spend("1.000000"), at(500));
        shows(
            &exposition(&snapshot, &OPTIONS, at(0)),
            "sendmux_data_age_seconds{group=\"spend\"} 0.0",
        );
    }

    #[test]
    fn providers_beyond_the_maximum_are_summed() {
        let mut snapshot = Snapshot::new(at(0));
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
    fn a_group_that_was_never_read_has_an_age() {
        let mut snapshot = Snapshot::new(at(0));
        fail(&mut snapshot, Group::Spend, FailureKind::Permission, at(5));
        let text = exposition(&snapshot, &OPTIONS, at(120));
        for group in ["spend", "balance"] {
            shows(&text, &format!("sendmux_data_age_seconds{{group=\"{group}\"}} 120.0"));
            shows(&text, &format!("sendmux_data_missing{{group=\"{group}\"}} 1.0"));
            shows(&text, &format!("sendmux_up{{group=\"{group}\"}} 0.0"));
        }
    }

    #[test]
    fn the_failure_rate_of_an_hour_has_its_own_series() {
        let point = |sent: i64, failed: i64| {
            let point = json!({
                "timestamp": "2026-05-21T09:00:00Z", "sent": sent, "failed": failed,
                "rejected": 0, "pending": 5, "total": sent + failed + 5,
            });
            serde_json::from_value(point).unwrap()
        };
        let mut snapshot = Snapshot::new(at(0));
        let hours = Hours { current: Some(point(0, 0)), last: Some(point(25, 75)) };
        succeed(&mut snapshot, Group::Hours, Reading::Hours(hours), at(0));
        let text = exposition(&snapshot, &OPTIONS, at(0));
        shows(&text, "sendmux_emails{window=\"1h\",status=\"failed\"} 75.0");
        shows(&text, "sendmux_failure_rate_ratio{window=\"1h\"} 0.75");
        assert!(!text.contains("ratio{window=\"current_hour\"}"), "{text}");
    }

    #[test]
    fn a_removed_provider_leaves_no_series() {
        let mut snapshot = Snapshot::new(at(0));
        let both = vec![provider("a", "Relay"), provider("b", "Relay")];
        succeed(&mut snapshot, Group::Providers, Reading::Providers(both), at(0));
        assert!(exposition(&snapshot, &OPTIONS, at(0)).contains("provider_id=\"b\""));
        let one = vec![provider("a", "Relay")];
        succeed(&mut snapshot, Group::Providers, Reading::Providers(one), at(60));
        assert!(!exposition(&snapshot, &OPTIONS, at(60)).contains("provider_id=\"b\""));
    }

    #[test]
    fn hostile_names_stay_within_their_label() {
        let mut snapshot = Snapshot::new(at(0));
        let hostile = provider("a\"} 1\n# EOF", "C:\\relay\n\"quoted\"");
        succeed(&mut snapshot, Group::Providers, Reading::Providers(vec![hostile]), at(0));
        let text = exposition(&snapshot, &OPTIONS, at(0));
        assert_eq!(text.lines().filter(|line| line.starts_with("# EOF")).count(), 1, "{text}");
        assert!(text.contains(r#"provider_name="C:\\relay\n\"quoted\"""#), "{text}");
    }

    #[test]
    fn an_empty_snapshot_is_valid() {
        let text = exposition(&Snapshot::new(at(0)), &OPTIONS, at(0));
        shows(&text, "sendmux_up{group=\"spend\"} 0.0");
        shows(&text, "sendmux_data_missing{group=\"spend\"} 1.0");
        assert!(!text.contains("_dollars"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn the_rate_limit_is_taken_from_failed_responses_too() {
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("x-ratelimit-limit", 600.into());
        headers.insert("x-ratelimit-remaining", 0.into());
        let rate_limit = RateLimit::from_headers(&headers);
        let mut snapshot = Snapshot::new(at(0));
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
