use httpmock::MockServer;
use sendmux_client::RetryPolicy;
use sendmux_mock::DemoAccount;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::alert::notification::{Notification, Status};
use crate::alert::outbox::MAX_AGE;
use crate::alert::receiver::Endpoint;
use crate::alert::rule::{ProviderFilter, Severity};
use crate::log::LogFormat;

const LOG: Log = Log::new("sendmux-alert", LogFormat::Text);

const NOW: i64 = 1_779_354_720;

/// Returns the incident of each rule that has one.
fn incidents(monitor: &Monitor) -> BTreeMap<String, String> {
    let rules = monitor.state.rules.iter();
    let incident = |state: &RuleState| state.alerts.values().next().map(|it| it.incident.clone());
    rules.filter_map(|(name, state)| Some((name.clone(), incident(state)?))).collect()
}

/// A mock API, a mock webhook and the directory of the state file.
struct Setup {
    api: MockServer,
    hook: MockServer,
    directory: TempDir,
}

impl Setup {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { api: MockServer::start(), hook: MockServer::start(), directory }
    }

    /// Creates a monitor as a new process would.
    fn monitor(&self, rules: &str) -> Monitor {
        let client = Client::builder("smx_root_example")
            .base_url(self.api.url("/api/v1"))
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let hook = self.hook.url("/t0ken");
        let notify = format!("[[notify]]\nname = \"hook\"\nto = \"webhook\"\nurl = \"{hook}\"\n");
        let rules = RuleFile::parse(&format!("{notify}{rules}")).unwrap();
        let saved = StateFile::open(&self.directory.path().join("state.json")).unwrap();
        Monitor::new(client, rules, Some(saved), 60, LOG).unwrap()
    }

    /// Serves a page of the log for a cursor.
    fn page(&self, cursor: Option<&str>, logs: &[Value], next: Option<&str>) {
        let body = json!({
            "ok": true, "data": logs, "meta": {"request_id": "req_1"},
            "pagination": {"has_more": next.is_some(), "next_cursor": next},
        });
        let cursor = cursor.map(str::to_owned);
        self.api.mock(|when, then| {
            let when = when.method("GET").path("/api/v1/emails/logs");
            match cursor {
                Some(cursor) => when.query_param("cursor", cursor),
                None => when.query_param_missing("cursor"),
            };
            then.status(200).json_body(body);
        });
    }

    fn balance(&self, balance: &str) {
        let body = json!({
            "ok": true, "meta": {"request_id": "req_1"}, "data": {
                "balance": balance, "balance_consumed": "0", "balance_purchased": "0",
                "currency": "USD", "auto_topup": {"enabled": false, "monthly_used": "0"},
            },
        });
        self.api.reset();
        self.api.mock(|when, then| {
            when.path("/api/v1/billing/balance");
            then.status(200).json_body(body);
        });
    }

    fn hook_responds(&self, status: u16) -> httpmock::Mock<'_> {
        self.hook.reset();
        self.hook.mock(|when, then| {
            when.method("POST").path("/t0ken");
            then.status(status);
        })
    }
}

fn log(id: usize, status: &str) -> Value {
    let at = sendmux_client::Timestamp::from_unix_seconds(NOW - 60 * id as i64).unwrap();
    json!({"id": format!("dlog_{id}"), "status": status, "attempts": 1, "created_at": at})
}

async fn run(monitor: &mut Monitor, now: i64) -> RoundResult {
    monitor.round(now).await
}

const LOW: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"5\"\n";
const FAILURES: &str = "[[rule]]\nname = \"failures\"\nkind = \"failure-rate\"\nwindow = \"1h\"\nabove = 0.5\nminimum = 3\n";

#[tokio::test]
async fn an_interrupted_read_is_completed_after_a_restart() {
    let setup = Setup::new();
    setup.hook_responds(200);
    setup.page(None, &[log(0, "failed"), log(1, "sent")], Some("c1"));
    let mut monitor = setup.monitor(FAILURES);
    let interrupted = run(&mut monitor, NOW).await;
    assert_eq!(
        interrupted,
        RoundResult { firing: false, incomplete: true },
        "the second page is missing"
    );
    drop(monitor);

    setup.page(Some("c1"), &[log(2, "failed"), log(3, "failed")], None);
    for _ in 0..3 {
        let mut monitor = setup.monitor(FAILURES);
        let complete = run(&mut monitor, NOW + 60).await;
        assert_eq!(complete, RoundResult { firing: true, incomplete: false });
        let counts =
            monitor.state.history.as_ref().unwrap().count(0, i64::MAX, &ProviderFilter::default());
        assert_eq!((counts.sent, counts.failed), (1, 3));
    }
}

