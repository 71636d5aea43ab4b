//! Event streams over connections that are lost and reopened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use sendmux_client::mailbox::types::{RealtimeEvent, RealtimeEventType};
use sendmux_client::mailbox::{self, StreamEvents};
use sendmux_client::{Credential, Error, Event, EventData, Events, Kind, RetryPolicy};
use test_case::test_case;

use crate::class;
use crate::clock::{FakeClock, LIMIT};
use crate::fault::{api_error, json, response, unavailable};
use crate::server::{Reply, Server};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
                    X-Request-Id: req_1\r\n";

/// Returns a stream of these bytes that ends with the connection.
fn stream(text: impl AsRef<[u8]>) -> Reply {
    let head = format!("{HEAD}Connection: close\r\n\r\n");
    Reply::new([head.as_bytes(), text.as_ref()].concat()).then_close()
}

/// Returns the same without the last chunk that HTTP requires.
fn broken(text: &str) -> Reply {
    let length = text.len();
    let head = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    Reply::new(format!("{head}{length:x}\r\n{text}\r\n")).then_close()
}

fn event(id: &str) -> String {
    format!(
        "id: {id}\nevent: message.received\ndata: {{\"event_type\":\"message.received\",\
         \"message_id\":\"m{id}\"}}\n\n"
    )
}

fn describe(event: &Event<RealtimeEvent>) -> String {
    match &event.data {
        EventData::Happened(data) => data.message_id.clone().unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

/// Reads all events; returns the error that ended them, if any.
async fn all(mut events: Events<RealtimeEvent>) -> (Vec<String>, Option<Error>) {
    let mut found = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => found.push(describe(&event)),
            Ok(None) => return (found, None),
            Err(error) => {
                assert!(events.next().await.is_none());
                return (found, Some(error));
            }
        }
    }
}

/// Reads all events of a script, after which the server reports the end of the stream.
async fn run(
    script: impl IntoIterator<Item = Reply>,
    set: impl Fn(StreamEvents) -> StreamEvents,
) -> (Vec<String>, Option<Error>, Server, FakeClock) {
    let clock = FakeClock::new();
    let end = Reply::new("HTTP/1.1 204 No Content\r\n\r\n");
    let server = Server::start(&clock, script.into_iter().chain([end]));
    let request = set(class::mailbox(&server, &clock).stream_events());
    let (found, error) = all(request.stream()).await;
    (found, error, server, clock)
}

fn resumed_from(server: &Server) -> Vec<Option<String>> {
    let received = server.received();
    received.iter().map(|request| request.header("last-event-id").map(str::to_owned)).collect()
}

fn millis(clock: &FakeClock) -> Vec<u128> {
    clock.waits().iter().map(Duration::as_millis).collect()
}

#[tokio::test]
async fn a_stream_that_ends_is_resumed_from_its_last_event() {
    let script = [stream(event("1") + &event("2")), stream(event("3")), stream("")];
    let (found, error, server, clock) = run(script, |request| request.ping(500)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(found, ["m1", "m2", "m3"]);
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(resumed_from(&server), [None, id("2"), id("3"), id("3")]);
    assert_eq!(millis(&clock), [250, 250, 500]);
    for request in server.received() {
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.target, "/api/v1/mailbox/events?ping=500");
    }
}

#[tokio::test]
async fn truncated_and_repeated_events_are_skipped() {
    for cut in [stream as fn(String) -> Reply, |text| broken(&text)] {
        let second = event("2");
        for length in (0..second.len()).step_by(5) {
            let script = [
                cut(event("1") + &second[..length]),
                stream(event("1") + &event("2") + &event("2") + &event("3")),
            ];
            let (found, error, server, _) = run(script, |request| request).await;
            assert!(error.is_none(), "{length} {error:?}");
            assert_eq!(found, ["m1", "m2", "m3"], "{length}");
            assert_eq!(resumed_from(&server)[1].as_deref(), Some("1"), "{length}");
        }
    }
}

#[tokio::test]
async fn a_slow_or_reset_connection_loses_no_event() {
    let text = event("1");
    let dripping = format!("{HEAD}Content-Length: {}\r\n\r\n{text}", text.len());
    let script = [Reply::new(dripping).dripping(), Reply::new("").then_reset(), stream(event("2"))];
    let (found, error, _, clock) = run(script, |request| request).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(found, ["m1", "m2"]);
    assert_eq!(millis(&clock)[..2], [250, 500]);
}

#[tokio::test]
async fn a_silent_connection_is_reopened() {
    let open = |text: &str| Reply::new(format!("{HEAD}\r\n{text}")).then_stall();
    for ping in [None, Some(500)] {
        let script = [open(&event("1")), open(""), open(": half a li"), stream(event("2"))];
        let set = |request: StreamEvents| match ping {
            Some(ping) => request.ping(ping),
            None => request,
        };
        let (found, error, ..) = run(script, set).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(found, ["m1", "m2"]);
    }
}

