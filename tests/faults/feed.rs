//! Feeds of changes, from a server that fails or whose states do not advance.

use sendmux_client::mailbox::types::Changes;
use sendmux_client::mailbox::{ResourceChange, ResourceType, SyncStates};
use sendmux_client::{Change, Error, Feed, Kind};
use serde_json::{Value, json};

use crate::class::{mailbox, success};
use crate::clock::FakeClock;
use crate::fault::{api_error, json as json_response};
use crate::server::{Reply, Server};

fn changes(created: &[&str], new_state: &str, has_more: bool) -> Value {
    json!({ "old_state": null, "new_state": new_state, "has_more": has_more,
        "created": created, "updated": [], "destroyed": [] })
}

fn flat(created: &[&str], new_state: &str, has_more: bool) -> Reply {
    success(&changes(created, new_state, has_more).to_string())
}

fn typed(types: &Value) -> Reply {
    success(&json!({ "types": types }).to_string())
}

fn rejected_state(param: Option<&str>) -> Reply {
    let error = json!({ "code": "invalid_parameter", "message": "Invalid sync state.",
        "param": param, "retryable": false });
    let body = json!({ "ok": false, "error": error, "meta": { "request_id": "req_1" } });
    json_response("400 Bad Request", "", &body.to_string())
}

/// Returns the ids that were created, and whether the feed requires a full sync.
async fn read(feed: &mut Feed<Changes>) -> Result<(Vec<String>, bool), Error> {
    let (mut created, mut restart) = (Vec::new(), false);
    while let Some(change) = feed.try_next().await? {
        match change {
            Change::Changed(changes) => created.extend(changes.into_data().created),
            _ => restart = true,
        }
    }
    Ok((created, restart))
}

fn targets(server: &Server) -> Vec<String> {
    server.received().into_iter().map(|request| request.target).collect()
}

#[tokio::test]
async fn a_feed_follows_the_states_to_the_current_one() {
    let clock = FakeClock::new();
    let script = [flat(&["a"], "s/2", true), flat(&[], "s3", true), flat(&["b"], "s4", false)];
    let server = Server::start(&clock, script);
    let client = mailbox(&server, &clock);
    let mut feed = client.get_folder_changes().since_state("s1").limit(2).feed();
    assert_eq!(feed.state(), Some("s1"));
    assert!(feed.try_next().await.unwrap().is_some());
    assert_eq!(feed.state(), Some("s/2"));
    assert_eq!(server.received().len(), 1, "nothing is prefetched");
    assert_eq!(read(&mut feed).await.unwrap(), (vec!["b".to_owned()], false));
    assert_eq!(feed.state(), Some("s4"));
    let path = "/mailbox/folders/changes?limit=2&since_state=";
    let expected = ["s1", "s%2F2", "s3"].map(|state| format!("{path}{state}"));
    assert!(
        targets(&server)
            .iter()
            .zip(expected)
            .all(|(request, expected)| request.ends_with(&expected))
    );
    assert!(feed.try_next().await.unwrap().is_none());
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_feed_without_a_state_returns_the_current_one() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [flat(&[], "s9", false)]);
    let mut feed = mailbox(&server, &clock).get_quota_changes().feed();
    assert_eq!(feed.state(), None);
    assert_eq!(read(&mut feed).await.unwrap(), (vec![], false));
    assert_eq!(feed.state(), Some("s9"));
}

#[tokio::test]
async fn an_expired_state_requires_a_full_sync_however_it_is_reported() {
    let mut expired = changes(&["not to be applied"], "s7", true);
    expired["sync_required"] = true.into();
    for (reply, state) in [
        (success(&expired.to_string()), Some("s7")),
        (rejected_state(None), None),
        (rejected_state(Some("since_state")), None),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [flat(&["a"], "s2", true), reply]);
        let client = mailbox(&server, &clock);
        let mut feed = client.get_submission_changes().since_state("s1").feed();
        assert_eq!(read(&mut feed).await.unwrap(), (vec!["a".to_owned()], true));
        assert_eq!(feed.state(), state);
    }
}

