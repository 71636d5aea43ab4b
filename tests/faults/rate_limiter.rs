//! Requests held back by the headers of the rate limit.

use std::time::Duration;

use sendmux_client::management;

use crate::class::{BALANCE, Class, management, success};
use crate::clock::{FakeClock, LIMIT};
use crate::fault::{api_error, json, rate_limited};
use crate::server::{Reply, Server};

/// Returns a balance with the headers of a limit of 600.
fn balance(remaining: u32, reset: u64) -> Reply {
    let lines = format!(
        "X-RateLimit-Limit: 600\r\nX-RateLimit-Remaining: {remaining}\r\nX-RateLimit-Reset: {}\r\n",
        1_700_000_000 + reset
    );
    json("200 OK", &lines, &format!(r#"{{"ok":true,"data":{BALANCE}}}"#))
}

#[tokio::test]
async fn the_last_requests_of_a_window_are_spread_over_it() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, vec![balance(106, 60); 3]);
    let client = management(&server, &clock);
    client.get_balance().await.unwrap();
    assert!(clock.waits().is_empty());
    client.clone().get_balance().await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs_f64(), 0.6);
}

#[tokio::test]
async fn an_exhausted_window_is_waited_for_within_the_deadline() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [balance(0, 40), balance(599, 100)]);
    let client = management(&server, &clock);
    client.get_balance().await.unwrap();
    let error = client.get_balance().timeout(Duration::from_secs(30)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_sent());
    assert_eq!((error.attempts(), server.received().len()), (0, 1));
    client.get_balance().await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs(), 40);
}

#[tokio::test]
async fn a_429_holds_back_all_clones_for_its_retry_after() {
    let clock = FakeClock::new();
    let limited =
        api_error("429 Too Many Requests", "Retry-After: 20\r\n", "rate_limit_exceeded", true);
    let script = [limited, Class::Post.successes().remove(0)];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    assert!(client.verify_domain("mdom_1").await.unwrap_err().is_rate_limited());
    client.clone().verify_domain("mdom_2").await.unwrap();
    let wait: Duration = clock.waits().iter().sum();
    assert_eq!(wait.as_secs(), 20);
}

#[tokio::test]
async fn a_daily_limit_holds_back_nothing_else() {
    let clock = FakeClock::new();
    let lines = "Retry-After: 20\r\n";
    let limited = api_error("429 Too Many Requests", lines, "daily_limit_exceeded", true);
    let server = Server::start(&clock, [limited, Class::Post.successes().remove(0)]);
    let client = management(&server, &clock);
    client.verify_domain("mdom_1").await.unwrap_err();
    client.verify_domain("mdom_2").await.unwrap();
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn nothing_is_held_back_without_headers_or_without_pacing() {
    let clock = FakeClock::new();
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
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn endless_429s_cost_the_retry_budget_and_then_one_request_for_each_call() {
    const CALLS: usize = 1000;
    for lines in ["Retry-After: 0\r\n", "Retry-After: 1\r\n", ""] {
        let clock = FakeClock::new();
        let limited = rate_limited(lines);
        let server = Server::start(&clock, vec![limited; 2 * CALLS]);
        let client = management(&server, &clock);
        for _ in 0..CALLS {
            assert!(client.get_balance().await.unwrap_err().is_rate_limited());
        }
        assert_eq!(server.received().len(), CALLS + 100, "{lines:?}");
    }
}

#[tokio::test]
async fn waits_that_the_server_asks_for_use_up_no_attempts() {
    let clock = FakeClock::new();
    let mut script = vec![rate_limited("Retry-After: 7\r\n"); 10];
    script.push(success(BALANCE));
    let server = Server::start(&clock, script);
    let balance = management(&server, &clock).get_balance().await.unwrap();
    assert_eq!(balance.parts().attempts(), 11);
}

#[tokio::test]
async fn a_senseless_report_delays_each_call_by_a_second_at_most() {
    let exhausted = "X-RateLimit-Limit: 600\r\nX-RateLimit-Remaining: 0\r\n";
    for reset in ["", "X-RateLimit-Reset: 30\r\n", "X-RateLimit-Reset: 99999999999\r\n"] {
        let clock = FakeClock::new();
        let body = format!(r#"{{"ok":true,"data":{BALANCE}}}"#);
        let server =
            Server::start(&clock, vec![json("200 OK", &format!("{exhausted}{reset}"), &body); 20]);
        let client = management(&server, &clock);
        for _ in 0..20 {
            client.get_balance().await.unwrap();
        }
        let limit = Duration::from_secs(1);
        assert!(clock.waits().iter().all(|wait| *wait <= limit), "{reset:?}: {:?}", clock.waits());
        assert!(clock.waits().len() < 20, "{reset:?}: {:?}", clock.waits());
    }
}