#[tokio::test]
async fn heartbeats_of_every_form_are_skipped() {
    let beats = ": ping\n\n:\n\n\n\nevent: ping\n\nevent: ping\ndata: {}\n\nevent: heartbeat\ndata:\n\n\
                 data: \n\ndata: {\"type\":\"ping\"}\n\nevent: ping\nid: 7\ndata: {\"at\":1}\n\nretry: x\n\n\
                 data: ping\n\nfoo: bar\n\n";
    let (found, _, server, _) = run([stream(event("1") + beats)], |request| request).await;
    assert_eq!(found, ["m1"]);
    assert_eq!(resumed_from(&server)[1].as_deref(), Some("7"));
}

#[tokio::test]
async fn the_retry_field_is_a_minimum_wait() {
    let text = format!("retry: 3000\n\n{}", event("1"));
    let script = [stream(text), stream(""), stream("retry: 20\n\nretry: +9\nretry: 1.5\n\n")];
    let (_, _, _, clock) = run(script, |request| request).await;
    assert_eq!(millis(&clock), [3250, 3500, 1020]);
}

#[tokio::test]
async fn a_busy_server_is_retried_after_the_wait_it_asks_for() {
    let busy = |status, lines| api_error(status, lines, "service_unavailable", true);
    let script = [
        stream(event("1")),
        busy("429 Too Many Requests", "Retry-After: 7\r\n"),
        busy("503 Service Unavailable", "Retry-After: 2\r\n"),
        json("502 Bad Gateway", "", "<html>"),
        stream(event("2")),
    ];
    let (found, error, _, clock) = run(script, |request| request).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(found, ["m1", "m2"]);
    assert_eq!(millis(&clock), [250, 7500, 3000, 2000, 250]);
}

#[test_case("400 Bad Request", "invalid_parameter", "" ; "bad request")]
#[test_case("401 Unauthorized", "authentication_required", "" ; "unauthorized")]
#[test_case("403 Forbidden", "insufficient_permissions", "" ; "forbidden")]
#[test_case("404 Not Found", "not_found", "" ; "not found")]
#[test_case("429 Too Many Requests", "rate_limit_exceeded", "Retry-After: 3600\r\n" ; "rate limited for an hour")]
#[tokio::test]
async fn a_client_error_ends_the_stream(status: &str, code: &str, lines: &str) {
    for earlier in [vec![], vec![stream(event("1"))]] {
        let was_open = !earlier.is_empty();
        let retryable = code == "rate_limit_exceeded";
        let script = earlier.into_iter().chain([api_error(status, lines, code, retryable)]);
        let (found, error, server, _) = run(script, |request| request).await;
        let error = error.unwrap();
        assert_eq!(error.status().unwrap().to_string(), status);
        // Those of the whole stream.
        assert_eq!(error.attempts(), 1 + u32::from(was_open));
        assert_eq!(found.len(), usize::from(was_open));
        assert_eq!(server.unused_replies(), 1);
    }
}

#[tokio::test]
async fn awaiting_the_request_opens_the_stream_or_returns_the_error() {
    let clock = FakeClock::new();
    let unauthorized = api_error("401 Unauthorized", "", "authentication_required", false);
    let server = Server::start(&clock, [unauthorized, stream(event("1"))]);
    let client = class::mailbox(&server, &clock);
    assert!(client.stream_events().await.unwrap_err().is_unauthorized());
    let mut events = client.stream_events().await.unwrap();
    assert_eq!((server.received().len(), events.request_id()), (2, Some("req_1")));
    assert_eq!(describe(&events.try_next().await.unwrap().unwrap()), "m1");
    assert_eq!((server.received().len(), events.last_event_id()), (2, Some("1")));
}

#[tokio::test]
async fn the_first_connection_is_retried_like_any_call() {
    let (_, error, server, _) = run(vec![unavailable(); 9], |request| request).await;
    assert_eq!((error.unwrap().attempts(), server.received().len()), (4, 4));
    let once = |request: StreamEvents| request.retry(RetryPolicy::none());
    let (_, error, server, _) = run(vec![unavailable(); 9], once).await;
    assert_eq!((error.unwrap().attempts(), server.received().len()), (1, 1));
}

