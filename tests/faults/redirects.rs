//! Where a request must not go.

use sendmux_client::Kind;

use crate::class::{BALANCE, Class, management, success};
use crate::clock::Fake;
use crate::fault::answer;
use crate::server::{Reply, Server};

fn redirect(status: &str, to: &str) -> Reply {
    answer(status, &format!("Location: {to}\r\n"), "")
}

#[tokio::test]
async fn another_origin_gets_nothing() {
    let clock = Fake::new();
    let other = Server::start(&clock, [success(BALANCE)]);
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = Server::start(&clock, [redirect(status, &other.url())]);
        let error = management(&server, &clock).get_balance().await.unwrap_err();
        assert_eq!(error.kind(), Kind::UnexpectedStatus);
        assert_eq!(error.headers().unwrap()["location"], *other.url());
    }
    assert_eq!(other.log().len(), 0);
}

#[tokio::test]
async fn within_the_origin_a_redirect_keeps_the_request() {
    let clock = Fake::new();
    let right = Class::KeyedPost.right().remove(0);
    let script = [redirect("307 Temporary Redirect", "/api/v1/hooks"), right];
    let server = Server::start(&clock, script);
    Class::KeyedPost.call(&server, &clock).await.unwrap();
    let log = server.log();
    assert_eq!((log[1].method.as_str(), log[1].target.as_str()), ("POST", "/api/v1/hooks"));
    assert_eq!(log[0].body, log[1].body);
    for name in ["idempotency-key", "authorization"] {
        assert_eq!(log[0].header(name), log[1].header(name));
    }
    assert_eq!(log[1].header("referer"), None);
}

#[tokio::test]
async fn no_redirect_turns_a_write_into_a_read() {
    for status in ["301 Moved Permanently", "302 Found", "303 See Other"] {
        let clock = Fake::new();
        let server = Server::start(&clock, [redirect(status, "/api/v1/webhooks")]);
        let error = Class::KeyedPost.call(&server, &clock).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::UnexpectedStatus, 1));
        assert_eq!(server.log().len(), 1);
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let clock = Fake::new();
    let script = vec![redirect("307 Temporary Redirect", "/api/v1/billing/balance"); 50];
    let server = Server::start(&clock, script);
    let error = management(&server, &clock).get_balance().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert_eq!(server.log().len(), 6);
}
