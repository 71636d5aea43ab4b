//! Signatures computed by other programs.

use sendmux_client::webhooks::{EventType, SignatureVersion, header, sign};

use crate::request::{NOW, Request, SECRET, moment};

const BODY_A: &str = concat!(
    r#"{"id":"evt_0001","type":"sendmux.test","team_public_id":"team_0001","#,
    r#""occurred_at":"2026-05-21T09:12:00Z","data":{"message_id":null,"message_id_kind":null,"#,
    r#""sendmux_message_id":null,"sender":null,"recipients":[],"mailbox_id":null,"#,
    r#""bounce_type":null,"bounce_subtype":null,"complaint_type":null,"complaint_subtype":null,"#,
    r#""reject_reason":null,"delay_type":null,"delay_expires_at":null,"is_spam":null,"#,
    r#""webhook_id":"whk_0001"}}"#,
);
const V1_A: &str = "sha256=5a94ecf70aebaad4abc0ffe567ae11ad76aad237c5c5e41384ce5f139383acc9";
const V2_A: &str = "v1=bc0e055323747f4dec7e4b19b88ddbf2da09d1a67134e4bbd9c1fadf0014713f";

const BODY_B: &str =
    "{ \"id\": \"evt_0002\",  \"type\": \"message.received\", \"note\": \"日本語\" }\n";
const V1_B: &str = "sha256=c2b3fa90268cc721720c39ae50b0df4c52abdb8e5f53c15827d5028c121d78b5";
const V2_B: &str = "v1=27c58bac58c1015a9419ec00faeb5a2083e13b993f2aa0e1d936a9e1fc472a81";

const V1_EMPTY: &str = "sha256=d70c6715a81ee1e6815fc164d0b12163f3d58e9d65ac6d07b31817500178a32b";

#[test]
fn signing_returns_the_known_values() {
    assert_eq!((BODY_A.len(), BODY_B.len()), (419, 71));
    for (body, v1, v2) in [(BODY_A, V1_A, V2_A), (BODY_B, V1_B, V2_B)] {
        let expected = [
            (header::SIGNATURE, v1.to_owned()),
            (header::TIMESTAMP, NOW.to_string()),
            (header::SIGNATURE_V2, v2.to_owned()),
        ];
        assert_eq!(sign(SECRET, moment(NOW), body).unwrap(), expected);
    }
    assert_eq!(sign(SECRET, moment(NOW), "").unwrap()[0].1, V1_EMPTY);
}

#[test]
fn a_complete_delivery_is_verified() {
    let request = Request { headers: Vec::new(), body: BODY_A.into() }
        .and("Content-Type", "application/json")
        .and("X-Sendmux-Signature", V1_A)
        .and("X-Sendmux-Event-Id", "evt_0001")
        .and("X-Sendmux-Event-Type", "sendmux.test")
        .and("X-Sendmux-Delivery-Attempt", "3")
        .and("X-Sendmux-Timestamp", NOW.to_string())
        .and("X-Sendmux-Signature-V2", V2_A);
    let delivery = request.verified().unwrap();
    assert_eq!(delivery.attempt, Some(3));
    assert_eq!(delivery.signature, SignatureVersion::V2);
    assert_eq!(delivery.signed_at, Some(moment(NOW)));
    let event = delivery.event;
    assert_eq!(event.id, "evt_0001");
    assert_eq!(event.type_, EventType::SendmuxTest);
    assert_eq!(event.team_public_id.as_deref(), Some("team_0001"));
    assert_eq!(event.occurred_at, Some(moment(NOW)));
    assert_eq!(event.data.webhook_id.as_deref(), Some("whk_0001"));
    assert_eq!(event.data.recipients, [""; 0]);
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        serde_json::from_str::<serde_json::Value>(BODY_A).unwrap()
    );
}

#[test]
fn version_1_alone_is_enough_by_default() {
    for (body, v1) in [(BODY_A, V1_A), (BODY_B, V1_B)] {
        let request =
            Request { headers: Vec::new(), body: body.into() }.and("x-sendmux-signature", v1);
        let delivery = request.verified().unwrap();
        assert_eq!(delivery.signature, SignatureVersion::V1);
        assert_eq!((delivery.signed_at, delivery.attempt), (None, None));
    }
}

#[test]
fn bodies_are_verified_byte_for_byte() {
    let request = Request { headers: Vec::new(), body: BODY_B.into() }
        .and("X-SENDMUX-TIMESTAMP", NOW.to_string())
        .and("X-SENDMUX-SIGNATURE-V2", V2_B);
    let event = request.verified().unwrap().event;
    assert_eq!((event.id.as_str(), event.type_), ("evt_0002", EventType::MessageReceived));
    assert_eq!(event.data, Default::default());
}
