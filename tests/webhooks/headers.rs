//! The headers of a delivery.

use std::collections::BTreeMap;

use sendmux_client::webhooks::{SignatureVersion, VerifyError, header, sign};

use crate::request::{BODY, NOW, Request, SECRET, moment, verifier};

/// Returns an error as a word and the header at fault, if any.
fn rejection(request: &Request) -> String {
    match request.verified().unwrap_err() {
        VerifyError::MissingHeader { header } => format!("missing {header}"),
        VerifyError::MalformedHeader { header, .. } => format!("malformed {header}"),
        VerifyError::Mismatch => "mismatch".to_owned(),
        other => panic!("{other}"),
    }
}

#[test]
fn headers_are_accepted_in_many_types() {
    let signed = sign(SECRET, moment(NOW), BODY).unwrap();
    let verifier = verifier();
    assert!(verifier.verify(signed.clone(), BODY).is_ok());
    assert!(verifier.verify(signed.iter().map(|(name, value)| (name, value)), BODY).is_ok());
    let map: BTreeMap<&str, String> = signed.clone().into_iter().collect();
    assert!(verifier.verify(&map, BODY.as_bytes()).is_ok());
    let http: http::HeaderMap = signed
        .into_iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    assert!(verifier.verify(&http, bytes::Bytes::from_static(BODY.as_bytes())).is_ok());
}

#[test]
fn version_2_requires_all_its_headers() {
    let signed = Request::signed(BODY);
    for (name, other) in
        [(header::TIMESTAMP, header::SIGNATURE_V2), (header::SIGNATURE_V2, header::TIMESTAMP)]
    {
        assert_eq!(rejection(&signed.clone().without(name)), format!("missing {name}"));
        assert_eq!(rejection(&signed.clone().with(name, "")), format!("malformed {name}"));
        let both = signed.clone().without(name).without(other);
        assert_eq!(both.verified().unwrap().signature, SignatureVersion::V1);
    }
    let nothing = Request { headers: Vec::new(), ..signed };
    assert_eq!(rejection(&nothing), "missing x-sendmux-signature");
}

#[test]
fn version_1_can_be_rejected() {
    let strict = verifier().require_v2();
    let signed = Request::signed(BODY);
    assert!(signed.clone().without(header::SIGNATURE).checked(&strict).is_ok());
    let old = signed.without(header::TIMESTAMP).without(header::SIGNATURE_V2);
    assert!(old.verified().is_ok());
    let error = old.checked(&strict).unwrap_err();
    assert!(matches!(error, VerifyError::MissingHeader { header: header::SIGNATURE_V2 }));
}

#[test]
fn a_valid_version_1_does_not_excuse_an_invalid_version_2() {
    let other = sign("whsec_other", moment(NOW), BODY).unwrap();
    let request = Request::signed(BODY).with(header::SIGNATURE_V2, &other[2].1);
    assert_eq!(rejection(&request), "mismatch");
    let request = Request::signed(BODY).with(header::SIGNATURE, &other[0].1);
    assert!(request.verified().is_ok(), "version 2 covers all that version 1 does");
}

#[test]
fn a_version_2_signature_is_not_valid_as_version_1() {
    let signed = Request::signed(BODY);
    let hex = signed.header(header::SIGNATURE_V2).replace("v1=", "sha256=");
    let mut moved = signed
        .without(header::TIMESTAMP)
        .without(header::SIGNATURE_V2)
        .with(header::SIGNATURE, hex);
    assert_eq!(rejection(&moved), "mismatch");
    moved.body = format!("{NOW}.{BODY}").into_bytes();
    assert!(matches!(moved.verified(), Err(VerifyError::Body { .. })));
}

