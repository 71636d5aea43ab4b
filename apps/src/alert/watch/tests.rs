use httpmock::MockServer;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::alert::rule::Choice;

const NOW: i64 = 1_779_354_720;

/// An account and a webhook, both made up, and the directory of the state file.
struct Stage {
    api: MockServer,
    hook: MockServer,
    directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { api: MockServer::start(), hook: MockServer::start(), directory }
    }

    /// As a new process would have it.
    fn watch(&self, rules: &str) -> Watch {
        let client = Client::builder("smx_root_example")
            .base_url(self.api.url("/api/v1"))
            .retry(sendmux_client::RetryPolicy::none())
            .build()
            .unwrap();
        let hook = self.hook.url("/t0ken");
        let notify = format!("[[notify]]\nname = \"hook\"\nto = \"webhook\"\nurl = \"{hook}\"\n");
        let rules = Rules::parse(&format!("{notify}{rules}")).unwrap();
        let saved = Store::open(&self.directory.path().join("state.json")).unwrap();
        Watch::new(client, rules, Some(saved)).unwrap()
    }

    /// A page of the log, asked for with this cursor.
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

    fn hook_answers(&self, status: u16) -> httpmock::Mock<'_> {
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

async fn round(watch: &mut Watch, now: i64) -> Round {
    let facts = watch.read(now).await;
    watch.evaluate(&facts, now).await
}

const LOW: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"5\"\n";
const FAILURES: &str = "[[rule]]\nname = \"failures\"\nkind = \"failure-rate\"\nwindow = \"1h\"\nabove = 0.5\nminimum = 3\n";

#[tokio::test]
async fn a_reading_that_breaks_off_is_finished_after_a_restart() {
    let stage = Stage::new();
    stage.hook_answers(200);
    stage.page(None, &[log(0, "failed"), log(1, "sent")], Some("c1"));
    let mut watch = stage.watch(FAILURES);
    let broken = round(&mut watch, NOW).await;
    assert_eq!(broken, Round { firing: false, incomplete: true }, "the second page is missing");
    drop(watch);

    stage.page(Some("c1"), &[log(2, "failed"), log(3, "failed")], None);
    for _ in 0..3 {
        let mut watch = stage.watch(FAILURES);
        let whole = round(&mut watch, NOW + 60).await;
        assert_eq!(whole, Round { firing: true, incomplete: false });
        let counts = watch.state.ledger.as_ref().unwrap().count(0, i64::MAX, &Choice::default());
        assert_eq!((counts.sent, counts.lost), (1, 3));
    }
}

#[tokio::test]
async fn a_notice_arrives_once_whatever_restarts() {
    let stage = Stage::new();
    stage.balance("1.000000");
    let down = stage.hook_answers(500);
    for _ in 0..2 {
        let round = round(&mut stage.watch(LOW), NOW).await;
        assert_eq!(round, Round { firing: true, incomplete: true });
    }
    assert_eq!(down.calls(), 2);
    let mut up = stage.hook_answers(204);
    for _ in 0..3 {
        let round = round(&mut stage.watch(LOW), NOW + 60).await;
        assert_eq!(round, Round { firing: true, incomplete: false });
    }
    assert_eq!(up.calls(), 1);

    stage.balance("9.000000");
    let resolved = stage.hook.mock(|when, then| {
        when.body_includes("\"status\":\"resolved\"").body_includes("low//1779354720/resolved/1");
        then.status(200);
    });
    up.delete();
    for _ in 0..2 {
        assert_eq!(round(&mut stage.watch(LOW), NOW + 120).await, Round::default());
    }
    assert_eq!(resolved.calls(), 1);
}

#[tokio::test]
async fn what_was_saved_before_a_crash_is_delivered_after_it() {
    let stage = Stage::new();
    stage.balance("1.000000");
    let hook = stage.hook_answers(200);
    let mut watch = stage.watch(LOW);
    let facts = watch.read(NOW).await;
    // Dropped at its first wait, which is for the webhook.
    let evaluated = tokio::time::timeout(std::time::Duration::ZERO, watch.evaluate(&facts, NOW));
    let _ = evaluated.await;
    drop(watch);
    let saved = Store::open(&stage.directory.path().join("state.json")).unwrap();
    assert_eq!(saved.1.incidents["low"].len(), 1);
    drop(saved);
    round(&mut stage.watch(LOW), NOW + 60).await;
    assert!((1..=2).contains(&hook.calls()), "{}", hook.calls());
    assert!(stage.watch(LOW).state.outbox.is_empty());
}

#[tokio::test]
async fn an_api_that_answers_nonsense_resolves_nothing() {
    let stage = Stage::new();
    stage.balance("1.000000");
    let hook = stage.hook_answers(200);
    round(&mut stage.watch(LOW), NOW).await;
    for body in ["", "{}", "{\"ok\":true,\"data\":[]}", "<html>", "{\"ok\":false}"] {
        stage.api.reset();
        stage.api.mock(|when, then| {
            when.any_request();
            then.status(200).body(body);
        });
        let round = round(&mut stage.watch(LOW), NOW + 60).await;
        assert_eq!(round, Round { firing: true, incomplete: true }, "{body}");
    }
    assert_eq!(hook.calls(), 1);
}

#[tokio::test]
async fn notices_of_a_sink_that_is_gone_are_dropped() {
    let stage = Stage::new();
    stage.balance("1.000000");
    stage.hook_answers(500);
    round(&mut stage.watch(LOW), NOW).await;
    let mut watch = stage.watch(LOW);
    assert_eq!(watch.state.outbox.len(), 1);
    watch.rules.sinks = vec![crate::alert::sink::Sink::stdout()];
    assert!(!round(&mut watch, NOW + 60).await.incomplete);
    assert!(watch.state.outbox.is_empty());
}

#[tokio::test]
async fn undelivered_notices_are_given_up_in_the_end() {
    let stage = Stage::new();
    stage.balance("1.000000");
    stage.hook_answers(500);
    let mut watch = stage.watch(LOW);
    round(&mut watch, NOW).await;
    round(&mut watch, NOW + GIVE_UP).await;
    assert_eq!(watch.state.outbox.len(), 1);
    round(&mut watch, NOW + GIVE_UP + 1).await;
    assert!(watch.state.outbox.is_empty());
}

#[tokio::test]
async fn a_state_of_another_team_is_refused() {
    let stage = Stage::new();
    let team = |id: &str| {
        stage.api.reset();
        let body = json!({
            "ok": true, "meta": {"request_id": "req_1"}, "data": {
                "credential": {"id": "key_1", "type": "api_key"}, "label": "Key",
                "mailboxes": [], "permissions": [], "team": {"id": id, "name": "Team"},
            },
        });
        stage.api.mock(|when, then| {
            when.path("/api/v1/me");
            then.status(200).json_body(body);
        });
    };
    team("team_1");
    let mut watch = stage.watch(LOW);
    watch.identify().await.unwrap();
    assert!(watch.save());
    drop(watch);
    assert_eq!(stage.watch(LOW).identify().await, Ok(()));
    team("team_2");
    assert!(stage.watch(LOW).identify().await.unwrap_err().contains("--state"));
    stage.api.reset();
    assert_eq!(stage.watch(LOW).identify().await, Ok(()), "an API that is away refuses nothing");
}