#[tokio::test]
async fn each_connection_takes_a_fresh_credential_and_retries_one_401() {
    let unauthorized = || api_error("401 Unauthorized", "", "authentication_required", false);
    let script =
        [stream(event("1")), unauthorized(), stream(event("2")), unauthorized(), unauthorized()];
    let clock = FakeClock::new();
    let server = Server::start(&clock, script);
    let calls = Arc::new(AtomicUsize::new(0));
    let provider = Credential::provider(move || {
        let number = calls.fetch_add(1, SeqCst);
        async move { Ok::<_, std::io::Error>(format!("token{number}").into()) }
    });
    let client = mailbox::Client::builder(provider)
        .base_url(server.url())
        .idle_timeout(LIMIT)
        .call_timeout(LIMIT)
        .clock(clock.clone())
        .build()
        .unwrap();
    let (found, error) = all(client.stream_events().stream()).await;
    assert_eq!(found, ["m1", "m2"]);
    assert!(error.unwrap().is_unauthorized());
    let received = server.received();
    let tokens: Vec<_> =
        received.iter().map(|request| request.header("authorization").unwrap()).collect();
    assert_eq!(tokens, [0, 1, 2, 3, 4].map(|number| format!("Bearer token{number}")));
}

#[tokio::test]
async fn lost_events_are_reported_and_not_resumed() {
    let lost = |id: &str| {
        format!("{id}event: sync_required\ndata: {{\"event_type\":\"sync_required\"}}\n\n")
    };
    for (id, resumed) in [("", None), ("id: 9\n", Some("9"))] {
        let clock = FakeClock::new();
        let script = [stream(event("1") + &lost(id)), stream(event("10")), stream("")];
        let server = Server::start(&clock, script);
        let mut events = class::mailbox(&server, &clock).stream_events().stream();
        events.try_next().await.unwrap().unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert!(event.data.is_sync_required(), "{event:?}");
        assert_eq!((event.id.as_deref(), events.last_event_id()), (resumed, resumed));
        assert_eq!(server.received().len(), 1, "it is not reopened before the next poll");
        assert_eq!(describe(&events.try_next().await.unwrap().unwrap()), "m10");
        assert_eq!(resumed_from(&server)[1].as_deref(), resumed);
    }
}

#[tokio::test]
async fn malformed_events_do_not_end_the_stream() {
    let secret = r#"data: {"event_type":"message.received","message":{"flags":"hush-hush"}}"#;
    let large = format!("id: 5\ndata: {}\n\n", "x".repeat(2_000_000));
    let text = [
        event("1"),
        format!("{secret}\n\n"),
        "id: 3\nevent: message.received\ndata: {\"event_type\":\n\n".to_owned(),
        "id: 4\ndata: \u{0}\n\n".to_owned(),
        large,
        event("6"),
    ]
    .concat();
    let clock = FakeClock::new();
    let server = Server::start(&clock, [stream(text)]);
    let mut events = class::mailbox(&server, &clock).stream_events().stream();
    let mut found = Vec::new();
    for _ in 0..6 {
        let event = events.try_next().await.unwrap().unwrap();
        assert!(!format!("{event:?} {event:#?}").contains("hush"));
        found.push((event.id.as_deref().map(str::to_owned), event.data));
    }
    let ids: Vec<_> = found.iter().map(|(id, _)| id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["1", "1", "3", "4", "4", "6"]);
    let texts: Vec<_> = found[1..5]
        .iter()
        .map(|(_, data)| match data {
            EventData::Malformed(malformed) => {
                assert!(!malformed.to_string().contains("hush"), "{malformed}");
                malformed.text().to_owned()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(texts[0].contains("hush") && texts[1].starts_with('{') && texts[3].is_empty());
}

#[tokio::test]
async fn unknown_kinds_and_missing_fields_are_decoded() {
    let text = "id: 1\nevent: thing.new\ndata: {\"event_type\":\"thing.new\",\"x\":[1]}\n\n\
                id: 2\ndata: {\"event_type\":\"message.received\",\"message\":{\"subject\":\"Hi\"}}\n\n";
    let clock = FakeClock::new();
    let server = Server::start(&clock, [stream(text)]);
    let mut events = class::mailbox(&server, &clock).stream_events().stream();
    let first = events.try_next().await.unwrap().unwrap();
    let kind = &first.data.value().unwrap().event_type;
    assert_eq!(*kind, RealtimeEventType::Unknown("thing.new".to_owned()));
    assert_eq!(first.name, "thing.new");
    let second = events.try_next().await.unwrap().unwrap();
    let message = second.data.value().unwrap().message.as_ref().unwrap();
    assert_eq!((message.subject.as_deref(), message.attachments.as_ref()), (Some("Hi"), None));
    assert!(message.to.is_empty() && message.body.is_none());
}

#[tokio::test]
async fn an_event_without_an_id_is_never_a_repetition() {
    let plain = "data: {\"event_type\":\"message.received\",\"message_id\":\"plain\"}\n\n";
    let script = [stream(event("1") + plain + plain)];
    let (found, ..) = run(script, |request| request).await;
    assert_eq!(found, ["m1", "plain", "plain"]);
}

#[tokio::test]
async fn an_id_that_is_not_a_valid_header_value_is_not_resumed_from() {
    for id in ["a\u{1}b".to_owned(), "x".repeat(5000)] {
        let script = [stream(event("1") + &event(&id))];
        let (found, error, server, _) = run(script, |request| request).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(found.len(), 2);
        assert_eq!(resumed_from(&server), [None, Some("1".to_owned())]);
    }
    let script = [stream(event("1") + "id\n\n")];
    let (_, _, server, _) = run(script, |request| request).await;
    assert_eq!(resumed_from(&server), [None, None]);
}

#[tokio::test]
async fn a_planned_end_ends_the_stream_only_if_requested() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [stream(event("1")), broken(&event("2")), stream("")]);
    let client = class::mailbox(&server, &clock);
    let request = || client.stream_events().close_after(30).last_event_id("0");
    let (found, error) = all(request().stream().end_on_close()).await;
    assert!(error.is_none() && found == ["m1"]);
    let (found, error) = all(request().stream().end_on_close()).await;
    assert!(error.is_none() && found == ["m2"]);
    let from: Vec<_> = resumed_from(&server).into_iter().flatten().collect();
    assert_eq!(from, ["0", "0", "2"]);
}

#[tokio::test]
async fn give_up_after_limits_consecutive_disconnects() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, vec![stream(event("1")); 9]);
    let events = class::mailbox(&server, &clock).stream_events().stream().give_up_after(2);
    let (found, error) = all(events).await;
    assert_eq!((found.len(), error.unwrap().kind()), (1, Kind::Connection));
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_response_that_is_not_an_event_stream_is_an_error() {
    let html = response("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>");
    let envelope = api_error("200 OK", "", "service_unavailable", false);
    for earlier in [vec![], vec![stream(event("1"))]] {
        let script = |last: &Reply| earlier.clone().into_iter().chain([last.clone()]);
        let (_, error, ..) = run(script(&html), |request| request).await;
        let error = error.unwrap();
        assert!(error.is_decode() && error.body_text().contains("log in"), "{error:?}");
        let (_, error, ..) = run(script(&envelope), |request| request).await;
        assert_eq!(error.unwrap().code().unwrap().as_str(), "service_unavailable");
    }
}

