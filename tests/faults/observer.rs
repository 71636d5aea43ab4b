//! What an observer is told, and the headers that are added to each attempt.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use reqwest::header::HeaderValue;
use sendmux_client::{
    AttemptReport, BodyReport, CallReport, Kind, Observer, RetryPolicy, Upload, WaitReport,
    mailbox, management,
};

use crate::class::{BALANCE, configure, success};
use crate::clock::FakeClock;
use crate::fault::{TOO_MANY_REQUESTS, api_error, json, rate_limited, reset, unavailable};
use crate::server::{Reply, Server};
use crate::upload::BLOB;

/// Writes a line for each report, and its debug representation.
#[derive(Default)]
struct Recorder {
    lines: Mutex<Vec<String>>,
    debug: Mutex<String>,
}

impl Recorder {
    fn record(&self, line: String, debug: &dyn std::fmt::Debug) {
        self.lines.lock().unwrap().push(line);
        *self.debug.lock().unwrap() += &format!("{debug:?}\n");
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

fn status(status: Option<sendmux_client::StatusCode>) -> String {
    status.map_or("-".to_owned(), |status| status.as_u16().to_string())
}

impl Observer for Recorder {
    fn on_attempt(&self, attempt: &AttemptReport<'_>) {
        let AttemptReport { attempt: number, duration, sent_bytes, received_bytes, .. } = attempt;
        let (outcome, status) = (attempt.outcome.as_str(), status(attempt.status));
        let code = attempt.code.map_or("-", |code| code.as_str());
        let line = format!(
            "attempt {number} {outcome} {status} {code} {duration:?} {sent_bytes}/{received_bytes}"
        );
        self.record(line, attempt);
    }

    fn on_wait(&self, wait: &WaitReport) {
        let WaitReport { duration, attempts, .. } = wait;
        self.record(format!("wait {} {duration:?} after {attempts}", wait.reason.as_str()), wait);
    }

    fn on_call(&self, call: &CallReport<'_>) {
        let CallReport { attempts, duration, waited, sent_bytes, received_bytes, .. } = call;
        let (id, outcome, status) = (call.operation.id, call.outcome.as_str(), status(call.status));
        let request_id = call.request_id.unwrap_or("-");
        let line = format!(
            "call {id} {outcome} {status} {request_id} {attempts} {duration:?} ({waited:?}) \
             {sent_bytes}/{received_bytes}"
        );
        self.record(line, call);
    }

    fn on_body(&self, body: &BodyReport) {
        self.record(format!("body {} {}", body.outcome.as_str(), body.received_bytes), body);
    }
}

fn management(server: &Server, clock: &FakeClock, observer: impl Observer) -> management::Client {
    let builder = configure(management::Client::builder("smx_root_test"), server, clock);
    builder.observer(observer).build().unwrap()
}

fn mailbox(server: &Server, clock: &FakeClock, observer: impl Observer) -> mailbox::Client {
    let builder = configure(mailbox::Client::builder("smx_mbx_test"), server, clock);
    builder.observer(observer).build().unwrap()
}

fn recorder() -> (FakeClock, Arc<Recorder>) {
    (FakeClock::new(), Arc::default())
}

#[tokio::test]
async fn every_attempt_and_wait_and_the_call_are_told() {
    let (clock, recorder) = recorder();
    let asked = rate_limited("Retry-After: 3\r\n");
    let server = Server::start(&clock, [unavailable(), reset(), asked, success(BALANCE)]);
    let client = management(&server, &clock, Arc::clone(&recorder));
    client.get_balance().await.unwrap();
    let lines = recorder.lines();
    let received: Vec<&str> =
        lines.iter().map(|line| line.rsplit('/').next().unwrap_or_default()).collect();
    let sum: usize = [0, 2, 4, 6].map(|line| received[line].parse::<usize>().unwrap()).iter().sum();
    let success = BALANCE.len() + r#"{"ok":true,"data":,"meta":{"request_id":"req_1"}}"#.len();
    let expected = [
        format!("attempt 1 Api 503 service_unavailable 0ns 0/{}", received[0]),
        "wait Backoff 250ms after 1".to_owned(),
        "attempt 2 Connection - - 0ns 0/0".to_owned(),
        "wait Backoff 500ms after 2".to_owned(),
        format!("attempt 3 Api 429 rate_limit_exceeded 0ns 0/{}", received[4]),
        "wait RetryAfter 4s after 3".to_owned(),
        format!("attempt 4 Success 200 - 0ns 0/{success}"),
        format!("call managementListBalance Success 200 req_1 4 4.75s (4.75s) 0/{sum}"),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_wait_of_the_rate_limiter_is_told() {
    let (clock, recorder) = recorder();
    let spent = format!(
        "X-RateLimit-Limit: 600\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {}\r\n",
        1_700_000_000 + 20
    );
    let body = format!(r#"{{"ok":true,"data":{BALANCE},"meta":{{"request_id":"req_1"}}}}"#);
    let server = Server::start(&clock, [json("200 OK", &spent, &body), success(BALANCE)]);
    let client = management(&server, &clock, Arc::clone(&recorder));
    client.get_balance().await.unwrap();
    recorder.lines();
    client.get_balance().await.unwrap();
    let lines = recorder.lines();
    assert_eq!(lines[0], "wait RateLimit 20s after 0");
    assert!(lines[2].contains(" 1 20s (20s) "), "{lines:#?}");
}

#[tokio::test]
async fn calls_that_fail_are_told_with_their_kind() {
    for (script, id, expected) in [
        (vec![], "..", "call managementGetDomain Request - - 0 0ns (0ns) 0/0"),
        (vec![reset()], "d", "call managementGetDomain Connection - - 1 0ns (0ns) 0/0"),
        (vec![success("7")], "d", "call managementGetDomain Decode 200 req_1 1 0ns (0ns) 0/50"),
        (
            vec![api_error("404 Not Found", "", "not_found", false)],
            "d",
            "call managementGetDomain Api 404 req_1 1 0ns (0ns) 0/105",
        ),
    ] {
        let (clock, recorder) = recorder();
        let server = Server::start(&clock, script);
        let client = management(&server, &clock, Arc::clone(&recorder));
        client.get_domain(id).retry(RetryPolicy::none()).await.unwrap_err();
        assert_eq!(recorder.lines().last().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_told_as_canceled() {
    let (clock, recorder) = recorder();
    let server = Server::start(&clock, [Reply::new("").then_hang()]);
    let client = management(&server, &clock, Arc::clone(&recorder));
    let call = tokio::spawn(client.get_balance().into_future());
    server.wait_for(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(
        recorder.lines(),
        [
            "attempt 1 Canceled - - 0ns 0/0",
            "call managementListBalance Canceled - - 1 0ns (0ns) 0/0"
        ]
    );
}

#[tokio::test]
async fn uploads_and_downloads_are_told_with_their_bytes() {
    let (clock, recorder) = recorder();
    let cut = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n0123";
    let rest = "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 4-9/10\r\n\
                Content-Length: 6\r\n\r\n456789";
    let script = [success(BLOB), Reply::new(cut).then_close(), Reply::new(rest)];
    let server = Server::start(&clock, script);
    let client = mailbox(&server, &clock, Arc::clone(&recorder));
    client.upload_attachment("a.txt", Upload::new("12 bytes, yes")).await.unwrap();
    assert!(recorder.lines()[1].contains(" 13/"));

    let mut download = client.get_message_attachment("m1", "a1").await.unwrap();
    while download.chunk().await.unwrap().is_some() {}
    assert_eq!(download.parts().attempts(), 2);
    drop(download);
    assert_eq!(
        recorder.lines(),
        [
            "attempt 1 Success 200 - 0ns 0/0",
            "call mailboxGetMessageAttachment Success 200 - 1 0ns (0ns) 0/0",
            "body Connection 4",
            "wait Backoff 250ms after 1",
            "attempt 1 Success 206 - 0ns 0/0",
            "call mailboxGetMessageAttachment Success 206 - 1 0ns (0ns) 0/0",
            "body Success 6",
        ]
    );
}

#[tokio::test]
async fn an_event_stream_is_told_with_its_bytes_and_reconnections() {
    let (clock, recorder) = recorder();
    let event = "id: 1\ndata: {\"event_type\":\"message.received\"}\n\n";
    let reply = || {
        Reply::new(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{event}"
        ))
    };
    let end = json("204 No Content", "", "");
    let server = Server::start(&clock, [reply().then_close(), unavailable(), end]);
    let client = mailbox(&server, &clock, Arc::clone(&recorder));
    let mut events = client.stream_events().stream();
    while events.try_next().await.unwrap().is_some() {}
    assert_eq!(events.attempts(), 3);
    let lines = recorder.lines();
    let seen: Vec<String> =
        lines.iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        seen,
        [
            "attempt 1 Success",
            "call mailboxStreamEvents Success",
            &format!("body Success {}", event.len()),
            "wait Backoff 250ms",
            "attempt 1 Api",
            "call mailboxStreamEvents Api",
            "wait Backoff 500ms",
            "attempt 1 Success",
            "call mailboxStreamEvents Success",
            "body Success 0",
        ]
    );
}

#[tokio::test]
async fn a_panic_of_the_observer_loses_no_call() {
    struct Faulty(Arc<AtomicU32>);

    impl Observer for Faulty {
        fn on_attempt(&self, _: &AttemptReport<'_>) {
            self.0.fetch_add(1, SeqCst);
            std::panic::resume_unwind(Box::new("attempt"));
        }

        fn on_wait(&self, _: &WaitReport) {
            self.0.fetch_add(1, SeqCst);
            std::panic::resume_unwind(Box::new("wait"));
        }

        fn on_call(&self, _: &CallReport<'_>) {
            self.0.fetch_add(1, SeqCst);
            std::panic::resume_unwind(Box::new("call"));
        }
    }

    let (clock, told) = (FakeClock::new(), Arc::default());
    let server = Server::start(&clock, [unavailable(), success(BALANCE), success(BALANCE)]);
    let client = management(&server, &clock, Faulty(Arc::clone(&told)));
    assert_eq!(client.get_balance().await.unwrap().parts().attempts(), 2);
    client.get_balance().await.unwrap();
    assert_eq!(told.load(SeqCst), 4 + 2);
}

#[tokio::test]
async fn no_secret_and_no_data_is_told() {
    let (clock, recorder) = recorder();
    let secret = success(&BALANCE.replace("USD", "secret-data"));
    let script = [reset(), api_error(TOO_MANY_REQUESTS, "", "x", true), secret];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock, Arc::clone(&recorder));
    client.get_balance().header("X-Note", "secret-header").await.unwrap();
    client.get_domain("secret-id").retry(RetryPolicy::none()).await.unwrap_err();
    let debug = recorder.debug.lock().unwrap();
    assert!(debug.contains("managementGetDomain"));
    for word in ["secret", "smx_root", "127.0.0.1", "Bearer"] {
        assert!(!debug.contains(word), "{debug}");
    }
}

#[tokio::test]
async fn headers_are_added_to_each_attempt() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [unavailable(), success(BALANCE)]);
    let number = AtomicU32::new(1);
    let client = configure(management::Client::builder("smx_root_test"), &server, &clock)
        .attempt_headers(move |headers| {
            headers.insert("traceparent", HeaderValue::from(number.fetch_add(1, SeqCst)));
            headers.insert("x-note", HeaderValue::from_static("of the client"));
        })
        .build()
        .unwrap();
    client.get_balance().header("X-Note", "of the call").await.unwrap();
    let received = server.received();
    let headers = |name| received.iter().map(move |request| request.header(name).unwrap());
    assert!(headers("traceparent").eq(["1", "2"]));
    assert!(headers("x-note").eq(["of the call"; 2]));
}

#[tokio::test]
async fn a_header_that_the_client_sets_itself_fails_the_call() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let client = configure(management::Client::builder("smx_root_test"), &server, &clock)
        .attempt_headers(|headers| {
            headers.insert("authorization", HeaderValue::from_static("Basic x"));
        })
        .build()
        .unwrap();
    let error = client.get_balance().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    assert!(error.to_string().contains("`authorization`"), "{error}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_signed_url_gets_none_of_these_headers() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [json("200 OK", "", "file")]);
    let client = configure(mailbox::Client::builder("smx_mbx_test"), &server, &clock)
        .attempt_headers(|headers| {
            headers.insert("traceparent", HeaderValue::from_static("00-1-2-01"));
        })
        .build()
        .unwrap();
    client.fetch_url(format!("{}/file", server.url())).await.unwrap();
    assert_eq!(server.received()[0].header("traceparent"), None);
}
