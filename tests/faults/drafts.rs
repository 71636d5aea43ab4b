//! Drafts whose requests or responses get lost, and other operations that the API has added since.

use std::time::Duration;

use sendmux_client::mailbox::types::{Draft, DraftUpdate};
use sendmux_client::mailbox::{DraftHandle, DraftState, ExtractedText};
use sendmux_client::{Error, Kind, Timestamp};
use serde_json::{Value, json};
use test_case::test_case;

use crate::class::{mailbox, management, success};
use crate::clock::FakeClock;
use crate::fault::{api_error, json as json_reply, reset, response, unavailable};
use crate::server::{Received, Reply, Server};

const CONFLICT: &str = "409 Conflict";
const NOT_FOUND: &str = "404 Not Found";

fn draft_json(status: &str) -> Value {
    json!({
        "id": "drf_1", "revision": 3, "status": status, "message_id": null, "scheduled_for": null,
        "schedule_version": 2, "failure_code": null, "in_reply_to": [], "references": [],
    })
}

fn with(status: &str, member: &str, value: Value) -> Value {
    let mut draft = draft_json(status);
    draft[member] = value;
    draft
}

fn seen(status: &str) -> Draft {
    serde_json::from_value(draft_json(status)).unwrap()
}

fn draft(status: &str) -> Reply {
    reply(&draft_json(status))
}

fn reply(draft: &Value) -> Reply {
    success(&draft.to_string())
}

struct Scene {
    clock: FakeClock,
    server: Server,
    handle: DraftHandle,
}

impl Scene {
    fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let clock = FakeClock::new();
        let server = Server::start(&clock, script);
        let handle = mailbox(&server, &clock).draft("drf_1").mailbox_id("mbx_1");
        Self { clock, server, handle }
    }

    fn lines(&self) -> Vec<String> {
        let line = |request: Received| {
            let path = request.target.split('?').next().unwrap_or_default().to_owned();
            format!("{} {}", request.method, path.trim_start_matches("/api/v1"))
        };
        self.server.received().into_iter().map(line).collect()
    }

    fn body(&self, index: usize) -> Value {
        serde_json::from_slice(&self.server.received()[index].body).unwrap()
    }
}

const SEND: &str = "POST /mailbox/drafts/drf_1/send";
const READ: &str = "GET /mailbox/drafts/drf_1";

#[test_case(&[reset]; "the connection is lost")]
#[test_case(&[unavailable]; "the API fails")]
#[test_case(&[|| response("502 Bad Gateway", "", "")]; "a gateway fails")]
#[test_case(&[|| json_reply("200 OK", "", "{")]; "the response cannot be read")]
#[tokio::test]
async fn a_draft_is_read_back_and_not_sent_again_after(lost: &[fn() -> Reply]) {
    let script = [lost[0](), draft("ready"), draft("sending"), draft("queued")];
    let scene = Scene::new(script);
    let state = scene.handle.send(&seen("ready")).await.unwrap();
    assert!(matches!(state, DraftState::Queued(_)), "{state:?}");
    assert_eq!(scene.lines(), [SEND, READ, READ, READ]);
    let received = scene.server.received();
    assert_eq!(received[0].header("idempotency-key"), None);
    assert_eq!(received[0].header("if-match"), None);
    assert!(received.iter().all(|request| request.target.contains("mailbox_id=mbx_1")));
    assert_eq!(scene.body(0), json!({ "expected_revision": 3, "expected_schedule_version": 2 }));
    let waits = [500, 1000].map(Duration::from_millis);
    assert_eq!(scene.clock.waits(), waits);
}

#[test_case("queued", "ready" => "Queued"; "queued")]
#[test_case("scheduled", "ready" => "Scheduled"; "scheduled")]
#[test_case("failed", "ready" => "Failed"; "failed")]
#[test_case("failed", "failed" => "Uncertain"; "failed before")]
#[test_case("ready", "ready" => "Uncertain"; "still ready")]
#[test_case("uncertain", "ready" => "Uncertain"; "uncertain for good")]
#[tokio::test]
async fn the_outcome_of_a_lost_send_is_told_apart(now: &str, before: &str) -> String {
    let script = [reset()].into_iter().chain((0..20).map(|_| draft(now)));
    let scene = Scene::new(script);
    let state = scene.handle.send(&seen(before)).await.unwrap();
    assert_eq!(scene.lines().iter().filter(|line| *line == SEND).count(), 1);
    assert!(scene.clock.waits().iter().sum::<Duration>() <= Duration::from_secs(60));
    if let DraftState::Uncertain { draft, error } = &state {
        assert_eq!(error.as_ref().unwrap().kind(), Kind::Connection);
        assert_eq!(draft.as_ref().unwrap().status.as_str(), now);
    }
    format!("{state:?}").split(['(', ' ']).next().unwrap().to_owned()
}

#[tokio::test]
async fn another_revision_says_nothing_about_a_lost_send() {
    let other = with("queued", "revision", 4.into());
    let scene = Scene::new([reset(), reply(&other)]);
    let state = scene.handle.send(&seen("ready")).await.unwrap();
    assert!(matches!(state, DraftState::Uncertain { .. }), "{state:?}");
    assert_eq!(scene.lines(), [SEND, READ]);
}