#[test]
fn a_signature_has_one_valid_form() {
    for (name, label) in [(header::SIGNATURE, "sha256="), (header::SIGNATURE_V2, "v1=")] {
        let signed = match name {
            header::SIGNATURE => {
                Request::signed(BODY).without(header::TIMESTAMP).without(header::SIGNATURE_V2)
            }
            _ => Request::signed(BODY),
        };
        let right = signed.header(name);
        let hex = right.strip_prefix(label).unwrap();
        let wrong = [
            String::new(),
            " ".into(),
            label.into(),
            hex.into(),
            format!("{right} "),
            format!(" {right}"),
            format!("\t{right}"),
            format!("{right}\n"),
            format!("{label} {hex}"),
            format!("{right},{right}"),
            format!("{right}, {right}"),
            format!("{right};{right}"),
            format!("{right},{label}{}", "0".repeat(64)),
            format!("{label}{label}{hex}"),
            format!("{}{hex}", label.to_uppercase()),
            format!("{label}{}", hex.to_uppercase()),
            format!("{label}{}", &hex[..62]),
            format!("{label}{}", &hex[..63]),
            format!("{right}0"),
            format!("{right}00"),
            format!("{label}0x{}", &hex[2..]),
            format!("{label}{}", "g".repeat(64)),
            format!("{label}{}", "é".repeat(32)),
            format!("t={NOW},{right}"),
            format!("{label}{}", "a".repeat(10_000_000)),
            format!("v2={hex}"),
            format!("sha512={hex}"),
        ];
        for value in wrong {
            let shown: String = value.chars().take(90).collect();
            assert_eq!(
                rejection(&signed.clone().with(name, &value)),
                format!("malformed {name}"),
                "{shown}"
            );
        }
        let binary = signed.clone().with(name, [b"sha256=".as_slice(), &[0xff; 64]].concat());
        assert_eq!(rejection(&binary), format!("malformed {name}"));
        let zero = signed.clone().with(name, format!("{label}{}", "0".repeat(64)));
        assert_eq!(rejection(&zero), "mismatch");
    }
}

#[test]
fn a_repeated_header_is_rejected() {
    let signed = Request::signed(BODY);
    for name in [header::SIGNATURE_V2, header::TIMESTAMP] {
        let twice = signed.clone().and(name, signed.header(name));
        assert_eq!(rejection(&twice), format!("malformed {name}"));
        let cased = signed.clone().and(&name.to_uppercase(), "other");
        assert_eq!(rejection(&cased), format!("malformed {name}"));
    }
    let old = signed.without(header::TIMESTAMP).without(header::SIGNATURE_V2);
    let twice = old.clone().and("X-Sendmux-Signature", old.header(header::SIGNATURE));
    assert_eq!(rejection(&twice), "malformed x-sendmux-signature");
}

#[test]
fn the_attempt_is_a_positive_number_or_none() {
    let with = |value: &str| Request::signed(BODY).with(header::DELIVERY_ATTEMPT, value);
    for (value, attempt) in [("1", Some(1)), ("8", Some(8)), ("4294967295", Some(u32::MAX))] {
        assert_eq!(with(value).verified().unwrap().attempt, attempt);
    }
    for value in ["", "0", "-1", "+1", "01", " 1", "one", "1.0", "4294967296", &"9".repeat(999)] {
        assert_eq!(with(value).verified().unwrap().attempt, None, "{value}");
    }
    let twice = with("1").and(header::DELIVERY_ATTEMPT, "2");
    assert_eq!(twice.verified().unwrap().attempt, None);
}

#[test]
fn the_event_ids_of_headers_and_body_are_equal() {
    let with = |value: &str| Request::signed(BODY).with(header::EVENT_ID, value);
    assert!(with("evt_1").verified().is_ok());
    assert_eq!(rejection(&with("")), "malformed x-sendmux-event-id");
    assert_eq!(
        rejection(&with("evt_1").and(header::EVENT_ID, "evt_1")),
        "malformed x-sendmux-event-id"
    );
    assert_eq!(rejection(&with(&"e".repeat(300))), "malformed x-sendmux-event-id");
    for other in ["evt_2", "EVT_1", "evt_", "evt_11"] {
        let error = with(other).verified().unwrap_err();
        assert!(error.is_authentic());
        match error {
            VerifyError::IdMismatch { header, body } => {
                assert_eq!((&*header, &*body), (other, "evt_1"));
            }
            error => panic!("{error}"),
        }
    }
}

#[test]
fn other_unsigned_headers_are_ignored() {
    let request = Request::signed(BODY)
        .with(header::EVENT_TYPE, "message.delivered")
        .with("content-type", "text/plain")
        .with("x-other", [0xff, 0x00]);
    assert_eq!(request.verified().unwrap().event.type_.as_str(), "message.bounced");
}
