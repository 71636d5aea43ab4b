//! Responses that only a hostile or broken server or proxy sends.

use std::time::Duration;

use sendmux_client::{Error, Kind, Method, RetryPolicy};

use crate::class::{BALANCE, Class, management, success};
use crate::clock::FakeClock;
use crate::fault::{json, rate_limited, response};
use crate::server::{Reply, Server};

/// What another caller's account would have.
const FOREIGN: &str = r#"{"balance":"99","balance_purchased":"99","balance_consumed":"0","currency":"EUR","auto_topup":{"enabled":false,"monthly_used":"0"}}"#;

fn body() -> String {
    format!(r#"{{"ok":true,"data":{BALANCE}}}"#)
}

/// Reads the balance once.
async fn balance(server: &Server, clock: &FakeClock) -> Result<String, Error> {
    let request = management(server, clock).get_balance().retry(RetryPolicy::none());
    request.await.map(|balance| balance.currency.to_string())
}

#[tokio::test]
async fn interim_responses_are_skipped_but_not_for_ever() {
    let clock = FakeClock::new();
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
    let last = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body().len(), body());
    let script =
        [Reply::new(interim.repeat(500) + &last), Reply::new(interim.repeat(20_000)).then_stall()];
    let server = Server::start(&clock, script);
    assert_eq!(balance(&server, &clock).await.unwrap(), "USD");
    let error = balance(&server, &clock).await.unwrap_err();
    assert!(error.may_have_been_sent(), "{error:?}");
}

#[tokio::test]
async fn bytes_after_a_response_are_not_the_next_one() {
    let foreign = format!(r#"{{"ok":true,"data":{FOREIGN}}}"#);
    let smuggled = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{foreign}", foreign.len());
    for first in [
        format!("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n{smuggled}"),
        format!("HTTP/1.1 204 No Content\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len()),
        format!("HTTP/1.1 304 Not Modified\r\n\r\n{smuggled}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{{}}{smuggled}"),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{smuggled}"
        ),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [Reply::new(first.clone()), success(BALANCE)]);
        let client = management(&server, &clock);
        let request = client.request(Method::DELETE, "/things").retry(RetryPolicy::none());
        let _ = request.send::<serde_json::Value>().await;
        let balance = client.get_balance().await.unwrap();
        assert_eq!(balance.currency.to_string(), "USD", "{first}");
    }
}

#[tokio::test]
async fn a_length_that_cannot_be_true_is_an_error() {
    let body = body();
    let length = body.len();
    for lines in [
        format!("Content-Length: {length}\r\nContent-Length: {}\r\n", length + 1),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 99999999999999999999999\r\n".to_owned(),
        format!("Content-Length: {}\r\n", length - 1),
        format!("Content-Length: {}\r\n", length + 1),
        "Transfer-Encoding: chunked, identity, chunked\r\nContent-Length: 3\r\n".to_owned(),
    ] {
        let clock = FakeClock::new();
        let reply = Reply::new(format!("HTTP/1.1 200 OK\r\n{lines}\r\n{body}")).then_close();
        let server = Server::start(&clock, [reply]);
        let error = balance(&server, &clock).await.unwrap_err();
        assert!(error.may_have_been_sent(), "{lines} {error:?}");
    }
}

#[tokio::test]
async fn trailers_are_skipped_and_floods_of_header_lines_are_errors() {
    let body = body();
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n", body.len());
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n";
    let clock = FakeClock::new();
    let server = Server::start(&clock, [Reply::new(format!("{chunked}{chunk}X-A: b\r\n\r\n"))]);
    assert_eq!(balance(&server, &clock).await.unwrap(), "USD");
    let rest = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for flood in [
        format!("{chunked}{chunk}{}", "X-A: b\r\n".repeat(100_000)),
        format!("{chunked}{};{}", 1, "x".repeat(1_000_000)),
        format!("HTTP/1.1 200 OK\r\n{}{rest}", "X-A: b\r\n".repeat(10_000)),
        format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n{rest}", "b".repeat(4_000_000)),
        format!("HTTP/1.1 200 {}\r\n{rest}", "b".repeat(4_000_000)),
    ] {
        let server = Server::start(&clock, [Reply::new(flood.clone()).then_close()]);
        let error = balance(&server, &clock).await.unwrap_err();
        assert!(error.may_have_been_sent() && error.to_string().len() < 1000, "{error}");
    }
}

#[tokio::test]
async fn a_senseless_retry_after_is_told_and_locks_nobody_out() {
    for wait in ["1e300", "inf", "86400", "18446744073709551616", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let clock = FakeClock::new();
        let limited = rate_limited(&format!("Retry-After: {wait}\r\n"));
        let server = Server::start(&clock, [limited, success(BALANCE)]);
        let client = management(&server, &clock);
        let error = client.get_balance().await.unwrap_err();
        assert!(error.is_rate_limited() && error.retry_after().is_some(), "{wait}: {error}");
        client.get_balance().await.unwrap();
        assert!(clock.waits().iter().sum::<Duration>() <= Duration::from_secs(1), "{wait}");
    }
    for nonsense in ["-1", "NaN", "soon", "", "Sun, 06 Nov 1994 08:49:37 GMT", "\u{202e}1"] {
        let clock = FakeClock::new();
        let limited = rate_limited(&format!("Retry-After: {nonsense}\r\n"));
        let server = Server::start(&clock, [limited, success(BALANCE)]);
        let balance = management(&server, &clock).get_balance().await.unwrap();
        assert_eq!(balance.parts().attempts(), 2, "{nonsense}");
        assert!(clock.waits().iter().sum::<Duration>() <= Duration::from_secs(1), "{nonsense}");
    }
}

#[tokio::test]
async fn a_coding_is_found_whatever_stands_beside_it() {
    for lines in [
        "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n",
        "Content-Encoding: identity, x-gzip\r\n",
        "Content-Encoding: gzip, gzip\r\n",
        "content-encoding:zstd\r\n",
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [json("200 OK", lines, "\u{1f}x")]);
        let error = balance(&server, &clock).await.unwrap_err();
        assert!(error.is_decode() && error.to_string().contains("-encoded"), "{lines} {error}");
    }
    for lines in ["Content-Encoding: \r\n", "Content-Encoding: Identity, identity\r\n"] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [json("200 OK", lines, &body())]);
        assert_eq!(balance(&server, &clock).await.unwrap(), "USD", "{lines}");
    }
}

#[tokio::test]
async fn no_form_of_redirect_carries_a_credential_elsewhere() {
    let clock = FakeClock::new();
    let other = Server::start(&clock, [success(BALANCE)]);
    let port = other.port();
    for to in [
        format!("//127.0.0.1:{port}/api/v1/billing/balance"),
        format!("\\\\127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://smx_root_test@127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("/\\127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        "http://".to_owned(),
    ] {
        let reply = response("307 Temporary Redirect", &format!("Location: {to}\r\n"), "");
        let server = Server::start(&clock, [reply]);
        let error = Class::Get.call(&server, &clock).await.unwrap_err();
        assert_eq!(error.kind(), Kind::UnexpectedStatus, "{to} {error:?}");
    }
    assert_eq!(other.connections(), 0);
}
