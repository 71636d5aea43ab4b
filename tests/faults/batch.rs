//! Batches of any length, interrupted at any request.

use std::sync::{Arc, Mutex};

use sendmux_client::sending::types::{Address, EmailSend};
use sendmux_client::sending::{BatchReport, Outcome};
use sendmux_client::{ErrorCode, Kind};
use serde_json::{Value, json};
use test_case::test_case;

use crate::class::{sending, success};
use crate::clock::FakeClock;
use crate::fault::{api_error, json as json_response, unavailable};
use crate::server::{Reply, Server};

fn messages(count: usize) -> Vec<EmailSend> {
    let from = Address::new("shop@example.com");
    let to = |index| Address::new(format!("person{index}@example.org"));
    (0..count)
        .map(|index| EmailSend::new(from.clone(), to(index), "Hello", "<p>Hello</p>"))
        .collect()
}

/// Returns the response to a chunk of this many messages, of which these failed.
fn sent(count: usize, failed: &[usize]) -> Reply {
    let result = |index: usize| match failed.contains(&index) {
        true => json!({
            "index": index,
            "status": "failed",
            "error": { "code": "invalid_parameter", "message": "No such domain.", "retryable": false },
        }),
        false => {
            json!({ "index": index, "status": "queued", "message_id": format!("eml_{index}") })
        }
    };
    let results: Vec<Value> = (0..count).map(result).collect();
    let (bad, good) = (failed.len(), count - failed.len());
    let summary = json!({ "total": count, "queued": good, "failed": bad });
    success(&json!({ "results": results, "summary": summary }).to_string())
}

async fn send(server: &Server, clock: &FakeClock, count: usize) -> BatchReport {
    sending(server, clock).send_batch(messages(count)).idempotency_key("sale").await.unwrap()
}