#[tokio::test]
async fn an_id_set_as_a_header_applies_to_the_first_connection_only() {
    let script = [stream(event("8") + &event("9"))];
    let set = |request: StreamEvents| request.header("last-event-id", "8");
    let (found, _, server, _) = run(script, set).await;
    assert_eq!(found, ["m9"]);
    assert_eq!(resumed_from(&server), [Some("8".to_owned()), Some("9".to_owned())]);
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let clock = FakeClock::new();
    let open = Reply::new(format!("{HEAD}\r\n{}", event("1"))).then_hang();
    let server = Server::start(&clock, [open]);
    let mut events = class::mailbox(&server, &clock).stream_events().stream();
    events.try_next().await.unwrap().unwrap();
    {
        let abandoned = events.next();
        tokio::pin!(abandoned);
        assert!(is_pending(abandoned.as_mut()).await);
    }
    drop(events);
    server.wait_for_disconnects(1).await;
}

/// Polls a future once.
async fn is_pending(future: std::pin::Pin<&mut impl Future>) -> bool {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        let pending = future.take().is_some_and(|future| future.poll(context).is_pending());
        std::task::Poll::Ready(pending)
    })
    .await
}

#[test]
fn events_are_send() {
    fn is_send<T: Send + Unpin>() {}
    is_send::<Events<RealtimeEvent>>();
    is_send::<Event<RealtimeEvent>>();
}

#[tokio::test]
async fn a_compressed_event_stream_is_an_error() {
    let head = format!("{HEAD}Content-Encoding: gzip\r\nConnection: close\r\n\r\n\u{1f}x");
    let (found, error, server, _) = run([Reply::new(head).then_close()], |request| request).await;
    assert!(found.is_empty() && error.unwrap().to_string().contains("gzip-encoded"));
    assert_eq!(server.received()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn an_absurdly_long_id_is_neither_kept_nor_sent_back() {
    let absurd = "x".repeat(10_000_000);
    let script = [stream(event("1") + &event(&absurd) + &event("2"))];
    let (found, error, server, _) = run(script, |request| request).await;
    assert!(error.is_none(), "{error:?}");
    assert!(found.iter().all(|event| event.len() < 4096), "{}", found.len());
    assert_eq!(resumed_from(&server), [None, Some("2".to_owned())]);
}