#[tokio::test]
async fn a_large_log_is_evaluated_as_it_is_read_and_counted_once_after_stops() {
    let account = DemoAccount::builder().emails_per_day(400).now(NOW).start();
    let client = Client::builder(account.key()).base_url(account.base_url()).pacing(false);
    let client = client.build().unwrap();
    let rule = |name: &str, window: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nkind = \"failure-rate\"\nwindow = \"{window}\"\n\
             above = 0.9\n"
        )
    };
    let rules = format!("{}{}", rule("short", "10m"), rule("long", "4d"));
    let directory = tempfile::tempdir().unwrap();
    let monitor = |name: &str| {
        let saved = StateFile::open(&directory.path().join(name)).unwrap();
        let rules = RuleFile::parse(&rules).unwrap();
        Monitor::new(client.clone(), rules, Some(saved), 60, LOG).unwrap()
    };
    let counts = |monitor: &Monitor| {
        let history = monitor.state.history.as_ref().unwrap();
        history.count(0, i64::MAX, &ProviderFilter::default())
    };
    let mut uninterrupted = monitor("a.json");
    assert!(!run(&mut uninterrupted, NOW).await.incomplete);
    let all = counts(&uninterrupted);
    assert!(all.total() > 1000, "{all:?}");

    for stop_after in [3, 6, 9] {
        let mut stopped = monitor("b.json");
        stopped.start_round(NOW);
        for _ in 0..stop_after {
            let event = stopped.next_event().await;
            stopped.handle(event, NOW);
        }
        let unevaluated = &stopped.state.unevaluated;
        let long_is_unknown = unevaluated.contains_key("long");
        assert!(!unevaluated.contains_key("short") && long_is_unknown, "{unevaluated:?}");
        assert!(stopped.save());
        assert!(counts(&stopped).total() < all.total());
    }
    let mut resumed = monitor("b.json");
    assert!(!run(&mut resumed, NOW).await.incomplete);
    assert_eq!(counts(&resumed), all);
}

#[tokio::test]
async fn a_bounce_after_the_overlap_is_counted_and_fires() {
    let setup = Setup::new();
    let hook = setup.hook_responds(200);
    let serve = |status: &str| {
        setup.api.reset();
        let logs: Vec<_> = (0..4).map(|n| log(30 + n, status)).collect();
        setup.page(None, &[&[log(0, "sent")], logs.as_slice()].concat(), None);
    };
    serve("sent");
    let mut monitor = setup.monitor(FAILURES);
    assert_eq!(run(&mut monitor, NOW).await, RoundResult::default());
    run(&mut monitor, NOW + 60).await;
    serve("failed");
    let round = run(&mut monitor, NOW + 960).await;
    assert_eq!((round.firing, round.incomplete, hook.calls()), (true, false, 1));
    let late = |monitor: &Monitor| monitor.state.history.as_ref().map(|it| it.late.count);
    assert_eq!(late(&monitor), Some(4));
    drop(monitor);
    let mut restarted = setup.monitor(FAILURES);
    run(&mut restarted, NOW + 1860).await;
    assert_eq!(late(&restarted), Some(4), "counted once");
}

#[tokio::test]
async fn a_notification_is_delivered_once_across_restarts() {
    let setup = Setup::new();
    setup.balance("1.000000");
    let down = setup.hook_responds(500);
    for _ in 0..2 {
        let round = run(&mut setup.monitor(LOW), NOW).await;
        assert_eq!(round, RoundResult { firing: true, incomplete: true });
    }
    assert_eq!(down.calls(), 2);
    let mut up = setup.hook_responds(204);
    for _ in 0..3 {
        let round = run(&mut setup.monitor(LOW), NOW + 60).await;
        assert_eq!(round, RoundResult { firing: true, incomplete: false });
    }
    assert_eq!(up.calls(), 1);

    let incident = incidents(&setup.monitor(LOW))["low"].clone();
    setup.balance("9.000000");
    let resolved = setup.hook.mock(|when, then| {
        when.body_includes("\"status\":\"resolved\"").body_includes(&incident);
        then.status(200);
    });
    up.delete();
    for _ in 0..2 {
        assert_eq!(run(&mut setup.monitor(LOW), NOW + 120).await, RoundResult::default());
    }
    assert_eq!(resolved.calls(), 1);
}

