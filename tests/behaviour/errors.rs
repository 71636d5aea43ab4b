//! Error responses, decoded.

use std::error::Error as _;
use std::time::Duration;

use httpmock::MockServer;
use sendmux_client::sending::types::AttachmentUploadCreate;
use sendmux_client::{Error, ErrorCode, Kind, sending};
use serde_json::{Value, json};
use test_case::test_case;

use crate::client;

/// Returns the error of a call with this response.
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
        "code": code, "message": "Human\nreadable", "retryable": retryable,
        "doc_url": "https://example.com/errors"}})
}

/// Declares a test for each row of the API's table of errors: the code, its status, and whether a
/// retry may help unless the body says otherwise.
macro_rules! error_codes {
    ($($code:ident: $status:literal, $retryable:literal;)*) => {
        mod code {
            $(#[test]
            fn $code() {
                super::check_code($status, stringify!($code), $retryable);
            })*
        }
    };
}

error_codes! {
    invalid_parameter: 400, false;
    missing_parameter: 400, false;
    authentication_required: 401, false;
    insufficient_credits: 402, false;
    insufficient_permissions: 403, false;
    billing_restricted: 403, false;
    not_found: 404, false;
    conflict: 409, false;
    limit_exceeded: 409, false;
    idempotency_conflict: 409, false;
    payload_too_large: 413, false;
    validation_error: 422, false;
    rate_limit_exceeded: 429, true;
    daily_limit_exceeded: 429, true;
    internal_error: 500, true;
    service_unavailable: 503, true;
    no_active_providers: 503, true;
}

#[tokio::main(flavor = "current_thread")]
async fn check_code(status: u16, code: &str, retryable: bool) {
    let body = current(code, !retryable).to_string();
    let found = error(status, &[("x-request-id", "req_header")], &body).await;
    assert_eq!(found.kind(), Kind::Api);
    assert_eq!(found.status().unwrap(), status);
    assert_eq!(found.code(), Some(&ErrorCode::from(code)));
    assert!(!matches!(found.code(), Some(ErrorCode::Unknown(_))));
    assert_eq!(found.request_id(), Some("req_9"));
    assert_eq!(found.is_retryable(), !retryable, "the body decides");
    assert!(found.may_have_been_sent());
    assert!(!found.to_string().contains('\n'));
    let legacy =
        json!({"error": {"code": code, "message": "m"}, "meta": {"request_id": "r"}, "ok": false});
    let found = error(status, &[], &legacy.to_string()).await;
    assert_eq!(found.code(), Some(&ErrorCode::from(code)));
    assert_eq!(found.is_retryable(), retryable, "the status decides");
}

#[tokio::test]
async fn predicates_classify_errors() {
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
    let denied = of(403, "insufficient_permissions").await;
    assert!(denied.is_permission_denied());
    assert_eq!(denied.missing_permissions(), ["domain.read"]);
    assert!(denied.to_string().contains("needs domain.read"));
    assert!(!of(403, "billing_restricted").await.is_permission_denied());
    assert_eq!(of(418, "tea").await.code(), Some(&ErrorCode::Unknown("tea".to_owned())));
}

#[tokio::test]
async fn invalid_fields_are_listed() {
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

#[test_case("param", json!(["rules", 0]), 0 ; "list as param")]
#[test_case("doc_url", json!({"href": "https://example.com"}), 0 ; "object as url")]
#[test_case("retryable", json!("no"), 0 ; "text as retryable")]
#[test_case("message", json!(null), 0 ; "null as message")]
#[test_case("errors", json!({"mode": "unknown"}), 0 ; "object as list of issues")]
#[test_case("errors", json!([null, {"field": "mode", "code": null, "message": {"en": "no"}}]), 1 ; "issue without a code")]
#[test_case("errors", json!([{"field": "mode", "path": ["mode"], "message": "no"}]), 0 ; "list as path of an issue")]
#[test_case("new", json!(1), 0 ; "unknown field")]
#[tokio::test]
async fn details_in_another_form_leave_the_rest(name: &str, value: Value, issues: usize) {
    let mut body = current("validation_error", false);
    body["error"][name] = value;
    let error = error(422, &[], &body.to_string()).await;
    assert_eq!(error.code(), Some(&ErrorCode::ValidationError));
    assert_eq!(error.request_id(), Some("req_9"));
    assert_eq!(error.issues().len(), issues);
}

#[tokio::test]
async fn a_request_id_in_another_form_is_replaced_by_that_of_the_header() {
    let mut body = current("not_found", false);
    body["meta"] = json!({"request_id": 9});
    let error = error(404, &[("x-request-id", "req_header")], &body.to_string()).await;
    assert_eq!(error.code(), Some(&ErrorCode::NotFound));
    assert_eq!(error.request_id(), Some("req_header"));
}

#[tokio::test]
async fn errors_of_gateways_keep_what_is_known() {
    let html = "<html><h1>502 Bad Gateway</h1></html>";
    let headers =
        [("content-type", "text/html"), ("x-request-id", "req_gate"), ("retry-after", "7")];
    let error = error(502, &headers, html).await;
    assert_eq!(error.kind(), Kind::UnexpectedStatus);
    assert_eq!((error.code(), error.message()), (None, None));
    assert_eq!(error.request_id(), Some("req_gate"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.body_text(), html);
    assert!(error.is_retryable());
    assert!(!error.to_string().contains("html"));
    let empty = self::error(503, &[], "").await;
    assert_eq!((empty.body(), empty.is_retryable()), (&b""[..], true));
    let foreign = self::error(400, &[], r#"{"error": "invalid_grant", "retry_after": 3}"#).await;
    assert_eq!(foreign.kind(), Kind::UnexpectedStatus);
    assert!(foreign.body_text().contains("invalid_grant"));
}

#[tokio::test]
async fn the_body_of_a_failure_is_kept_up_to_a_mebibyte_and_shown_nowhere() {
    let error = error(500, &[], &"é".repeat(1_000_000)).await;
    assert_eq!(error.body().len(), 1024 * 1024);
    assert!(error.to_string().len() < 1000 && format!("{error:?}").len() < 2000);
}

#[tokio::test]
async fn the_body_of_a_success_that_cannot_be_decoded_is_kept_whole() {
    let items = vec![r#"{"id":"mdom_1"}"#; 200_000].join(",");
    let body = format!(r#"{{"ok":true,"data":{{"domain":7,"items":[{items}]}},"meta":{{}}}}"#);
    let error = error(200, &[], &body).await;
    assert!(error.is_decode());
    assert_eq!(error.body(), body.as_bytes());
    assert!(error.to_string().len() < 1000 && format!("{error:?}").len() < 2000);
}

#[tokio::test]
async fn not_modified_is_a_predicate() {
    let error = error(304, &[("etag", "W/\"1\""), ("x-request-id", "req_304")], "").await;
    assert!(error.is_not_modified() && !error.is_retryable());
    assert_eq!(error.etag().unwrap().as_str(), "W/\"1\"");
    assert_eq!(error.request_id(), Some("req_304"));
}

#[tokio::test]
async fn a_success_without_data_is_an_error() {
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
async fn a_decode_error_names_the_field() {
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
async fn display_is_one_line() {
    let body = current("not_found", false).to_string();
    let error = error(404, &[("x-request-id", "req_1")], &body).await;
    assert_eq!(
        error.to_string(),
        "GET /domains/{public_id}: Human readable (404, not_found, request req_9)"
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

#[test]
fn the_error_is_small_and_moves_between_threads() {
    fn is_send_and_sync<T: Send + Sync + Unpin + 'static>() {}
    is_send_and_sync::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}
