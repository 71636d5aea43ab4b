//! What is special about some repeats.

use std::time::Duration;

use sendmux_client::management::types::{EventType, WebhookCreate};
use sendmux_client::{ErrorCode, Kind, Method, RetryPolicy};

use crate::class::{BALANCE, Class, management, success};
use crate::clock::{Fake, LIMIT};
use crate::fault::{json, refusal};
use crate::server::{Reply, Server};

const CONFLICT: &str = "409 Conflict";
const UNAVAILABLE: &str = "503 Service Unavailable";

fn reset() -> Reply {
    Reply::new("").then_reset()
}

fn webhook() -> WebhookCreate {
    WebhookCreate::new("https://example.com/hook", [EventType::MessageBounced])
}

#[tokio::test]
async fn a_post_is_not_doubled_when_its_connection_is_closed_under_it() {
    let clock = Fake::new();
    let right = || Class::Post.right().remove(0);
    let script = [right().then_close(), right().then_close(), right()];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    for closed in 1..=2 {
        client.verify_domain("mdom_1").await.unwrap();
        server.wait_for_hang_ups(closed).await;
    }
    client.verify_domain("mdom_1").await.unwrap();
    assert_eq!(server.log().len(), 3);
    assert_eq!(clock.waits(), []);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let clock = Fake::new();
    let server = Server::start(&clock, vec![success(BALANCE); 3]);
    let client = management(&server, &clock);
    for _ in 0..3 {
        client.get_balance().await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_404_after_a_lost_answer_does_not_prove_that_nothing_was_deleted() {
    let gone = || refusal("404 Not Found", "", "not_found", false);
    for (script, lost) in [(vec![reset(), gone()], true), (vec![gone()], false)] {
        let clock = Fake::new();
        let server = Server::start(&clock, script);
        let error = management(&server, &clock).delete_webhook("whk_1").await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.earlier_attempt_unanswered(), lost);
    }
}

#[tokio::test]
async fn an_idempotency_conflict_is_waited_out_only_after_silence() {
    let conflict = || refusal(CONFLICT, "", "idempotency_conflict", false);
    let right = || Class::KeyedPost.right().remove(0);
    let gateway = || json("504 Gateway Timeout", "", "upstream timed out");

    for lost in [reset(), gateway()] {
        let clock = Fake::new();
        let server = Server::start(&clock, [lost, conflict(), right()]);
        let created = management(&server, &clock).create_webhook(webhook()).await.unwrap();
        assert_eq!(created.attempts(), 3);
        let log = server.log();
        assert!(log.iter().all(|seen| *seen == log[0]), "{log:#?}");
    }

    let clock = Fake::new();
    let busy = refusal(UNAVAILABLE, "", "service_unavailable", true);
    let server = Server::start(&clock, [busy, conflict()]);
    let error = management(&server, &clock).create_webhook(webhook()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IdempotencyConflict));
    assert_eq!((error.attempts(), server.log().len()), (2, 2));
}

#[tokio::test]
async fn the_callers_key_goes_out_as_it_is_and_is_told() {
    let clock = Fake::new();
    let server = Server::start(&clock, [reset(), reset(), reset(), reset()]);
    let call = management(&server, &clock).create_webhook(webhook()).idempotency_key("order-17");
    let error = call.await.unwrap_err();
    assert_eq!((error.idempotency_key(), error.attempts()), (Some("order-17"), 4));
    let log = server.log();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|seen| seen.header("idempotency-key") == Some("order-17")));
}

#[tokio::test]
async fn a_key_does_not_make_every_post_repeatable() {
    let clock = Fake::new();
    let server = Server::start(&clock, [reset()]);
    let call = management(&server, &clock).verify_domain("mdom_1");
    let error = call.header("Idempotency-Key", "order-17").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connection, 1));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn who_is_refused_a_connection_has_sent_nothing() {
    let clock = Fake::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", port.local_addr().unwrap());
    drop(port);
    let client = sendmux_client::management::Client::builder("smx_root_test")
        .base_url(url)
        .clock(clock.clone())
        .attempt_timeout(LIMIT)
        .call_timeout(2 * LIMIT)
        .build()
        .unwrap();
    let error = client.verify_domain("mdom_1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connect, 4));
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn what_was_sent_once_counts_as_sent_whatever_follows() {
    let clock = Fake::new();
    let server = Server::start_once(&clock, [reset()]);
    let retries = RetryPolicy::default().max_attempts(2);
    let error = management(&server, &clock).get_balance().retry(retries).await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert!(error.may_have_been_sent());
    assert!(error.earlier_attempt_unanswered());
}

#[tokio::test]
async fn waits_grow() {
    let clock = Fake::new();
    let busy = || refusal(UNAVAILABLE, "", "service_unavailable", true);
    let server = Server::start(&clock, vec![busy(); 9]);
    let policy = RetryPolicy::default().max_attempts(9);
    let client = management(&server, &clock);
    client.get_balance().retry(policy).await.unwrap_err();
    let millis: Vec<_> = clock.waits().iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
}

#[tokio::test]
async fn a_wait_that_the_call_has_no_time_for_is_an_error_at_once() {
    let clock = Fake::new();
    let busy = refusal(UNAVAILABLE, "Retry-After: 1500\r\n", "service_unavailable", true);
    let server = Server::start(&clock, [busy]);
    let policy = RetryPolicy::default().max_server_wait(2 * LIMIT);
    let client = management(&server, &clock);
    let error = client.get_balance().retry(policy).timeout(LIMIT).await.unwrap_err();
    assert_eq!((error.attempts(), server.log().len()), (1, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1500)));
    assert_eq!(clock.waits(), []);
}

#[tokio::test]
async fn an_outage_is_not_made_worse() {
    let clock = Fake::new();
    let busy = || refusal(UNAVAILABLE, "", "service_unavailable", true);
    let server = Server::start(&clock, vec![busy(); 1000]);
    let client = management(&server, &clock);
    let mut attempts = Vec::new();
    for _ in 0..200 {
        attempts.push(client.clone().get_balance().await.unwrap_err().attempts());
    }
    assert_eq!(attempts[..33], [4; 33]);
    assert_eq!(attempts[33], 2);
    assert_eq!(attempts[34..], [1; 166]);
    assert_eq!(server.log().len(), 300);

    let recovered = Server::start(&clock, vec![success(BALANCE); 5]);
    let elsewhere = management(&recovered, &clock);
    assert_eq!(elsewhere.get_balance().await.unwrap().attempts(), 1);
}

#[tokio::test]
async fn an_operation_without_a_method_is_repeated_as_others_are() {
    let answer = || success("{}");
    for (method, key, repeated) in [
        (Method::GET, None, true),
        (Method::PUT, None, true),
        (Method::POST, None, false),
        (Method::PATCH, None, false),
        (Method::POST, Some("order-1"), true),
    ] {
        let clock = Fake::new();
        let server = Server::start(&clock, [Reply::new("").then_reset(), answer()]);
        let mut request = management(&server, &clock).request(method.clone(), "/new/operation");
        if let Some(key) = key {
            request = request.idempotency_key(key);
        }
        let result = request.send::<serde_json::Value>().await;
        assert_eq!(result.is_ok(), repeated, "{method} {key:?}");
        assert_eq!(server.log().len(), 1 + usize::from(repeated), "{method} {key:?}");
    }
}