#[tokio::test]
async fn any_other_error_is_returned_once_and_keeps_the_state() {
    for reply in [
        rejected_state(Some("limit")),
        api_error("400 Bad Request", "", "missing_parameter", false),
        api_error("403 Forbidden", "", "insufficient_permissions", false),
        json_response("200 OK", "", "{}"),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [flat(&["a"], "s2", true), reply]);
        let client = mailbox(&server, &clock);
        let mut feed = client.get_folder_changes().since_state("s1").feed();
        assert!(read(&mut feed).await.is_err());
        assert_eq!(feed.state(), Some("s2"));
        assert!(feed.try_next().await.unwrap().is_none(), "an error is returned once");
    }
    let clock = FakeClock::new();
    let server = Server::start(&clock, [rejected_state(None)]);
    let mut feed = mailbox(&server, &clock).get_folder_changes().feed();
    assert!(read(&mut feed).await.is_err(), "no state was sent that could be rejected");
}

#[tokio::test]
async fn states_that_do_not_advance_are_an_error() {
    for script in [
        vec![flat(&[], "s1", true)],
        vec![flat(&[], "s2", true), flat(&[], "s1", true)],
        vec![flat(&[], "", true)],
        vec![flat(&[], "", false)],
    ] {
        let clock = FakeClock::new();
        let requests = script.len();
        let server = Server::start(&clock, script);
        let client = mailbox(&server, &clock);
        let mut feed = client.get_folder_changes().since_state("s1").feed();
        assert_eq!(read(&mut feed).await.unwrap_err().kind(), Kind::Pagination);
        assert_eq!(server.received().len(), requests);
    }
}

#[tokio::test]
async fn changes_that_go_on_without_any_change_end_after_100_responses() {
    let endless = |response: fn(String) -> Reply| (0..200).map(move |n| response(format!("f{n}")));
    let clock = FakeClock::new();
    let server = Server::start(&clock, endless(|state| flat(&[], &state, true)));
    let client = mailbox(&server, &clock);
    let mut feed = client.get_folder_changes().since_state("s1").feed();
    let error = read(&mut feed).await.unwrap_err();
    assert_eq!((error.kind(), server.received().len()), (Kind::Pagination, 100));
    assert!(error.to_string().contains("the server's changes go on"), "{error}");
    assert_eq!(feed.state(), Some("f98"), "the last state that was returned");

    let server = Server::start(
        &clock,
        endless(|state| typed(&json!({ "messages": changes(&[], &state, true) }))),
    );
    let known = SyncStates::from([(ResourceType::Messages, "s1".to_owned())]);
    let mut stream = mailbox(&server, &clock).follow([ResourceType::Messages], known);
    let error = loop {
        if let Err(error) = stream.try_next().await {
            break error;
        }
    };
    assert_eq!((error.kind(), server.received().len()), (Kind::Pagination, 100));
}

#[tokio::test]
async fn a_change_now_and_then_keeps_a_feed_going() {
    let clock = FakeClock::new();
    let script = (0..300).map(|n| {
        let created: &[&str] = if n % 60 == 59 { &["a"] } else { &[] };
        flat(created, &format!("f{n}"), n < 299)
    });
    let server = Server::start(&clock, script);
    let mut feed = mailbox(&server, &clock).get_folder_changes().since_state("s1").feed();
    assert_eq!(read(&mut feed).await.unwrap().0.len(), 5);
}

#[tokio::test]
async fn a_feed_is_retried_like_any_read() {
    let clock = FakeClock::new();
    let lost = Reply::new("").then_reset();
    let server = Server::start(&clock, [lost, flat(&["a"], "s2", false)]);
    let mut feed = mailbox(&server, &clock).get_folder_changes().since_state("s1").feed();
    assert_eq!(read(&mut feed).await.unwrap(), (vec!["a".to_owned()], false));
}

#[tokio::test]
async fn a_query_feed_has_query_states() {
    let clock = FakeClock::new();
    let page = |state: &str, more: bool| {
        success(
            &json!({ "old_query_state": null, "new_query_state": state, "has_more": more,
                "removed": [], "added": [{ "id": "msg_1", "index": 0 }], "total": 1 })
            .to_string(),
        )
    };
    let server = Server::start(&clock, [page("q2", true), page("q3", false)]);
    let client = mailbox(&server, &clock);
    let mut feed = client.query_message_changes().q("invoice").since_query_state("q1").feed();
    while let Some(change) = feed.try_next().await.unwrap() {
        assert!(matches!(change, Change::Changed(changes) if changes.added.len() == 1));
    }
    assert_eq!(feed.state(), Some("q3"));
    assert!(targets(&server)[1].ends_with("/query-changes?q=invoice&since_query_state=q2"));
}

