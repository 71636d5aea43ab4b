//! Retries beyond those of the matrix, and the timeouts of attempts.

use std::time::Duration;

use sendmux_client::management::types::{EventType, WebhookCreate};
use sendmux_client::{ErrorCode, Kind, Method, RetryPolicy};

use crate::class::{BALANCE, Class, management, success};
use crate::clock::{FakeClock, LIMIT};
use crate::fault::{UNAVAILABLE, api_error, json, reset, unavailable};
use crate::server::{Reply, Server};

const CONFLICT: &str = "409 Conflict";

fn webhook() -> WebhookCreate {
    WebhookCreate::new("https://example.com/hook", [EventType::MessageBounced])
}

#[tokio::test]
async fn a_post_is_sent_once_after_its_connection_was_closed() {
    let clock = FakeClock::new();
    let right = || Class::Post.successes().remove(0);
    let script = [right().then_close(), right().then_close(), right()];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    for closed in 1..=2 {
        client.verify_domain("mdom_1").await.unwrap();
        server.wait_for_disconnects(closed).await;
    }
    client.verify_domain("mdom_1").await.unwrap();
    assert_eq!(server.received().len(), 3);
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn a_connection_is_reused() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, vec![success(BALANCE); 3]);
    let client = management(&server, &clock);
    for _ in 0..3 {
        client.get_balance().await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_404_after_a_lost_response_is_marked_as_uncertain() {
    let gone = || api_error("404 Not Found", "", "not_found", false);
    for (script, lost) in [(vec![reset(), gone()], true), (vec![gone()], false)] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, script);
        let error = management(&server, &clock).delete_webhook("whk_1").await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.earlier_attempt_unanswered(), lost);
    }
}

#[tokio::test]
async fn an_idempotency_conflict_is_retried_only_after_a_lost_response() {
    let conflict = || api_error(CONFLICT, "", "idempotency_conflict", false);
    let right = || Class::KeyedPost.successes().remove(0);
    let gateway = || json("504 Gateway Timeout", "", "upstream timed out");

    for lost in [reset(), gateway()] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [lost, conflict(), right()]);
        let created = management(&server, &clock).create_webhook(webhook()).await.unwrap();
        assert_eq!(created.parts().attempts(), 3);
        let received = server.received();
        assert!(received.iter().all(|request| *request == received[0]), "{received:#?}");
    }

    let clock = FakeClock::new();
    let server = Server::start(&clock, [unavailable(), conflict()]);
    let error = management(&server, &clock).create_webhook(webhook()).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::IdempotencyConflict));
    assert_eq!((error.attempts(), server.received().len()), (2, 2));
}

#[tokio::test]
async fn the_callers_idempotency_key_is_sent_unchanged_and_returned() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [reset(), reset(), reset(), reset()]);
    let call = management(&server, &clock).create_webhook(webhook()).idempotency_key("order-17");
    let error = call.await.unwrap_err();
    assert_eq!((error.idempotency_key(), error.attempts()), (Some("order-17"), 4));
    let received = server.received();
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|request| request.header("idempotency-key") == Some("order-17")));
}

#[tokio::test]
async fn an_idempotency_key_does_not_make_every_post_retryable() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [reset()]);
    let call = management(&server, &clock).verify_domain("mdom_1");
    let error = call.header("Idempotency-Key", "order-17").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connection, 1));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn nothing_was_sent_if_every_connection_is_refused() {
    let clock = FakeClock::new();
    // Bound but not listening: connections are refused, and the port stays taken.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/api/v1", socket.local_addr().unwrap());
    let client = sendmux_client::management::Client::builder("smx_root_test")
        .base_url(url)
        .clock(clock.clone())
        .attempt_timeout(LIMIT)
        .call_timeout(2 * LIMIT)
        .build()
        .unwrap();
    let error = client.verify_domain("mdom_1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Connect, 4));
    assert!(error.is_connect() && !error.may_have_been_sent());
}

#[tokio::test]
async fn a_request_sent_once_counts_as_sent_whatever_follows() {
    let clock = FakeClock::new();
    let server = Server::start_once(&clock, [reset()]);
    let retries = RetryPolicy::default().max_attempts(2);
    let error = management(&server, &clock).get_balance().retry(retries).await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert!(error.may_have_been_sent());
    assert!(error.earlier_attempt_unanswered());
}

#[tokio::test]
async fn backoff_doubles_up_to_its_limit() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, vec![unavailable(); 9]);
    let policy = RetryPolicy::default().max_attempts(9);
    let client = management(&server, &clock);
    client.get_balance().retry(policy).await.unwrap_err();
    let millis: Vec<_> = clock.waits().iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_an_error_at_once() {
    let clock = FakeClock::new();
    let busy = api_error(UNAVAILABLE, "Retry-After: 1500\r\n", "service_unavailable", true);
    let server = Server::start(&clock, [busy]);
    let policy = RetryPolicy::default().max_server_wait(2 * LIMIT);
    let client = management(&server, &clock);
    let error = client.get_balance().retry(policy).timeout(LIMIT).await.unwrap_err();
    assert_eq!((error.attempts(), server.received().len()), (1, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1500)));
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn the_retry_budget_limits_retries_in_an_outage() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, vec![unavailable(); 1000]);
    let client = management(&server, &clock);
    let mut attempts = Vec::new();
    for _ in 0..200 {
        attempts.push(client.clone().get_balance().await.unwrap_err().attempts());
    }
    assert_eq!(attempts[..33], [4; 33]);
    assert_eq!(attempts[33], 2);
    assert_eq!(attempts[34..], [1; 166]);
    assert_eq!(server.received().len(), 300);

    let recovered = Server::start(&clock, vec![success(BALANCE); 5]);
    let elsewhere = management(&recovered, &clock);
    assert_eq!(elsewhere.get_balance().await.unwrap().parts().attempts(), 1);
}