fn recipients(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let messages = body["messages"].as_array().unwrap().iter();
    messages.map(|message| message["to"]["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_long_batch_is_split_and_each_message_has_an_outcome() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [sent(100, &[]), sent(100, &[0, 99]), sent(50, &[49])]);
    let report = send(&server, &clock, 250).await;
    assert_eq!(report.outcomes().len(), 250);
    assert_eq!(report.queued(), 247);
    let rest: Vec<usize> = report.not_queued().map(|(index, _)| index).collect();
    assert_eq!(rest, [100, 199, 249]);
    assert!(!report.is_complete() && report.error().is_none());
    let id = |index: usize| match &report.outcomes()[index] {
        Outcome::Queued { message_id } => message_id.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!((id(7), id(107), id(248)), ("eml_7".into(), "eml_7".into(), "eml_48".into()));
    let received = server.received();
    let keys: Vec<_> =
        received.iter().filter_map(|request| request.header("idempotency-key")).collect();
    assert_eq!(keys, ["sale-1", "sale-2", "sale-3"]);
    let all: Vec<String> = received.iter().flat_map(|request| recipients(&request.body)).collect();
    let expected: Vec<String> =
        (0..250).map(|index| format!("person{index}@example.org")).collect();
    assert_eq!(all, expected);
    assert_eq!(report.chunk_of(199).unwrap().idempotency_key(), "sale-2");
}

#[tokio::test]
async fn a_lost_response_is_retried_with_the_same_key_and_bytes() {
    let clock = FakeClock::new();
    let lost = Reply::new("").then_reset();
    let server = Server::start(&clock, [sent(100, &[]), lost, sent(100, &[]), sent(1, &[])]);
    assert!(send(&server, &clock, 201).await.is_complete());
    let received = server.received();
    assert_eq!(received.len(), 4);
    assert_eq!(received[1], received[2]);
}

#[tokio::test]
async fn a_batch_waits_for_a_request_still_running_after_a_lost_response() {
    let clock = FakeClock::new();
    let running = api_error("409 Conflict", "", "idempotency_conflict", false);
    let lost = Reply::new("").then_reset();
    let server =
        Server::start(&clock, [sent(100, &[]), lost, running, sent(100, &[]), sent(1, &[])]);
    assert!(send(&server, &clock, 201).await.is_complete());
    let keys = server.received();
    let keys: Vec<_> =
        keys.iter().filter_map(|request| request.header("idempotency-key")).collect();
    assert_eq!(keys, ["sale-1", "sale-2", "sale-2", "sale-2", "sale-3"]);
}

#[tokio::test]
async fn progress_is_reported_before_the_first_request_and_after_each() {
    let clock = FakeClock::new();
    let broke = api_error("402 Payment Required", "", "insufficient_credits", false);
    let server = Server::start(&clock, [sent(100, &[7]), broke]);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let show = {
        let reports = Arc::clone(&reports);
        move |report: &BatchReport| {
            let tried = report.chunks().iter().filter(|chunk| chunk.was_attempted()).count();
            let keys = report.chunks().iter().map(|chunk| chunk.idempotency_key().to_owned());
            assert_eq!(keys.collect::<Vec<_>>(), ["sale-1", "sale-2", "sale-3"]);
            assert_eq!(report.outcomes().len(), 250);
            reports.lock().unwrap().push((tried, report.queued()));
        }
    };
    let batch = sending(&server, &clock).send_batch(messages(250)).idempotency_key("sale");
    let report = batch.on_progress(show).await.unwrap();
    assert_eq!(report.queued(), 99);
    assert_eq!(*reports.lock().unwrap(), [(0, 0), (1, 99), (2, 99)]);
}

/// Drops the batch while its second request is in flight.
#[tokio::test]
async fn progress_outlives_a_dropped_batch() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [sent(100, &[]), sent(100, &[])]);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let batch = sending(&server, &clock).send_batch(messages(200)).on_progress(move |report| {
        if report.queued() > 0 {
            let ids = report.outcomes().iter().filter(|outcome| outcome.is_queued()).count();
            let _ = sender.lock().unwrap().take().map(|sender| sender.send(ids));
        }
    });
    let sent = tokio::select! {
        biased;
        sent = receiver => sent.unwrap(),
        report = batch => panic!("{report:?}"),
    };
    assert_eq!(sent, 100);
}

#[tokio::test]
async fn the_same_batch_sends_the_same_requests() {
    let requests = async || {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [sent(100, &[]), sent(50, &[])]);
        let _ = send(&server, &clock, 150).await;
        let received = server.received();
        received
            .iter()
            .map(|request| (request.target.clone(), request.body.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(requests().await, requests().await);
}

#[test_case("400 Bad Request", "invalid_parameter" ; "invalid parameter")]
#[test_case("413 Content Too Large", "payload_too_large" ; "payload too large")]
#[test_case("422 Unprocessable Content", "validation_error" ; "validation error")]
#[test_case("409 Conflict", "idempotency_conflict" ; "idempotency conflict")]
#[tokio::test]
async fn an_error_of_one_request_leaves_the_others(status: &str, code: &str) {
    let clock = FakeClock::new();
    let rejected = api_error(status, "", code, false);
    let server = Server::start(&clock, [sent(100, &[]), rejected, sent(100, &[])]);
    let report = send(&server, &clock, 300).await;
    assert_eq!(report.queued(), 200);
    assert!(report.outcomes()[100..200].iter().all(|outcome| *outcome == Outcome::ChunkFailed));
    let chunk = report.chunk_of(150).unwrap();
    assert_eq!(chunk.error().unwrap().code().unwrap().as_str(), code);
    assert_eq!(chunk.messages(), (100..200).collect::<Vec<_>>());
}

#[test_case(vec![api_error("401 Unauthorized", "", "authentication_required", false)] ; "unauthorized")]
#[test_case(vec![api_error("402 Payment Required", "", "insufficient_credits", false)] ; "insufficient credits")]
#[test_case(vec![api_error("403 Forbidden", "", "insufficient_permissions", false)] ; "insufficient permissions")]
#[test_case(vec![api_error("429 Too Many Requests", "", "daily_limit_exceeded", true)] ; "daily limit")]
#[test_case(vec![unavailable(); 4] ; "outage")]
#[test_case(vec![json_response("200 OK", "", "<html>")] ; "html")]
#[tokio::test]
async fn an_error_that_would_recur_ends_the_batch(failure: Vec<Reply>) {
    let clock = FakeClock::new();
    let requests = 1 + failure.len();
    let script: Vec<_> = [sent(100, &[])].into_iter().chain(failure).collect();
    let server = Server::start(&clock, script);
    let report = send(&server, &clock, 250).await;
    let error = report.error().unwrap();
    assert_eq!(server.received().len(), requests, "{error}");
    assert_eq!(report.queued(), 100, "{error}");
    let outcomes = report.outcomes();
    assert!(outcomes[100..200].iter().all(|outcome| *outcome == Outcome::ChunkFailed));
    assert!(outcomes[200..].iter().all(|outcome| *outcome == Outcome::NotAttempted));
    assert!(!report.chunks()[2].was_attempted());
}

#[tokio::test]
async fn nothing_is_sent_with_an_invalid_key_or_without_messages() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let client = sending(&server, &clock);
    for key in ["", " ", "a b", "ключ", &"k".repeat(241), "a\nb"] {
        let error = client.send_batch(messages(1)).idempotency_key(key).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false), "{key:?}");
    }
    let report = client.send_batch([] as [EmailSend; 0]).await.unwrap();
    assert!(report.is_complete() && report.chunks().is_empty());
    assert_eq!(report.idempotency_key().len(), 32);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_message_too_large_for_any_request_is_reported_and_the_rest_is_sent() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [sent(2, &[])]);
    let mut all = messages(3);
    all[1].html_body = "x".repeat(25_000_000);
    let report = sending(&server, &clock).send_batch(all).await.unwrap();
    assert!(matches!(report.outcomes()[1], Outcome::TooLarge { bytes } if bytes > 25_000_000));
    assert_eq!(report.queued(), 2);
    assert!(report.chunk_of(1).is_none());
    assert_eq!(
        recipients(&server.received()[0].body),
        ["person0@example.org", "person2@example.org"]
    );
}

