//! Properties of all deliveries.

use proptest::prelude::*;
use sendmux_client::webhooks::{Verifier, VerifyError, header, sign};

use crate::request::{NOW, Request, moment, verifier};

fn event() -> impl Strategy<Value = String> {
    (any::<String>(), any::<String>(), any::<Option<bool>>()).prop_map(|(id, note, is_spam)| {
        let data = serde_json::json!({"is_spam": is_spam, "sender": note});
        serde_json::json!({"id": id, "type": "message.received", "data": data}).to_string()
    })
}

/// Flips one bit.
fn flipped(bytes: &[u8], place: prop::sample::Index, bit: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = place.index(bytes.len());
    bytes[at] ^= 1 << bit;
    bytes
}

/// Generates header values, many of which are almost valid.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "[0-9+\\-. e]{0,25}".prop_map(String::into_bytes),
        "(sha256|v1|t)=[0-9a-fA-F]{62,66}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_signed_delivery_is_accepted(
        secret in "[!-~]{1,100}",
        body in event(),
        offset in -300_i64..=300,
    ) {
        let verifier = Verifier::new(secret.as_str()).unwrap().clock(|| moment(NOW).into());
        let [v1, timestamp, v2] = sign(secret, moment(NOW + offset), &body).unwrap();
        prop_assert!(verifier.verify([v1.clone()], &body).is_ok());
        prop_assert!(verifier.verify([timestamp.clone(), v2.clone()], &body).is_ok());
        prop_assert!(verifier.verify([v2, v1, timestamp], &body).is_ok());
    }

    #[test]
    fn an_altered_body_is_rejected(body in event(), place: prop::sample::Index, bit in 0..8_u32) {
        let mut request = Request::signed(&body);
        request.body = flipped(body.as_bytes(), place, bit);
        prop_assert!(matches!(request.verified(), Err(VerifyError::Mismatch)));
        let old = request.without(header::TIMESTAMP).without(header::SIGNATURE_V2);
        prop_assert!(matches!(old.verified(), Err(VerifyError::Mismatch)));
    }

    #[test]
    fn an_altered_header_is_rejected(
        body in event(),
        name in prop::sample::select(vec![header::TIMESTAMP, header::SIGNATURE_V2]),
        place: prop::sample::Index,
        bit in 0..8_u32,
    ) {
        let request = Request::signed(&body);
        let value = flipped(request.header(name).as_bytes(), place, bit);
        let error = request.with(name, value).verified().unwrap_err();
        prop_assert!(!error.is_authentic(), "{error}");
    }

    #[test]
    fn a_truncated_body_is_rejected(body in event(), place: prop::sample::Index) {
        let mut request = Request::signed(&body);
        request.body.truncate(place.index(body.len()));
        prop_assert!(matches!(request.verified(), Err(VerifyError::Mismatch)));
    }

    #[test]
    fn a_digit_moved_from_the_timestamp_to_the_body_is_rejected(body in "[0-9.]{1,30}") {
        let request = Request::signed(&body);
        let timestamp = request.header(header::TIMESTAMP);
        let (rest, last) = timestamp.split_at(timestamp.len() - 1);
        let mut moved = request.with(header::TIMESTAMP, rest);
        moved.body = format!("{last}.{body}").into_bytes();
        prop_assert!(matches!(moved.verified(), Err(VerifyError::Mismatch)));
    }

    #[test]
    fn an_unsigned_delivery_is_rejected(
        v1 in prop::option::of(value()),
        v2 in prop::option::of(value()),
        timestamp in prop::option::of(value()),
        body in any::<Vec<u8>>(),
    ) {
        let headers = [
            (header::SIGNATURE, v1),
            (header::SIGNATURE_V2, v2),
            (header::TIMESTAMP, timestamp),
        ];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let error = verifier().verify(headers, body).unwrap_err();
        prop_assert!(!error.is_authentic(), "{error}");
        prop_assert_eq!(error.to_string().lines().count(), 1);
    }

    #[test]
    fn a_signed_body_never_panics(body in any::<Vec<u8>>(), id in value()) {
        match Request::signed(&body).with(header::EVENT_ID, id).verified() {
            Ok(_) | Err(VerifyError::Body { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