#[tokio::test]
async fn a_queued_notification_is_delivered_after_a_crash() {
    let setup = Setup::new();
    setup.balance("1.000000");
    let hook = setup.hook_responds(200);
    let mut monitor = setup.monitor(LOW);
    monitor.start_round(NOW);
    let event = monitor.next_event().await;
    monitor.handle(event, NOW);
    // The delivery has started, but not been waited for.
    drop(monitor);
    let saved = StateFile::open(&setup.directory.path().join("state.json")).unwrap();
    assert_eq!(saved.1.rules["low"].alerts.len(), 1);
    drop(saved);
    run(&mut setup.monitor(LOW), NOW + 60).await;
    assert!((1..=2).contains(&hook.calls()), "{}", hook.calls());
    assert!(setup.monitor(LOW).state.outbox.is_empty());
}

#[tokio::test]
async fn an_invalid_response_resolves_nothing() {
    let setup = Setup::new();
    setup.balance("1.000000");
    let hook = setup.hook_responds(200);
    run(&mut setup.monitor(LOW), NOW).await;
    for body in ["", "{}", "{\"ok\":true,\"data\":[]}", "<html>", "{\"ok\":false}"] {
        setup.api.reset();
        setup.api.mock(|when, then| {
            when.any_request();
            then.status(200).body(body);
        });
        let round = run(&mut setup.monitor(LOW), NOW + 60).await;
        assert_eq!(round, RoundResult { firing: true, incomplete: true }, "{body}");
    }
    assert_eq!(hook.calls(), 1);
}

#[tokio::test]
async fn notifications_for_a_removed_receiver_are_dropped() {
    let setup = Setup::new();
    setup.balance("1.000000");
    setup.hook_responds(500);
    run(&mut setup.monitor(LOW), NOW).await;
    let mut monitor = setup.monitor(LOW);
    assert_eq!(monitor.state.outbox.waiting_for("hook").count(), 1);
    monitor.rules.receivers = vec![crate::alert::receiver::Receiver::stdout()];
    assert!(!run(&mut monitor, NOW + 60).await.incomplete);
    assert!(monitor.state.outbox.is_empty() && monitor.state.outbox.given_up == 1);
}

#[tokio::test]
async fn undelivered_notifications_are_given_up_eventually_and_that_is_told() {
    let setup = Setup::new();
    setup.balance("1.000000");
    setup.hook_responds(500);
    let mut monitor = setup.monitor(LOW);
    let keys = |monitor: &Monitor| {
        monitor.state.outbox.waiting_for("hook").map(|it| it.status).collect::<Vec<_>>()
    };
    run(&mut monitor, NOW).await;
    run(&mut monitor, NOW + 1200).await;
    // The receiver itself is a blind spot by now.
    assert_eq!(keys(&monitor), [Status::Firing, Status::Firing]);
    run(&mut monitor, NOW + MAX_AGE + 1).await;
    assert!(keys(&monitor).contains(&Status::GivenUp), "{:?}", keys(&monitor));
    let told = setup.hook_responds(200);
    run(&mut monitor, NOW + MAX_AGE + 60).await;
    assert!(monitor.state.outbox.is_empty() && told.calls() >= 2, "{}", told.calls());
}