#[tokio::test]
async fn a_raw_request_is_retried_by_the_same_rules() {
    for (method, key, repeated) in [
        (Method::GET, None, true),
        (Method::PUT, None, true),
        (Method::POST, None, false),
        (Method::PATCH, None, false),
        (Method::POST, Some("order-1"), true),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [reset(), success("{}")]);
        let mut request = management(&server, &clock).request(method.clone(), "/new/operation");
        if let Some(key) = key {
            request = request.idempotency_key(key);
        }
        let result = request.send::<serde_json::Value>().await;
        assert_eq!(result.is_ok(), repeated, "{method} {key:?}");
        assert_eq!(server.received().len(), 1 + usize::from(repeated), "{method} {key:?}");
    }
}

#[tokio::test]
async fn a_stalled_attempt_ends_at_its_timeout() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [Reply::new("").then_stall()]);
    let error = management(&server, &clock).verify_domain("mdom_1").await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_been_sent());
    assert_eq!((error.attempts(), error.status()), (1, None));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_stalled_credential_provider_ends_at_the_timeout() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let never =
        sendmux_client::Credential::provider(std::future::pending::<Result<_, std::io::Error>>);
    let client = sendmux_client::management::Client::builder(never)
        .base_url(server.url())
        .clock(clock.clone())
        .attempt_timeout(LIMIT)
        .call_timeout(LIMIT)
        .build()
        .unwrap();
    clock.expire();
    let error = client.get_balance().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Credential, 0));
    assert!(!error.may_have_been_sent());
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn a_compressed_response_that_was_not_requested_is_named() {
    let clock = FakeClock::new();
    let script = [
        json("200 OK", "Content-Encoding: Deflate\r\n", "\u{1f}x"),
        json("502 Bad Gateway", "Content-Encoding: br\r\n", "x"),
        json("200 OK", "Content-Encoding: identity\r\n", &format!(r#"{{"data":{BALANCE}}}"#)),
    ];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    let error = client.get_balance().await.unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("deflate-encoded"), "{error}");
    let error = client.get_balance().retry(RetryPolicy::none()).await.unwrap_err();
    assert!(error.to_string().contains("br-encoded"), "{error}");
    client.get_balance().await.unwrap();
    let expected = if cfg!(feature = "gzip") { "gzip" } else { "identity" };
    let asked =
        |request: &crate::server::Received| request.header("accept-encoding") == Some(expected);
    assert!(server.received().iter().all(asked));
}

#[tokio::test]
async fn words_of_a_server_are_bounded_and_harmless_in_an_error() {
    let clock = FakeClock::new();
    let foreign = "\u{1b}[31m\u{202e}\u{2066}\u{7f}".to_owned() + &"x".repeat(100_000);
    let quoted = serde_json::to_string(&foreign).unwrap();
    let api = format!(
        r#"{{"error":{{"code":{quoted},"message":{quoted},"param":{quoted}}},"meta":{{"request_id":{quoted}}}}}"#
    );
    let data = format!(r#"{{"ok":true,"data":{{"balance":{quoted}}}}}"#);
    let named = format!(r#"{{"ok":true,"data":{{{quoted}:1}}}}"#);
    for (status, body) in [("400 Bad Request", api), ("200 OK", data), ("200 OK", named)] {
        let server = Server::start(&clock, [json(status, "", &body)]);
        let error = management(&server, &clock).get_balance().await.unwrap_err();
        let mut texts = vec![error.to_string(), format!("{error:?}"), format!("{error:#?}")];
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            texts.extend([cause.to_string(), format!("{cause:?}")]);
            source = cause.source();
        }
        for text in texts {
            let bad = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}".contains(c);
            assert!(!text.contains(bad), "{}", text.escape_debug());
            assert!(text.len() < 4000, "{}", text.len());
        }
    }
}
