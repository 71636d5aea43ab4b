use std::error::Error as _;
use std::time::Duration;

use httpmock::MockServer;
use sendmux_client::sending::types::AttachmentUploadCreate;
use sendmux_client::{Error, ErrorCode, Kind, sending};
use serde_json::{Value, json};

use crate::client;

/// The error of a call that this answer comes to.
async fn error(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.path("/domains/mdom_1");
        let mut then = then.status(status).body(body);
        for (name, value) in headers {
            then = then.header(*name, *value);
        }
    });
    let outcome = client(&server).get_domain("mdom_1").await;
    mock.assert_calls(1);
    outcome.unwrap_err()
}

fn current(code: &str, retryable: bool) -> Value {
    json!({"ok": false, "meta": {"request_id": "req_9"}, "error": {
        "code": code, "message": "Words\nfor people", "retryable": retryable,
        "doc_url": "https://example.com/errors"}})
}

/// Every row of the API's error table: status, code, and whether a repeat may help by default.
const TABLE: [(u16, &str, bool); 17] = [
    (400, "invalid_parameter", false),
    (400, "missing_parameter", false),
    (401, "authentication_required", false),
    (402, "insufficient_credits", false),
    (403, "insufficient_permissions", false),
    (403, "billing_restricted", false),
    (404, "not_found", false),
    (409, "conflict", false),
    (409, "limit_exceeded", false),
    (409, "idempotency_conflict", false),
    (413, "payload_too_large", false),
    (422, "validation_error", false),
    (429, "rate_limit_exceeded", true),
    (429, "daily_limit_exceeded", true),
    (500, "internal_error", true),
    (503, "service_unavailable", true),
    (503, "no_active_providers", true),
];

#[tokio::test]
async fn every_code_in_both_envelopes() {
    for (status, code, by_default) in TABLE {
        let body = current(code, !by_default).to_string();
        let found = error(status, &[("x-request-id", "req_header")], &body).await;
        assert_eq!(found.kind(), Kind::Api);
        assert_eq!(found.status().unwrap(), status);
        assert_eq!(found.code(), Some(&ErrorCode::from(code)));
        assert!(!matches!(found.code(), Some(ErrorCode::Unknown(_))), "{code}");
        assert_eq!(found.request_id(), Some("req_9"));
        assert_eq!(found.is_retryable(), !by_default, "{code}: the body's word counts");
        assert!(found.may_have_been_sent());
        assert!(!found.to_string().contains('\n'));
        let legacy = json!({"error": {"code": code, "message": "m"}, "meta": {"request_id": "r"}, "ok": false});
        let found = error(status, &[], &legacy.to_string()).await;
        assert_eq!(found.code(), Some(&ErrorCode::from(code)));
        assert_eq!(found.is_retryable(), by_default, "{code}: the status decides");
    }
}

#[tokio::test]
async fn questions_have_their_answers() {
    let of = |status, code: &'static str| async move {
        error(status, &[("etag", "W/\"2\"")], &current(code, false).to_string()).await
    };
    assert!(of(401, "authentication_required").await.is_unauthorized());
    assert!(of(404, "not_found").await.is_not_found());
    assert!(of(429, "rate_limit_exceeded").await.is_rate_limited());
    let stale = of(409, "conflict").await;
    assert!(stale.is_precondition_failed());
    assert_eq!(stale.etag().unwrap().as_str(), "W/\"2\"");
    assert!(!of(409, "limit_exceeded").await.is_precondition_failed());
    assert!(of(412, "precondition_failed").await.is_precondition_failed());
    let refused = of(403, "insufficient_permissions").await;
    assert!(refused.is_permission_denied());
    assert_eq!(refused.missing_permissions(), ["domain.read"]);
    assert!(refused.to_string().contains("needs domain.read"));
    assert!(!of(403, "billing_restricted").await.is_permission_denied());
    assert_eq!(of(418, "tea").await.code(), Some(&ErrorCode::Unknown("tea".to_owned())));
}

#[tokio::test]
async fn faulty_fields_are_listed() {
    let mut body = current("validation_error", false);
    body["error"]["param"] = "rules.0.type".into();
    body["error"]["errors"] = json!([
        {"field": "rules.0.type", "code": "invalid_enum_value", "message": "no"},
        {"path": "mode", "code": "x", "message": "y"},
    ]);
    let error = error(422, &[], &body.to_string()).await;
    assert_eq!(error.param(), Some("rules.0.type"));
    let fields: Vec<_> = error.issues().iter().map(|issue| issue.field.as_str()).collect();
    assert_eq!(fields, ["rules.0.type", "mode"]);
    assert_eq!(error.doc_url(), Some("https://example.com/errors"));
}

