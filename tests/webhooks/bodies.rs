//! The body of a delivery.

use sendmux_client::webhooks::types::BounceType;
use sendmux_client::webhooks::{Event, EventType, VerifyError};
use test_case::test_case;

use crate::request::Request;

fn event(body: &str) -> Event {
    Request::signed(body).verified().unwrap_or_else(|error| panic!("{body}: {error}")).event
}

/// Returns the path that an error names.
fn field(body: impl AsRef<[u8]>) -> String {
    let error = Request::signed(&body).verified().unwrap_err();
    assert!(error.is_authentic());
    match error {
        VerifyError::Body { path, .. } => path.into(),
        error => panic!("{error}"),
    }
}

#[test]
fn every_known_type_has_a_variant() {
    for known in EventType::KNOWN {
        let event = event(&format!(r#"{{"id":"evt_1","type":"{known}"}}"#));
        assert_eq!(event.type_.as_str(), *known);
        assert!(!matches!(event.type_, EventType::Unknown(_)));
    }
    assert!(!EventType::KNOWN.is_empty());
}

#[test]
fn older_and_newer_types_are_unknown() {
    for name in ["ses.bounce", "mail.inbound", "message.brand_new", "", "日本語", "MESSAGE.BOUNCED"]
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
fn present_fields_are_decoded() {
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

#[test_case("", "." ; "empty")]
#[test_case("null", "." ; "null")]
#[test_case("[]", "." ; "list")]
#[test_case(r#" [{},"evt_1",null,null,"message.bounced"]"#, "." ; "list of the fields")]
#[test_case("{", "." ; "unterminated")]
#[test_case("{}", "." ; "object without fields")]
#[test_case("\u{feff}{}", "." ; "byte order mark")]
#[test_case(r#"{"id":"evt_1"}"#, "." ; "missing type")]
#[test_case(r#"{"type":"message.bounced"}"#, "." ; "missing id")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced"} x"#, "." ; "trailing text")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced"}{}"#, "." ; "trailing object")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced","id":"evt_2"}"#, "." ; "repeated id")]
#[test_case(r#"{"id":1,"type":"message.bounced"}"#, "id" ; "number as id")]
#[test_case(r#"{"id":null,"type":"message.bounced"}"#, "id" ; "null as id")]
#[test_case(r#"{"id":"evt_1","type":null}"#, "type" ; "null as type")]
#[test_case(r#"{"id":"evt_1","type":["message.bounced"]}"#, "type" ; "list as type")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced","data":7}"#, "data" ; "number as data")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced","data":{"recipients":[1]}}"#, "data.recipients[0]" ; "number as recipient")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced","data":{"is_spam":"no"}}"#, "data.is_spam" ; "text as boolean")]
#[test_case(r#"{"id":"evt_1","type":"message.bounced","occurred_at":"today"}"#, "occurred_at" ; "text as time")]
#[test_case([0xff, 0xfe], "." ; "bytes that are not utf 8")]
#[test_case("[".repeat(1_000_000), "." ; "deeply nested lists")]
#[test_case(format!(r#"{{"id":"evt_1","type":"x","new":{}}}"#, "[".repeat(1_000_000)), "new" ; "deeply nested field")]
fn a_body_that_is_not_an_event_is_rejected_with_its_path(body: impl AsRef<[u8]>, path: &str) {
    assert_eq!(field(body), path);
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
fn a_large_body_is_accepted() {
    let recipients = vec!["someone@example.org"; 100_000];
    let body = serde_json::json!({"id": "evt_1", "type": "message.bounced",
        "data": {"recipients": recipients}});
    assert_eq!(event(&body.to_string()).data.recipients.len(), 100_000);
}

#[test]
fn error_messages_are_one_line() {
    let body = r#"{"id":"evt\n1","type":"message.bounced"}"#;
    let error = Request::signed(body).with("x-sendmux-event-id", "evt_2").verified().unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}
