//! Results that are made without a server are like those of calls.

use std::time::Duration;

use sendmux_client::management::types::{Balance, Domain};
use sendmux_client::management::{Client, GetBalance};
use sendmux_client::mock::{ResultBuilder, Sample, Server};
use sendmux_client::{Conditional, ETag, Error, ErrorCode, Kind, Request, Response};
use serde_json::json;

/// Returns the error of a call to which a server replies so.
async fn of_call(status: u16, code: &str, message: &str) -> Error {
    let server = Server::start();
    let client: Client = server.client();
    let _balance = server
        .when(client.get_balance())
        .then(|reply| reply.error(status, code, message).retryable(false).request_id("req_1"));
    client.get_balance().await.unwrap_err()
}

#[tokio::test]
async fn an_error_is_the_same_as_that_of_a_call() {
    for (status, code) in [(401, "authentication_required"), (429, "rate_limit_exceeded")] {
        let error = json!({"code": code, "message": "No.", "retryable": false});
        let built = ResultBuilder::new().status(status).request_id("req_1");
        let built = built.operation(GetBalance::operation()).api_error_json(&error);
        let called = of_call(status, code, "No.").await;
        assert_eq!(built.to_string(), called.to_string());
        assert_eq!(format!("{built:?}"), format!("{called:?}"));
        assert_eq!(built.may_have_been_sent(), called.may_have_been_sent());
    }
}

#[test]
fn an_error_has_all_that_an_api_error_has() {
    let error = ResultBuilder::new()
        .status(409)
        .etag("\"v2\"")
        .retry_after(Duration::from_secs(9))
        .attempts(3)
        .idempotency_key("key-1")
        .cursor("c9")
        .api_error_json(&json!({
            "code": "conflict", "message": "Changed.", "param": "name",
            "errors": [{"field": "name", "code": "taken", "message": "Taken."}],
        }));
    assert!(error.is_precondition_failed());
    assert_eq!(error.code(), Some(&ErrorCode::Conflict));
    assert_eq!(error.etag(), Some(ETag::new("\"v2\"")));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
    assert_eq!((error.attempts(), error.idempotency_key()), (3, Some("key-1")));
    assert_eq!((error.cursor(), error.param()), (Some("c9"), Some("name")));
    assert_eq!(error.issues()[0].code, "taken");
}

#[test]
fn every_kind_of_failure_can_be_made() {
    for (kind, sent) in [
        (Kind::Configuration, false),
        (Kind::Credential, false),
        (Kind::Request, false),
        (Kind::Connect, false),
        (Kind::Certificate, false),
        (Kind::Timeout, true),
        (Kind::Connection, true),
        (Kind::TooLarge, true),
        (Kind::Pagination, true),
        (Kind::MissingETag, false),
    ] {
        let error = ResultBuilder::new().failure(kind);
        assert_eq!((error.kind(), error.may_have_been_sent()), (kind, sent));
        assert_eq!(error.status(), None);
    }
    let unsent = ResultBuilder::new().may_have_been_sent(false).failure(Kind::Connection);
    assert!(!unsent.may_have_been_sent());
    let decode = ResultBuilder::new().decode_error("data.balance", "{}");
    assert!(decode.is_decode());
    assert_eq!((decode.field(), decode.body()), (Some("data.balance"), &b"{}"[..]));
    let gateway = ResultBuilder::new().status(502).error_body("<h1>Bad Gateway</h1>");
    assert_eq!(gateway.kind(), Kind::UnexpectedStatus);
}

#[test]
fn responses_and_pages_have_the_parts_they_were_given() {
    let built = || {
        ResultBuilder::new()
            .status(201)
            .header("x-ratelimit-remaining", "7")
            .header("location", "/api/v1/domains/mdom_1")
            .etag("\"v1\"")
            .meta("request_id", "req_1")
            .meta("sync_state", "s1")
    };
    let response: Response<Balance> = built().response(Balance::sample());
    let parts = response.parts();
    assert_eq!(parts.status(), 201);
    assert_eq!((parts.request_id(), parts.meta().sync_state()), (Some("req_1"), Some("s1")));
    assert_eq!(parts.rate_limit().unwrap().remaining, Some(7));
    assert_eq!(parts.location(), Some("/api/v1/domains/mdom_1"));
    assert_eq!(response, built().response(Balance::sample()));

    let page = built().next_cursor("c2").page([Domain::sample(), Domain::sample()]);
    assert_eq!((page.len(), page.has_more(), page.next_cursor()), (2, true, Some("c2")));
    let last = built().page(Vec::<Domain>::new());
    assert_eq!((last.has_more(), last.next_cursor()), (false, None));

    let same: Conditional<Response<Balance>> = ResultBuilder::new().etag("\"v1\"").not_modified();
    let Conditional::NotModified(same) = same else { panic!("{same:?}") };
    assert_eq!(same.parts().status(), 304);
}