#[tokio::test]
async fn many_incidents_are_one_notification_per_receiver() {
    let setup = Setup::new();
    let account = DemoAccount::builder().emails_per_day(3).start();
    let demo = Client::builder(account.key()).base_url(account.base_url()).build().unwrap();
    let sample = demo.list_providers().limit(1).await.unwrap().into_iter().next().unwrap();
    let provider = |n: usize| {
        let mut provider = serde_json::to_value(&sample).unwrap();
        provider["id"] = format!("dprov_{n}").into();
        provider["status"] = "error".into();
        provider
    };
    let body = json!({
        "ok": true, "data": (0..600).map(provider).collect::<Vec<_>>(),
        "meta": {"request_id": "req_1"}, "pagination": {"has_more": false, "next_cursor": null},
    });
    setup.api.mock(|when, then| {
        when.path("/api/v1/providers");
        then.status(200).json_body(body);
    });
    let hook = setup.hook.mock(|when, then| {
        when.method("POST").body_includes("\"count\":600");
        then.status(200);
    });
    let second = "[[notify]]\nname = \"second\"\nto = \"slack\"\nurl = \"http://127.0.0.1:9/\"\n";
    let rules = format!("{second}[[rule]]\nname = \"down\"\nkind = \"provider-down\"\n");
    let mut monitor = setup.monitor(&rules);
    let round = run(&mut monitor, NOW).await;
    assert_eq!(round, RoundResult { firing: true, incomplete: true });
    assert_eq!(hook.calls(), 1);
    let waiting: Vec<_> = monitor.state.outbox.waiting_for("second").collect();
    assert_eq!((waiting.len(), waiting[0].incidents.len()), (1, 600));
}

#[tokio::test]
async fn a_source_that_hangs_delays_no_other_rule() {
    let setup = Setup::new();
    setup.balance("1.000000");
    let hook = setup.hook_responds(200);
    let mut monitor = setup.monitor(&format!("{LOW}{FAILURES}"));
    // The log is being read, and that will not end.
    monitor.reading.insert(Source::Log);
    monitor.start_round(NOW);
    while hook.calls() == 0 {
        let event = monitor.next_event().await;
        monitor.handle(event, NOW);
    }
    assert!(monitor.state.unevaluated.contains_key("failures"));
}

#[tokio::test]
async fn a_rejected_notification_does_not_hold_up_the_next_one() {
    let setup = Setup::new();
    let mut monitor = setup.monitor(LOW);
    let notification = |rule: &str| Notification {
        key: rule.to_owned(),
        rule: rule.to_owned(),
        severity: Severity::Info,
        status: Status::Firing,
        incidents: Vec::new(),
        at: NOW,
    };
    for rule in ["poison", "good"] {
        monitor.state.outbox.push(["hook"], &notification(rule));
    }
    setup.balance("9.000000");
    setup.hook.mock(|when, then| {
        when.body_includes("poison");
        then.status(422);
    });
    let good = setup.hook.mock(|when, then| {
        when.body_includes("good");
        then.status(200);
    });
    assert!(run(&mut monitor, NOW).await.incomplete);
    assert_eq!(good.calls(), 1);
    let waiting: Vec<_> = monitor.state.outbox.waiting_for("hook").collect();
    assert_eq!((waiting.len(), waiting[0].key.as_str()), (1, "poison"));
}

#[tokio::test]
async fn a_rejected_key_is_an_alert_at_once_and_a_failure_after_a_while() {
    for (status, after) in [(401, 0), (403, 0), (429, 600), (500, 600)] {
        let setup = Setup::new();
        let hook = setup.hook_responds(200);
        setup.api.mock(|when, then| {
            when.any_request();
            then.status(status).json_body(json!({
                "ok": false, "meta": {"request_id": "req_1"},
                "error": {"code": "some_code", "message": "No."},
            }));
        });
        let mut monitor = setup.monitor(LOW);
        if after > 0 {
            assert!(run(&mut monitor, NOW).await.incomplete);
            assert_eq!(hook.calls(), 0, "{status}");
        }
        assert_eq!(
            run(&mut monitor, NOW + after).await,
            RoundResult { firing: false, incomplete: true },
            "the alert is not one of a rule"
        );
        assert_eq!(hook.calls(), 1, "{status}");
        drop(monitor);
        setup.balance("9.000000");
        assert_eq!(run(&mut setup.monitor(LOW), NOW + after + 60).await, RoundResult::default());
        assert_eq!(hook.calls(), 2, "{status}: resolved");
    }
}

