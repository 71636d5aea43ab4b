//! What may stand in the body.

use sendmux_client::webhooks::types::BounceType;
use sendmux_client::webhooks::{Event, EventType, VerifyError};

use crate::request::Request;

fn event(body: &str) -> Event {
    Request::signed(body).verified().unwrap_or_else(|error| panic!("{body}: {error}")).event
}

/// The field that an error names.
fn field(body: impl AsRef<[u8]>) -> String {
    let error = Request::signed(&body).verified().unwrap_err();
    assert!(error.is_authentic());
    match error {
        VerifyError::Body { path, .. } => path.into(),
        error => panic!("{error}"),
    }
}

#[test]
fn every_known_type_has_a_name() {
    for known in EventType::KNOWN {
        let event = event(&format!(r#"{{"id":"evt_1","type":"{known}"}}"#));
        assert_eq!(event.type_.as_str(), *known);
        assert!(!matches!(event.type_, EventType::Unknown(_)));
    }
    assert_eq!(EventType::KNOWN.len(), 8);
}

#[test]
fn types_from_before_and_after_this_version_are_unknown() {
    for name in ["ses.bounce", "mail.inbound", "message.opened", "", "日本語", "MESSAGE.BOUNCED"]
    {
        let event = event(&format!(r#"{{"id":"evt_1","type":"{name}"}}"#));
        assert_eq!(event.type_, EventType::Unknown(name.to_owned()));
    }
}

#[test]
fn fields_may_be_missing_null_or_new() {
    for body in [
        r#"{"id":"evt_1","type":"message.bounced"}"#,
        r#"{"id":"evt_1","type":"message.bounced","data":null}"#,
        r#"{"id":"evt_1","type":"message.bounced","data":{}}"#,
        r#"{"id":"evt_1","type":"message.bounced","data":{"recipients":null,"new":[{}]},"new":1}"#,
        r#"{"id":"evt_1","type":"message.bounced","occurred_at":null,"team_public_id":null}"#,
    ] {
        let event = event(body);
        assert_eq!(event.data, Default::default(), "{body}");
        assert_eq!((event.occurred_at, event.team_public_id), (None, None));
    }
}

#[test]
fn what_is_there_is_read() {
    let event = event(concat!(
        r#"{"type":"message.bounced","occurred_at":"2026-05-21T11:12:00.250+02:00","#,
        r#""data":{"bounce_type":"Permanent","recipients":["a@example.org"],"is_spam":false,"#,
        r#""message_id_kind":"newer"},"id":"evt_1"}"#,
    ));
    assert_eq!(event.occurred_at.unwrap().to_string(), "2026-05-21T09:12:00.250Z");
    assert_eq!(event.data.bounce_type, Some(BounceType::Permanent));
    assert_eq!(event.data.recipients, ["a@example.org"]);
    assert_eq!(event.data.is_spam, Some(false));
    assert_eq!(event.data.message_id_kind.unwrap().as_str(), "newer");
}

#[test]
fn what_is_no_event_is_refused_with_its_place() {
    for (body, place) in [
        ("", "."),
        ("null", "."),
        ("[]", "."),
        (r#" [{},"evt_1",null,null,"message.bounced"]"#, "."),
        ("{", "."),
        ("{}", "."),
        ("\u{feff}{}", "."),
        (r#"{"id":"evt_1"}"#, "."),
        (r#"{"type":"message.bounced"}"#, "."),
        (r#"{"id":"evt_1","type":"message.bounced"} x"#, "."),
        (r#"{"id":"evt_1","type":"message.bounced"}{}"#, "."),
        (r#"{"id":"evt_1","type":"message.bounced","id":"evt_2"}"#, "."),
        (r#"{"id":1,"type":"message.bounced"}"#, "id"),
        (r#"{"id":null,"type":"message.bounced"}"#, "id"),
        (r#"{"id":"evt_1","type":null}"#, "type"),
        (r#"{"id":"evt_1","type":["message.bounced"]}"#, "type"),
        (r#"{"id":"evt_1","type":"message.bounced","data":7}"#, "data"),
        (
            r#"{"id":"evt_1","type":"message.bounced","data":{"recipients":[1]}}"#,
            "data.recipients[0]",
        ),
        (r#"{"id":"evt_1","type":"message.bounced","data":{"is_spam":"no"}}"#, "data.is_spam"),
        (r#"{"id":"evt_1","type":"message.bounced","occurred_at":"today"}"#, "occurred_at"),
    ] {
        assert_eq!(field(body), place, "{body}");
    }
    assert_eq!(field([0xff, 0xfe]), ".");
    assert_eq!(field("[".repeat(1_000_000)), ".");
    let deep = format!(r#"{{"id":"evt_1","type":"x","new":{}}}"#, "[".repeat(1_000_000));
    assert_eq!(field(deep), "new");
}

#[test]
fn an_unknown_type_may_have_data_of_another_form() {
    for data in ["[1]", "7", r#"{"recipients":{"to":1}}"#] {
        let body = format!(
            r#"{{"id":"evt_1","type":"domain.verified","team_public_id":"team_1","data":{data}}}"#
        );
        let event = event(&body);
        assert_eq!(event.data, Default::default());
        assert_eq!(event.team_public_id.as_deref(), Some("team_1"));
    }
    assert_eq!(field(r#"{"id":"evt_1","id":"evt_2","type":"new","data":7}"#), ".");
    assert_eq!(field(r#"{"id":7,"type":"new","data":7}"#), "id");
}

#[test]
fn a_large_body_is_read() {
    let recipients = vec!["someone@example.org"; 100_000];
    let body = serde_json::json!({"id": "evt_1", "type": "message.bounced",
        "data": {"recipients": recipients}});
    assert_eq!(event(&body.to_string()).data.recipients.len(), 100_000);
}

#[test]
fn messages_are_one_line() {
    let body = r#"{"id":"evt\n1","type":"message.bounced"}"#;
    let error = Request::signed(body).with("x-sendmux-event-id", "evt_2").verified().unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}
