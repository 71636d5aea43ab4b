use httpmock::MockServer;
use sendmux_client::RetryPolicy;
use sendmux_mock::DemoAccount;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::alert::rule::ProviderFilter;

const NOW: i64 = 1_779_354_720;

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
        Monitor::new(client, rules, Some(saved)).unwrap()
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
    let inputs = monitor.read(now).await;
    monitor.run_round(&inputs, now).await
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

    setup.balance("9.000000");
    let resolved = setup.hook.mock(|when, then| {
        when.body_includes("\"status\":\"resolved\"").body_includes("low//1779354720/resolved/1");
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
    let inputs = monitor.read(NOW).await;
    // The timeout drops it at its first wait, which is for the webhook.
    let evaluated =
        tokio::time::timeout(std::time::Duration::ZERO, monitor.run_round(&inputs, NOW));
    let _ = evaluated.await;
    drop(monitor);
    let saved = StateFile::open(&setup.directory.path().join("state.json")).unwrap();
    assert_eq!(saved.1.alerts["low"].len(), 1);
    drop(saved);
    run(&mut setup.monitor(LOW), NOW + 60).await;
    assert!((1..=2).contains(&hook.calls()), "{}", hook.calls());
    assert!(setup.monitor(LOW).state.queue.is_empty());
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
    assert_eq!(monitor.state.queue.len(), 1);
    monitor.rules.receivers = vec![crate::alert::receiver::Receiver::stdout()];
    assert!(!run(&mut monitor, NOW + 60).await.incomplete);
    assert!(monitor.state.queue.is_empty());
}

#[tokio::test]
async fn undelivered_notifications_are_dropped_eventually() {
    let setup = Setup::new();
    setup.balance("1.000000");
    setup.hook_responds(500);
    let mut monitor = setup.monitor(LOW);
    run(&mut monitor, NOW).await;
    run(&mut monitor, NOW + MAX_QUEUE_TIME).await;
    assert_eq!(monitor.state.queue.len(), 1);
    run(&mut monitor, NOW + MAX_QUEUE_TIME + 1).await;
    assert!(monitor.state.queue.is_empty());
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
async fn the_same_problem_is_reported_once() {
    let account =
        DemoAccount::builder().emails_per_day(3).without_permission("billing.read").start();
    let client = Client::builder(account.key()).base_url(account.base_url());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let mut diagnostics = Diagnostics::default();
    for change in [true, false, false] {
        let error = client.get_balance().await.unwrap_err();
        assert_eq!(diagnostics.report("balance", Some(error.into())), change);
    }
    assert!(diagnostics.report("balance", Some("something else".to_owned().into())));
    assert!(diagnostics.report("balance", None));
    assert!(!diagnostics.report("balance", None));
}
