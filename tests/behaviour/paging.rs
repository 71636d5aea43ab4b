//! Pages and items of lists.

use std::future::Future;

use httpmock::{Mock, MockServer};
use sendmux_client::management::types::EmailStatus;
use sendmux_client::{Kind, RetryPolicy, mailbox};
use serde_json::{Value, json};

use crate::client;

fn log(id: u32) -> Value {
    json!({
        "id": format!("dlog_{id}"), "status": "failed", "status_reason": "mailbox full", "attempts": 1,
        "created_at": "2026-03-01T10:00:00Z", "sent_at": null, "from_email": null,
        "sent_from_email": null, "to_email": null, "subject": null, "message_id": null,
        "size_bytes": null, "provider_id": null, "provider_name": null, "recipient_count": null,
        "accepted_recipient_count": null, "rejected_recipient_count": null, "delivery_group": null,
    })
}

/// Serves the page of a cursor; `None` is the first page.
fn serve<'a>(
    server: &'a MockServer,
    cursor: Option<&str>,
    ids: std::ops::Range<u32>,
    pagination: Value,
) -> Mock<'a> {
    server.mock(|when, then| {
        let when = when.method("GET").path("/emails/logs").query_param("limit", "2");
        let when = when.query_param("status", "failed");
        match cursor {
            Some(cursor) => when.query_param("cursor", cursor),
            None => when.query_param_missing("cursor"),
        };
        then.status(200).header("x-request-id", "req_1").json_body(json!({
            "ok": true, "data": ids.map(log).collect::<Vec<_>>(), "pagination": pagination,
            "meta": {"request_id": "req_1"},
        }));
    })
}

fn more(cursor: &str) -> Value {
    json!({"has_more": true, "next_cursor": cursor})
}

fn request(server: &MockServer) -> sendmux_client::management::ListEmailLogs {
    client(server).list_email_logs().limit(2).status(EmailStatus::Failed)
}

async fn ids(server: &MockServer) -> Result<Vec<String>, sendmux_client::Error> {
    let logs = request(server).stream().try_collect().await?;
    Ok(logs.into_iter().map(|log| log.id).collect())
}

#[tokio::test]
async fn all_pages_are_read_in_order_with_the_same_filters() {
    let server = MockServer::start();
    let pages = [
        serve(&server, None, 0..2, more("c1")),
        serve(&server, Some("c1"), 2..2, more("c 2/&")),
        serve(&server, Some("c 2/&"), 2..3, json!({"has_more": false, "next_cursor": "c9"})),
    ];
    assert_eq!(ids(&server).await.unwrap(), ["dlog_0", "dlog_1", "dlog_2"]);
    for page in &pages {
        page.assert_calls(1);
    }
}

#[tokio::test]
async fn an_empty_page_is_not_the_end() {
    let server = MockServer::start();
    serve(&server, None, 0..0, more("c1"));
    serve(&server, Some("c1"), 0..0, more("c2"));
    serve(&server, Some("c2"), 0..1, json!({"has_more": false}));
    assert_eq!(ids(&server).await.unwrap(), ["dlog_0"]);
}

#[tokio::test]
async fn a_page_has_the_cursor_of_the_next_one() {
    let server = MockServer::start();
    serve(&server, None, 0..2, more("c1"));
    serve(&server, Some("c1"), 2..3, json!({"has_more": false}));
    let page = request(&server).await.unwrap();
    assert_eq!((page.len(), page.has_more(), page.next_cursor()), (2, true, Some("c1")));
    let next = request(&server).cursor(page.next_cursor().unwrap()).await.unwrap();
    assert_eq!((next[0].id.as_str(), next.next_cursor()), ("dlog_2", None));
    let rest = request(&server).cursor("c1").stream().try_collect().await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn cursors_that_do_not_advance_are_an_error() {
    for (pagination, what) in [
        (json!({"has_more": true}), "missing"),
        (json!({"has_more": true, "next_cursor": null}), "null"),
        (json!({"has_more": true, "next_cursor": ""}), "empty"),
        (more("c1"), "repeated"),
        (more("c0"), "a cycle"),
    ] {
        let server = MockServer::start();
        let pages = [
            serve(&server, None, 0..2, more("c0")),
            serve(&server, Some("c0"), 2..4, more("c1")),
            serve(&server, Some("c1"), 4..6, pagination),
        ];
        let mut stream = request(&server).stream();
        let mut read = Vec::new();
        let error = loop {
            assert!(read.len() <= 6, "{what}: an endless loop");
            match stream.next().await.unwrap() {
                Ok(log) => read.push(log.id),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::Pagination, "{what}");
        assert_eq!(error.cursor(), Some("c1"), "{what}");
        assert_eq!(error.request_id(), Some("req_1"), "{what}");
        assert!(!error.is_retryable(), "{what}");
        assert!(stream.next().await.is_none(), "{what}: the error is returned once");
        assert_eq!(read, (0..6).map(|id| format!("dlog_{id}")).collect::<Vec<_>>(), "{what}");
        for page in pages {
            page.assert_calls(1);
        }
    }
}

#[tokio::test]
async fn an_error_on_a_later_page_keeps_the_earlier_items() {
    let server = MockServer::start();
    serve(&server, None, 0..2, more("c1"));
    let mut broken = server.mock(|when, then| {
        when.path("/emails/logs").query_param("cursor", "c1");
        then.status(500).body("");
    });
    let mut stream = request(&server).stream();
    assert_eq!(stream.try_next().await.unwrap().unwrap().id, "dlog_0");
    assert_eq!(stream.try_next().await.unwrap().unwrap().id, "dlog_1");
    let error = stream.try_next().await.unwrap_err();
    assert_eq!(error.cursor(), Some("c1"));
    assert_eq!(error.status().unwrap(), 500);
    assert!(stream.try_next().await.unwrap().is_none());
    broken.assert_calls(1);
    broken.delete();
    serve(&server, Some("c1"), 2..4, json!({"has_more": false}));
    let rest = request(&server).cursor(error.cursor().unwrap()).stream().try_collect().await;
    assert_eq!(rest.unwrap().last().unwrap().id, "dlog_3");
}

#[tokio::test]
async fn a_repeated_stored_cursor_is_an_error() {
    let server = MockServer::start();
    let page = serve(&server, Some("c1"), 0..2, more("c1"));
    let mut stream = request(&server).cursor("c1").stream();
    assert!(stream.next().await.unwrap().is_ok() && stream.next().await.unwrap().is_ok());
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), Kind::Pagination);
    page.assert_calls(1);
}