#[tokio::test]
async fn a_send_without_any_later_response_stays_uncertain() {
    let denied = api_error("403 Forbidden", "", "insufficient_permissions", false);
    let scene = Scene::new([reset(), denied]);
    let state = scene.handle.send(&seen("ready")).await.unwrap();
    let DraftState::Uncertain { draft: None, error: Some(error) } = state else {
        panic!("{state:?}")
    };
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Connection, true));
}

#[tokio::test]
async fn a_rejected_send_is_an_error_and_is_not_read_back() {
    let scene = Scene::new([api_error(CONFLICT, "", "conflict", false)]);
    let error = scene.handle.send(&seen("ready")).await.unwrap_err();
    assert!(error.is_precondition_failed());
    let other = mailbox(&scene.server, &scene.clock).draft("drf_2");
    assert_eq!(other.send(&seen("ready")).await.unwrap_err().kind(), Kind::Request);
    assert_eq!(scene.lines(), [SEND]);
}

#[tokio::test]
async fn the_steps_of_a_draft_can_be_spawned() {
    fn assert_send<T: Send>(_: T) {}
    let scene = Scene::new([]);
    let draft = seen("ready");
    assert_send(scene.handle.wait());
    assert_send(scene.handle.edit(|_| None));
    assert_send(scene.handle.send(&draft));
    assert_send(scene.handle.schedule(&draft, Timestamp::now()));
    assert_send(scene.handle.cancel(&draft));
}

#[tokio::test]
async fn an_edit_is_decided_anew_after_a_conflict() {
    let conflict = || api_error(CONFLICT, "", "conflict", false);
    let newer = with("ready", "revision", 4.into());
    let saved = with("preparing", "revision", 5.into());
    let script = [
        draft("preparing"),
        draft("ready"),
        conflict(),
        reply(&newer),
        reply(&saved),
        reply(&with("ready", "revision", 5.into())),
    ];
    let scene = Scene::new(script);
    let mut revisions = Vec::new();
    let edited = scene.handle.edit(|draft| {
        revisions.push(draft.revision);
        Some(DraftUpdate::new(1).subject("Hello"))
    });
    let DraftState::Ready(edited) = edited.await.unwrap() else { panic!("not ready") };
    assert_eq!((revisions, edited.revision), (vec![3, 4], 5));
    assert_eq!(scene.body(2)["expected_revision"], 3);
    assert_eq!(scene.body(4), json!({ "expected_revision": 4, "subject": "Hello" }));
}

#[tokio::test]
async fn an_edit_ends_after_five_conflicts_and_a_scheduled_draft_is_not_edited() {
    let rounds = (0..5).flat_map(|_| [draft("ready"), api_error(CONFLICT, "", "conflict", false)]);
    let scene = Scene::new(rounds.chain([draft("scheduled")]));
    let edit = |draft: &Draft| Some(DraftUpdate::new(draft.revision).subject("Hello"));
    assert!(scene.handle.edit(edit).await.unwrap_err().is_precondition_failed());
    let state = scene.handle.edit(edit).await.unwrap();
    assert!(matches!(state, DraftState::Scheduled(_)), "{state:?}");
    assert_eq!(scene.server.unused_replies(), 0);
}

#[tokio::test]
async fn a_schedule_is_cut_to_milliseconds_and_canceled_with_null() {
    let at: Timestamp = "2026-05-22T08:00:00.123456789Z".parse().unwrap();
    let mut moved = with("scheduled", "schedule_version", 3.into());
    moved["scheduled_for"] = "2026-05-22T08:00:00.123Z".into();
    let canceled = with("ready", "schedule_version", 3.into());
    let script = [
        reply(&moved),
        // Lost, but done.
        reset(),
        reply(&moved),
        reset(),
        reply(&canceled),
        // Lost, and not done.
        reset(),
        draft("scheduled"),
    ];
    let scene = Scene::new(script);
    let scheduled = |state: DraftState| matches!(state, DraftState::Scheduled(_));
    assert!(scheduled(scene.handle.schedule(&seen("ready"), at).await.unwrap()));
    assert!(scheduled(scene.handle.reschedule(&seen("scheduled"), at).await.unwrap()));
    let state = scene.handle.cancel(&seen("scheduled")).await.unwrap();
    assert!(matches!(state, DraftState::Ready(_)), "{state:?}");
    let lost = scene.handle.cancel(&seen("scheduled")).await.unwrap_err();
    assert_eq!(lost.kind(), Kind::Connection);
    assert_eq!(scene.body(0)["scheduled_for"], "2026-05-22T08:00:00.123Z");
    let null = json!({
        "expected_revision": 3, "expected_schedule_version": 2, "scheduled_for": null,
    });
    assert_eq!(scene.body(3), null);
}