#[tokio::test]
async fn details_in_another_form_do_not_cost_the_rest() {
    for (name, odd, issues) in [
        ("param", json!(["rules", 0]), 0),
        ("doc_url", json!({"href": "https://example.com"}), 0),
        ("retryable", json!("no"), 0),
        ("message", json!(null), 0),
        ("errors", json!({"mode": "unknown"}), 0),
        ("errors", json!([null, {"field": "mode", "code": null, "message": {"en": "no"}}]), 1),
        ("errors", json!([{"field": "mode", "path": ["mode"], "message": "no"}]), 0),
        ("new", json!(1), 0),
    ] {
        let mut body = current("validation_error", false);
        body["error"][name] = odd.clone();
        let error = error(422, &[], &body.to_string()).await;
        assert_eq!(error.code(), Some(&ErrorCode::ValidationError), "{name}: {odd}");
        assert_eq!(error.request_id(), Some("req_9"), "{name}: {odd}");
        assert_eq!(error.issues().len(), issues, "{name}: {odd}");
    }
    let mut body = current("not_found", false);
    body["meta"] = json!({"request_id": 9});
    let error = error(404, &[("x-request-id", "req_header")], &body.to_string()).await;
    assert_eq!(error.code(), Some(&ErrorCode::NotFound));
    assert_eq!(error.request_id(), Some("req_header"));
}

#[tokio::test]
async fn gateways_and_empty_bodies_keep_what_is_known() {
    let html = "<html><h1>502 Bad Gateway</h1></html>";
    let headers =
        [("content-type", "text/html"), ("x-request-id", "req_gate"), ("retry-after", "7")];
    let error = error(502, &headers, html).await;
    assert_eq!(error.kind(), Kind::UnexpectedStatus);
    assert_eq!((error.code(), error.message()), (None, None));
    assert_eq!(error.request_id(), Some("req_gate"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.body(), html);
    assert!(error.is_retryable());
    assert!(!error.to_string().contains("html"));
    let empty = self::error(503, &[], "").await;
    assert_eq!((empty.body(), empty.is_retryable()), ("", true));
    let foreign = self::error(400, &[], r#"{"error": "invalid_grant", "retry_after": 3}"#).await;
    assert_eq!(foreign.kind(), Kind::UnexpectedStatus);
    assert!(foreign.body().contains("invalid_grant"));
}

#[tokio::test]
async fn long_bodies_are_kept_in_part() {
    let error = error(500, &[], &"é".repeat(100_000)).await;
    assert!(error.body().len() <= 3 * 4096 && error.body().len() >= 4096);
}

#[tokio::test]
async fn not_modified_is_a_predicate() {
    let error = error(304, &[("etag", "W/\"1\""), ("x-request-id", "req_304")], "").await;
    assert!(error.is_not_modified() && !error.is_retryable());
    assert_eq!(error.etag().unwrap().as_str(), "W/\"1\"");
    assert_eq!(error.request_id(), Some("req_304"));
}

#[tokio::test]
async fn a_success_that_is_none() {
    let error = error(200, &[], &current("internal_error", true).to_string()).await;
    assert_eq!((error.kind(), error.code()), (Kind::Api, Some(&ErrorCode::InternalError)));
    for body in ["", "null", "[]", "{\"ok\":true}", "<html>", "{\"ok\":true,\"data\":{\"id\":"] {
        let error = self::error(200, &[("x-request-id", "req_200")], body).await;
        assert!(error.is_decode(), "{body}: {error:?}");
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.request_id(), Some("req_200"));
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn the_failing_field_is_named() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/billing/balance");
        then.status(200).json_body(json!({"ok": true, "meta": {}, "data": {
            "balance": "1.0", "balance_purchased": "1.0", "balance_consumed": "1.0", "currency": "USD",
            "auto_topup": {"enabled": "secret-value", "amount": null, "threshold": null,
                "monthly_limit": null, "monthly_used": "0"}}}));
    });
    let error = client(&server).get_balance().await.unwrap_err();
    assert_eq!(error.field(), Some("data.auto_topup.enabled"));
    assert!(error.to_string().contains("data.auto_topup.enabled"));
    assert!(error.source().unwrap().to_string().starts_with("expected a boolean at line 1"));
    assert!(!format!("{error:?}").contains("secret-value"));
}

#[tokio::test]
async fn display_is_one_line_and_the_source_has_the_rest() {
    let body = current("not_found", false).to_string();
    let error = error(404, &[("x-request-id", "req_1")], &body).await;
    assert_eq!(
        error.to_string(),
        "GET /domains/{public_id}: Words for people (404, not_found, request req_9)"
    );
    assert_eq!(error.operation().unwrap().id, "managementGetDomain");
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn names_from_outside_do_not_break_the_line() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/emails/attachment-uploads");
        then.status(201).json_body(json!({"ok": true, "meta": {}, "data": {
            "upload_id": "upl_1", "upload_url": "https://example.com", "method": "PUT",
            "max_size_bytes": 1, "expires_at": "2026-03-01T10:00:00Z",
            "headers": {"X\nGET /": 5}}}));
    });
    let client = sending::Client::builder("k").base_url(server.base_url()).build().unwrap();
    let upload = AttachmentUploadCreate::new("a.txt", 1);
    let error = client.create_attachment_upload(upload).await.unwrap_err();
    assert!(error.is_decode() && !error.to_string().contains('\n'), "{error}");
    let error = self::client(&server).get_balance().header("x\ny", "z").await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[tokio::test]
async fn without_a_server_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let builder =
        sendmux_client::management::Client::builder("k").base_url(format!("http://{address}"));
    let client = builder.retry(sendmux_client::RetryPolicy::none()).build().unwrap();
    let error = client.get_balance().await.unwrap_err();
    assert!(error.is_connect() && !error.may_have_been_sent());
}

#[test]
fn the_error_is_small_and_moves_between_threads() {
    fn is_send_and_sync<T: Send + Sync + Unpin + 'static>() {}
    is_send_and_sync::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}