/// Tries every mixture of three outcomes over four requests.
#[tokio::test]
async fn each_message_has_one_outcome_for_every_mixture_of_failures() {
    for mixture in 0..81_usize {
        let clock = FakeClock::new();
        let ends: Vec<usize> = (0..4).map(|place| mixture / 3_usize.pow(place) % 3).collect();
        let script = ends.iter().map(|end| match end {
            0 => sent(100, &[3]),
            1 => api_error("422 Unprocessable Content", "", "validation_error", false),
            _ => api_error("402 Payment Required", "", "insufficient_credits", false),
        });
        let server = Server::start(&clock, script.collect::<Vec<_>>());
        let report = send(&server, &clock, 400).await;
        let tried = ends.iter().position(|end| *end == 2).map_or(4, |stop| stop + 1);
        assert_eq!(server.received().len(), tried, "{ends:?}");
        for (index, outcome) in report.outcomes().iter().enumerate() {
            let chunk = index / 100;
            let right = match (chunk < tried, ends[chunk]) {
                (false, _) => *outcome == Outcome::NotAttempted,
                (true, 0) if index % 100 == 3 => matches!(outcome, Outcome::Rejected(_)),
                (true, 0) => outcome.is_queued(),
                (true, _) => *outcome == Outcome::ChunkFailed,
            };
            assert!(right, "{ends:?} {index}: {outcome:?}");
        }
        let stopped = report.error().and_then(|error| error.code());
        let last = ends[..tried].iter().rev().find(|end| **end > 0);
        let expected =
            last.map(|end| ErrorCode::from(["", "validation_error", "insufficient_credits"][*end]));
        assert_eq!(stopped, expected.as_ref());
    }
}