#[tokio::test]
async fn a_feed_of_messages_uses_the_flat_form() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [flat(&["msg_1"], "s2", false)]);
    let client = mailbox(&server, &clock);
    let mixed = client.get_changes().since_state("s1").types("folders").folders_since_state("f1");
    assert_eq!(read(&mut mixed.feed()).await.unwrap().0, ["msg_1"]);
    assert!(targets(&server)[0].ends_with("/mailbox/changes?since_state=s1"));
}

#[tokio::test]
async fn several_resource_types_are_followed_each_to_its_end() {
    let clock = FakeClock::new();
    let server = Server::start(
        &clock,
        [
            typed(
                &json!({ "messages": changes(&["m1"], "m/2", true), "folders": changes(&["f1"], "f2", false) }),
            ),
            typed(&json!({ "messages": changes(&["m2"], "m3", false) })),
        ],
    );
    let client = mailbox(&server, &clock);
    let known = SyncStates::from([(ResourceType::Messages, "m1".to_owned())]);
    let mut stream = client.follow([ResourceType::Messages, ResourceType::Folders], known);
    let mut created = Vec::new();
    while let Some(change) = stream.try_next().await.unwrap() {
        let ResourceChange::Changed(kind, changes) = change else { panic!("{change:?}") };
        created.push(format!("{kind} {}", changes.created.join(" ")));
    }
    assert_eq!(created, ["folders f1", "messages m1", "messages m2"]);
    let states = stream.states();
    assert_eq!(
        (states[&ResourceType::Messages].as_str(), states[&ResourceType::Folders].as_str()),
        ("m3", "f2")
    );
    let targets = targets(&server);
    assert!(
        targets[0].ends_with("/mailbox/changes?messages_since_state=m1&types=folders%2Cmessages")
    );
    assert!(targets[1].ends_with("/mailbox/changes?messages_since_state=m%2F2&types=messages"));
    let kept = serde_json::to_string(states).unwrap();
    assert_eq!(kept, r#"{"folders":"f2","messages":"m3"}"#);
    assert_eq!(&serde_json::from_str::<SyncStates>(&kept).unwrap(), states);
}

#[tokio::test]
async fn a_resource_type_that_requires_a_full_sync_leaves_the_others() {
    let mut whole = changes(&[], "m9", true);
    whole["sync_required"] = true.into();
    let folders = || changes(&["f1"], "f2", false);
    for (script, kept) in [
        (vec![typed(&json!({ "messages": whole, "folders": folders() }))], Some("m9")),
        (
            vec![
                rejected_state(Some("messages_since_state")),
                typed(&json!({ "folders": folders() })),
            ],
            None,
        ),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, script);
        let known = SyncStates::from([
            (ResourceType::Messages, "m1".into()),
            (ResourceType::Folders, "f1".into()),
        ]);
        let client = mailbox(&server, &clock);
        let mut stream = client.follow([ResourceType::Messages, ResourceType::Folders], known);
        let (mut whole, mut created) = (Vec::new(), Vec::new());
        while let Some(change) = stream.try_next().await.unwrap() {
            match change {
                ResourceChange::Changed(_, changes) => created.extend(changes.created),
                ResourceChange::SyncRequired(kind) => whole.push(kind),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((whole, created), (vec![ResourceType::Messages], vec!["f1".to_owned()]));
        assert_eq!(stream.states().get(&ResourceType::Messages).map(String::as_str), kept);
        assert_eq!(stream.states()[&ResourceType::Folders], "f2");
    }
}

#[tokio::test]
async fn resource_types_that_do_not_advance_or_are_missing_are_an_error() {
    for reply in [
        typed(&json!({})),
        typed(&json!({ "messages": changes(&[], "", false) })),
        typed(&json!({ "messages": changes(&[], "m1", true) })),
        api_error("503 Service Unavailable", "", "service_unavailable", false),
        rejected_state(Some("folders_since_state")),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [reply]);
        let known = SyncStates::from([(ResourceType::Messages, "m1".to_owned())]);
        let mut stream = mailbox(&server, &clock).follow([ResourceType::Messages], known.clone());
        assert!(stream.try_next().await.is_err());
        assert_eq!(*stream.states(), known);
        assert!(stream.try_next().await.unwrap().is_none());
    }
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let mut nothing = mailbox(&server, &clock).follow([], SyncStates::new());
    assert!(nothing.try_next().await.unwrap().is_none());
    assert!(server.received().is_empty());
}