#[tokio::test]
async fn each_page_has_the_mailbox_of_the_client_and_its_own_metadata() {
    let server = MockServer::start();
    for (cursor, next, state) in [(None, Some("c1"), "s1"), (Some("c1"), None, "s2")] {
        server.mock(|when, then| {
            let when = when.path("/mailbox/messages").query_param("mailbox_id", "mbx_own");
            match cursor {
                Some(cursor) => when.query_param("cursor", cursor),
                None => when.query_param_missing("cursor"),
            };
            then.status(200).json_body(json!({"ok": true, "data": [],
                "pagination": {"has_more": next.is_some(), "next_cursor": next},
                "meta": {"request_id": format!("req_{state}"), "sync_state": state}}));
        });
    }
    let builder = mailbox::Client::builder("k").base_url(server.base_url()).mailbox_id("mbx_own");
    let mut pages = builder.build().unwrap().list_messages().pages();
    for state in ["s1", "s2"] {
        let page = pages.try_next().await.unwrap().unwrap();
        assert_eq!(page.parts().meta().sync_state(), Some(state));
        assert_eq!(page.parts().request_id(), Some(&*format!("req_{state}")));
    }
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_poll_or_after_the_drop() {
    let server = MockServer::start();
    let first = serve(&server, None, 0..2, more("c1"));
    let second = serve(&server, Some("c1"), 2..4, more("c2"));
    drop(request(&server).stream());
    first.assert_calls(0);
    let mut stream = request(&server).stream();
    stream.try_next().await.unwrap();
    drop(stream);
    first.assert_calls(1);
    second.assert_calls(0);
}

#[test]
fn streams_and_requests_are_send() {
    fn is_send<T: Send>(_: &T) {}
    fn is_future<T: Future + Send>(_: &T) {}
    let server = MockServer::start();
    let request = request(&server).retry(RetryPolicy::none());
    is_send(&request);
    is_send(&request.clone().pages());
    is_send(&request.clone().stream());
    is_future(&request.into_future());
}

#[tokio::test]
async fn malformed_items_are_kept_on_request() {
    let server = MockServer::start();
    let mut odd = log(1);
    odd["attempts"] = json!("many");
    let data = [log(0), odd.clone(), log(2)];
    let page = json!({
        "ok": true, "data": data, "pagination": {"has_more": true, "next_cursor": "c1"},
        "meta": {"request_id": "req_1"},
    });
    let _first = server.mock(|when, then| {
        when.method("GET").path("/emails/logs").query_param_missing("cursor");
        then.status(200).json_body(page.clone());
    });
    let _second = serve(&server, Some("c1"), 3..4, json!({"has_more": false, "next_cursor": null}));

    let error = request(&server).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Decode, Some("data[1].attempts")));

    let logs = request(&server).stream().keep_malformed().try_collect().await.unwrap();
    let ids: Vec<_> = logs.iter().map(|log| log.as_ref().ok().map(|log| &*log.id)).collect();
    assert_eq!(ids, [Some("dlog_0"), None, Some("dlog_2"), Some("dlog_3")]);
    let malformed = logs[1].as_ref().unwrap_err();
    assert_eq!(malformed.field(), "attempts");
    assert_eq!(serde_json::from_str::<Value>(malformed.json()).unwrap(), odd);
    assert!(!format!("{malformed} {malformed:?}").contains("many"));
}

#[tokio::test]
async fn a_list_that_is_none_fails_even_if_malformed_items_are_kept() {
    let server = MockServer::start();
    let _page = server.mock(|_, then| {
        then.status(200).json_body(json!({"ok": true, "data": {}, "meta": {}}));
    });
    let mut logs = request(&server).stream().keep_malformed();
    assert_eq!(logs.try_next().await.unwrap_err().kind(), Kind::Decode);
    assert!(logs.next().await.is_none());
}