#[tokio::test]
async fn the_heartbeat_is_sent_after_good_rounds_only() {
    let setup = Setup::new();
    setup.hook_responds(200);
    let heartbeat = setup.hook.mock(|when, then| {
        when.method("GET").path("/beat");
        then.status(200);
    });
    let rules = format!("[heartbeat]\nurl = \"{}\"\n{LOW}", setup.hook.url("/beat"));
    setup.balance("9.000000");
    let mut monitor = setup.monitor(&rules);
    run(&mut monitor, NOW).await;
    monitor.end_round(NOW);
    let event = monitor.next_event().await;
    assert!(matches!(event, Event::Heartbeat(Ok(()))));
    assert_eq!(heartbeat.calls(), 1);
    setup.api.reset();
    run(&mut monitor, NOW + 60).await;
    monitor.end_round(NOW + 60);
    assert_eq!(monitor.statistics.last_good_round, Some(NOW));
}

#[tokio::test]
async fn alertmanager_is_told_again_what_fires() {
    let setup = Setup::new();
    setup.balance("1.000000");
    let alerts = setup.hook.mock(|when, then| {
        when.method("POST").path("/t0ken/api/v2/alerts").body_includes("\"alertname\":\"low\"");
        then.status(200);
    });
    let mut monitor = setup.monitor(LOW);
    let Endpoint::Webhook(endpoint) = monitor.rules.receivers[0].endpoint.clone() else { panic!() };
    monitor.rules.receivers[0].endpoint = Endpoint::Alertmanager(endpoint);
    for round in 0..3 {
        assert!(!run(&mut monitor, NOW + round * 60).await.incomplete);
        assert_eq!(alerts.calls() as i64, round + 1);
    }
}

#[tokio::test]
async fn the_state_file_of_another_team_is_rejected() {
    let setup = Setup::new();
    let team = |id: &str| {
        setup.api.reset();
        let body = json!({
            "ok": true, "meta": {"request_id": "req_1"}, "data": {
                "credential": {"id": "key_1", "type": "api_key"}, "label": "Key",
                "mailboxes": [], "permissions": [], "team": {"id": id, "name": "Team"},
            },
        });
        setup.api.mock(|when, then| {
            when.path("/api/v1/me");
            then.status(200).json_body(body);
        });
    };
    team("team_1");
    let mut monitor = setup.monitor(LOW);
    monitor.verify_team().await.unwrap();
    assert!(monitor.save());
    drop(monitor);
    assert_eq!(setup.monitor(LOW).verify_team().await, Ok(()));
    team("team_2");
    assert!(setup.monitor(LOW).verify_team().await.unwrap_err().contains("--state"));
    setup.api.reset();
    assert_eq!(
        setup.monitor(LOW).verify_team().await,
        Ok(()),
        "an unreachable API rejects nothing"
    );
}

#[tokio::test]
async fn a_rule_that_is_not_evaluated_for_a_while_is_an_alert() {
    let setup = Setup::new();
    let told = setup.hook.mock(|when, then| {
        when.body_includes("the rule `low` is not evaluated: its data is not current");
        then.status(200);
    });
    setup.balance("9.000000");
    let mut monitor = setup.monitor(LOW);
    assert_eq!(run(&mut monitor, NOW).await, RoundResult::default());
    // The balance is being read, and that will not end.
    monitor.reading.insert(Source::Balance);
    for age in [299, 301, 901] {
        monitor.evaluate(NOW + age);
        assert_eq!(monitor.state.unevaluated.contains_key("low"), age > 300, "{age}");
    }
    while told.calls() == 0 {
        let event = monitor.next_event().await;
        monitor.handle(event, NOW + 901);
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_saved_is_an_alert() {
    let setup = Setup::new();
    let told = setup.hook.mock(|when, then| {
        when.body_includes("the state file cannot be saved");
        then.status(200);
    });
    setup.balance("9.000000");
    let mut monitor = setup.monitor(LOW);
    assert_eq!(run(&mut monitor, NOW).await, RoundResult::default());
    std::fs::remove_dir_all(setup.directory.path()).unwrap();
    assert!(run(&mut monitor, NOW + 60).await.incomplete);
    assert_eq!(told.calls(), 0);
    run(&mut monitor, NOW + 660).await;
    assert_eq!(told.calls(), 1);
}