#[tokio::test]
async fn an_expired_text_is_requested_again_once() {
    let text = |status: &str, outcome: Value, text: Value| {
        let data = json!({
            "id": "t1", "status": status, "outcome": outcome, "text": text, "format": "markdown",
            "truncated": false, "expires_at": "2026-05-22T08:00:00Z",
        });
        success(&data.to_string())
    };
    let pending = || text("pending", Value::Null, Value::Null);
    let gone = || api_error(NOT_FOUND, "", "not_found", false);
    for (after, expected) in [
        (
            text("complete", "ready".into(), "".into()),
            Some("Text { text: \"\", truncated: false }"),
        ),
        (text("complete", "encrypted".into(), "".into()), Some("NoText(Encrypted)")),
        (gone(), None),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [pending(), gone(), pending(), after]);
        let result = mailbox(&server, &clock).read_attachment_text("m1", "a1").max_bytes(9).await;
        assert_eq!(result.ok().map(|text| format!("{text:?}")).as_deref(), expected);
        let received = server.received();
        let methods: Vec<&str> = received.iter().map(|request| &*request.method).collect();
        assert_eq!(methods, ["POST", "GET", "POST", "GET"]);
        assert!(received.iter().all(|request| request.target.ends_with("?max_bytes=9")));
    }
    let clock = FakeClock::new();
    let server = Server::start(&clock, (0..30).map(|_| pending()));
    let result = mailbox(&server, &clock).read_attachment_text("m1", "a1").await.unwrap();
    assert!(matches!(result, ExtractedText::Unfinished(_)), "{result:?}");
}

#[tokio::test]
async fn a_404_without_the_envelope_says_that_the_server_may_lack_the_operation() {
    let clock = FakeClock::new();
    let script =
        [response(NOT_FOUND, "", "not found"), api_error(NOT_FOUND, "", "not_found", false)];
    let server = Server::start(&clock, script);
    let client = mailbox(&server, &clock);
    let unknown: Error = client.get_draft("drf_1").await.unwrap_err();
    assert!(unknown.to_string().contains("may not support this operation yet"), "{unknown}");
    let missing = client.get_draft("drf_1").await.unwrap_err();
    assert!(!missing.to_string().contains("yet"), "{missing}");
}

#[tokio::test]
async fn a_raw_message_is_not_resumed_since_the_api_serves_no_ranges_of_it() {
    let clock = FakeClock::new();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: message/rfc822\r\nETag: \"v1\"\r\n";
    let whole = |sent: &[u8]| {
        let mut bytes = format!("{head}Content-Length: 4\r\n\r\n").into_bytes();
        bytes.extend(sent);
        Reply::new(bytes)
    };
    let cut = || whole(b"\xff").then_close();
    let script = [cut(), cut(), whole(b"\xff\x00\r\n")];
    let server = Server::start(&clock, script);
    let client = mailbox(&server, &clock);
    let mut message = client.download_raw_message("m1").await.unwrap();
    assert_eq!(message.chunk().await.unwrap().as_deref(), Some(&b"\xff"[..]));
    assert_eq!(message.chunk().await.unwrap_err().kind(), Kind::Connection);
    // Nothing has been handed out of the next one, so it starts over.
    let message = client.download_raw_message("m1").await.unwrap();
    assert_eq!(message.bytes().await.unwrap(), &b"\xff\x00\r\n"[..]);
    assert_eq!(server.received().len(), 3);
    assert!(server.received().iter().all(|request| request.header("range").is_none()));
}

#[tokio::test]
async fn costs_are_read_when_the_api_says_so_for_times_cut_to_milliseconds() {
    let clock = FakeClock::new();
    let part = json!({
        "quantity": "1", "posted_quantity": "1", "unbillable_quantity": "0",
        "incurred_amount": "0.000001", "posted_amount": "0.000001",
        "unbillable_amount": "0.000000", "coverage_started_at": null, "state": "final",
    });
    let costs = json!({
        "mailbox_id": "mbx_1", "start": "2026-05-01T00:00:00.123Z", "currency": "USD",
        "end": "2026-05-02T00:00:00.000Z", "state": "final", "posted_amount": "0.000002",
        "incoming": part, "outgoing": part,
        "storage": { "raw_amount": "1234567.000000123456789010", "allocated_amount": "0.000000",
            "posted_amount": "0.000000", "state": "final" },
    });
    let later =
        api_error(crate::fault::UNAVAILABLE, "Retry-After: 7\r\n", "service_unavailable", true);
    let server = Server::start(&clock, [later, success(&costs.to_string())]);
    let (start, end): (Timestamp, Timestamp) = (
        "2026-05-01T00:00:00.123999999Z".parse().unwrap(),
        "2026-05-02T02:00:00+02:00".parse().unwrap(),
    );
    let client = management(&server, &clock);
    let read = client.get_mailbox_cost_usage("mbx_1", start, end).await.unwrap();
    assert_eq!(read.storage.raw_amount.to_string(), "1234567.000000123456789010");
    assert!(clock.waits()[0] >= Duration::from_secs(7));
    let target = &server.received()[0].target;
    let times = "end=2026-05-02T00%3A00%3A00Z&start=2026-05-01T00%3A00%3A00.123Z";
    assert!(target.ends_with(times), "{target}");
}
