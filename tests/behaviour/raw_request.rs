//! Requests of operations that the crate has no method for.

use httpmock::MockServer;
use sendmux_client::{ErrorCode, Kind, Method, Upload};
use sendmux_mock::DemoAccount;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client;

#[derive(Debug, Deserialize, PartialEq)]
struct Draft {
    id: String,
}

fn envelope(data: &Value) -> Value {
    json!({ "ok": true, "data": data, "meta": { "request_id": "req_1" } })
}

#[tokio::test]
async fn a_response_in_the_envelope_is_typed() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.method("PATCH")
            .path("/drafts/a%2Fb:schedule")
            .query_param("mailbox_id", "mbx 1&x=y")
            .header("authorization", "Bearer smx_root_test")
            .header("content-type", "application/json")
            .json_body(json!({ "at": 1 }));
        then.status(200).header("etag", "W/\"1\"").json_body(envelope(&json!({ "id": "dr_1" })));
    });
    let request = client(&server)
        .request(Method::PATCH, "/drafts/{id}:schedule")
        .path("id", "a/b")
        .query("mailbox_id", "mbx 1&x=y")
        .json(&json!({ "at": 1 }));
    let shown = format!("{request:?}");
    assert!(shown.contains("/drafts/{id}") && !shown.contains("a/b"), "{shown}");
    let draft = request.send::<Draft>().await.unwrap();
    assert_eq!((draft.id.as_str(), draft.parts().request_id()), ("dr_1", Some("req_1")));
    assert_eq!(draft.parts().etag().unwrap().as_str(), "W/\"1\"");
    mock.assert();
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let server = MockServer::start();
    let page = |id: &str, next: Option<&str>| {
        let pagination = json!({ "has_more": next.is_some(), "next_cursor": next });
        json!({ "ok": true, "data": [{ "id": id }], "pagination": pagination, "meta": {} })
    };
    server.mock(|when, then| {
        when.path("/drafts").query_param("limit", "1").query_param("cursor", "c/2");
        then.status(200).json_body(page("dr_2", None));
    });
    server.mock(|when, then| {
        when.path("/drafts").query_param("limit", "1").query_param_missing("cursor");
        then.status(200).json_body(page("dr_1", Some("c/2")));
    });
    let list = || client(&server).request(Method::GET, "/drafts").query("limit", 1);
    let ids = |drafts: Vec<Draft>| drafts.into_iter().map(|draft| draft.id).collect::<Vec<_>>();
    assert_eq!(ids(list().stream().try_collect().await.unwrap()), ["dr_1", "dr_2"]);
    let rest = list().query("cursor", "c/2").stream().try_collect().await.unwrap();
    assert_eq!(ids(rest), ["dr_2"]);
    let first = list().page::<Draft>().await.unwrap();
    assert_eq!((first.len(), first.next_cursor()), (1, Some("c/2")));
}

#[tokio::test]
async fn other_forms_of_response_are_supported() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.method("PUT").path("/raw").header("content-type", "text/csv").body("a,b");
        then.status(200).header("content-type", "text/plain").body("{\"id\": \"dr_1\"}");
    });
    let upload = Upload::new("a,b").content_type("text/csv").unwrap();
    let put = || client(&server).request(Method::PUT, "/raw").bytes(upload.clone());
    assert_eq!(put().bare::<Draft>().await.unwrap().id, "dr_1");
    assert_eq!(*put().text().await.unwrap(), "{\"id\": \"dr_1\"}");
    assert_eq!(put().download().await.unwrap().bytes().await.unwrap().len(), 14);
    put().empty().await.unwrap();
}

#[tokio::test]
async fn errors_are_those_of_generated_methods() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/drafts/dr_1");
        let error = json!({ "code": "not_found", "message": "No such draft.", "retryable": false });
        then.status(404).json_body(json!({ "ok": false, "error": error, "meta": {} }));
    });
    let request = client(&server).request(Method::GET, "/drafts/{id}").path("id", "dr_1");
    let error = request.send::<Draft>().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.code(), Some(&ErrorCode::NotFound));
    let operation = error.operation().unwrap();
    assert_eq!((operation.method, operation.path), ("GET", "/drafts/{id}"));
    assert!(error.to_string().starts_with("GET /drafts/{id}: No such draft."), "{error}");
}

#[tokio::test]
async fn a_request_never_leaves_the_base_url() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.any_request();
        then.status(200).json_body(envelope(&json!({ "id": "x" })));
    });
    let client = client(&server);
    for template in ["", "me", "//evil.example/x", "/../x", "/%2e%2e/x", "/x?y=z", "/x#y", "/a\\b"]
    {
        let error = client.request(Method::GET, template).send::<Draft>().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_been_sent()),
            (Kind::Request, false),
            "{template}"
        );
    }
    for id in ["", ".", ".."] {
        let request = client.request(Method::DELETE, "/drafts/{id}").path("id", id);
        assert_eq!(request.empty().await.unwrap_err().kind(), Kind::Request, "{id:?}");
    }
    let request = client.request(Method::GET, "/x").header("Authorization", "Bearer other");
    assert_eq!(request.empty().await.unwrap_err().kind(), Kind::Request);
    let no_json = std::collections::BTreeMap::from([(vec![1], 2)]);
    let request = client.request(Method::POST, "/x").json(&no_json);
    assert_eq!(request.empty().await.unwrap_err().kind(), Kind::Request);
    let request = client.request(Method::POST, "/x").idempotency_key("");
    assert_eq!(request.empty().await.unwrap_err().kind(), Kind::Request);
    mock.assert_calls(0);
}

#[tokio::test]
async fn an_idempotency_key_is_trimmed_and_returned() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.method("POST").path("/drafts").header("idempotency-key", "order-1");
        then.status(201).json_body(envelope(&json!({ "id": "dr_1" })));
    });
    let request = client(&server).request(Method::POST, "/drafts").idempotency_key(" order-1 ");
    let created = request.send::<Draft>().await.unwrap();
    assert_eq!(created.parts().idempotency_key(), Some("order-1"));
    mock.assert();
}

#[tokio::test]
async fn a_generated_operation_can_be_called_as_a_raw_request() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let client = sendmux_client::management::Client::builder(account.key())
        .base_url(account.base_url())
        .build()
        .unwrap();
    let raw = client.request(Method::GET, "/billing/balance").send::<Value>().await.unwrap();
    let typed = client.get_balance().await.unwrap();
    assert_eq!(raw["balance"], json!(typed.balance));
}
