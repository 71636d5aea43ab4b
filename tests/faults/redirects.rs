//! Redirects of the API.

use sendmux_client::Kind;

use crate::class::{BALANCE, Class, management, success};
use crate::clock::FakeClock;
use crate::fault::response;
use crate::server::{Reply, Server};

fn redirect(status: &str, to: &str) -> Reply {
    response(status, &format!("Location: {to}\r\n"), "")
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let clock = FakeClock::new();
    let other = Server::start(&clock, [success(BALANCE)]);
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = Server::start(&clock, [redirect(status, &other.url())]);
        let error = management(&server, &clock).get_balance().await.unwrap_err();
        assert_eq!(error.kind(), Kind::UnexpectedStatus);
        assert_eq!(error.headers().unwrap()["location"], *other.url());
    }
    assert_eq!(other.received().len(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_origin_repeats_the_request() {
    let clock = FakeClock::new();
    let right = Class::KeyedPost.successes().remove(0);
    let script = [redirect("307 Temporary Redirect", "/api/v1/hooks"), right];
    let server = Server::start(&clock, script);
    Class::KeyedPost.call(&server, &clock).await.unwrap();
    let received = server.received();
    assert_eq!(
        (received[1].method.as_str(), received[1].target.as_str()),
        ("POST", "/api/v1/hooks")
    );
    assert_eq!(received[0].body, received[1].body);
    for name in ["idempotency-key", "authorization"] {
        assert_eq!(received[0].header(name), received[1].header(name));
    }
    assert_eq!(received[1].header("referer"), None);
}

#[tokio::test]
async fn a_redirect_never_turns_a_write_into_a_read() {
    for status in ["301 Moved Permanently", "302 Found", "303 See Other"] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [redirect(status, "/api/v1/webhooks")]);
        let error = Class::KeyedPost.call(&server, &clock).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::UnexpectedStatus, 1));
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let clock = FakeClock::new();
    let script = vec![redirect("307 Temporary Redirect", "/api/v1/billing/balance"); 50];
    let server = Server::start(&clock, script);
    let error = management(&server, &clock).get_balance().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert_eq!(server.received().len(), 6);
}
