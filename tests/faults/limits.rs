//! Time limits, size limits, and the pace.

use std::time::Duration;

use sendmux_client::{Kind, management};

use crate::class::{BALANCE, Class, management, success};
use crate::clock::{Fake, LIMIT};
use crate::fault::{json, refusal};
use crate::server::{Reply, Server};

/// A balance, with these figures of a limit of 600.
fn balance(remaining: u32, reset: u64) -> Reply {
    let lines = format!(
        "X-RateLimit-Limit: 600\r\nX-RateLimit-Remaining: {remaining}\r\nX-RateLimit-Reset: {}\r\n",
        1_700_000_000 + reset
    );
    json("200 OK", &lines, &format!(r#"{{"ok":true,"data":{BALANCE}}}"#))
}

#[tokio::test]
async fn an_attempt_that_stalls_ends_at_its_limit() {
    let clock = Fake::new();
    let server = Server::start(&clock, [Reply::new("").then_stall()]);
    let error = management(&server, &clock).verify_domain("mdom_1").await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_been_sent());
    assert_eq!((error.attempts(), error.status()), (1, None));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_credential_that_does_not_come_ends_at_the_limit() {
    let clock = Fake::new();
    let server = Server::start(&clock, []);
    let never =
        sendmux_client::Credential::provider(std::future::pending::<Result<_, std::io::Error>>);
    let client = management::Client::builder(never)
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
    assert_eq!(server.log().len(), 0);
}

#[tokio::test]
async fn a_download_takes_as_long_as_bytes_come() {
    let clock = Fake::new();
    let head = "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Length: 9\r\n\r\nabc";
    let server = Server::start(&clock, [Reply::new(head).then_stall()]);
    let client = crate::class::mailbox(&server, &clock);
    let mut download = client.get_message_attachment("m1", "a1").await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "abc");
    let error = download.chunk().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.request_id(), Some("req_1"));
    assert!(download.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn the_last_of_an_allowance_is_spread_over_the_window() {
    let clock = Fake::new();
    let server = Server::start(&clock, vec![balance(106, 60); 3]);
    let client = management(&server, &clock);
    client.get_balance().await.unwrap();
    assert_eq!(clock.waits(), []);
    client.clone().get_balance().await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs_f64(), 0.6);
}

#[tokio::test]
async fn a_spent_allowance_is_waited_for_but_not_beyond_the_calls_time() {
    let clock = Fake::new();
    let server = Server::start(&clock, [balance(0, 40), balance(599, 100)]);
    let client = management(&server, &clock);
    client.get_balance().await.unwrap();
    let error = client.get_balance().timeout(Duration::from_secs(30)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_sent());
    assert_eq!((error.attempts(), server.log().len()), (0, 1));
    client.get_balance().await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs(), 40);
}

#[tokio::test]
async fn a_refusal_stops_all_clones_for_as_long_as_the_server_asks() {
    let clock = Fake::new();
    let limited =
        refusal("429 Too Many Requests", "Retry-After: 20\r\n", "rate_limit_exceeded", true);
    let script = [limited, Class::Post.right().remove(0)];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    assert!(client.verify_domain("mdom_1").await.unwrap_err().is_rate_limited());
    client.clone().verify_domain("mdom_2").await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs(), 20);
}

#[tokio::test]
async fn a_daily_limit_stops_nothing_else() {
    let clock = Fake::new();
    let lines = "Retry-After: 20\r\n";
    let limited = refusal("429 Too Many Requests", lines, "daily_limit_exceeded", true);
    let server = Server::start(&clock, [limited, Class::Post.right().remove(0)]);
    let client = management(&server, &clock);
    client.verify_domain("mdom_1").await.unwrap_err();
    client.verify_domain("mdom_2").await.unwrap();
    assert_eq!(clock.waits(), []);
}

#[tokio::test]
async fn nothing_is_held_back_without_figures_or_without_pacing() {
    let clock = Fake::new();
    let server = Server::start(&clock, vec![success(BALANCE); 50]);
    let client = management(&server, &clock);
    for _ in 0..50 {
        client.get_balance().await.unwrap();
    }
    let server = Server::start(&clock, vec![balance(0, 60); 5]);
    let builder = management::Client::builder("smx_root_test").base_url(server.url());
    let builder = builder.clock(clock.clone()).attempt_timeout(LIMIT).call_timeout(LIMIT);
    let client = builder.pacing(false).build().unwrap();
    for _ in 0..5 {
        client.get_balance().await.unwrap();
    }
    assert_eq!(clock.waits(), []);
}
