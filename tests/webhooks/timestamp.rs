//! The time at which a delivery was signed.

use std::time::{Duration, SystemTime};

use sendmux_client::webhooks::{VerifyError, header};
use test_case::test_case;

use crate::request::{BODY, NOW, Request, later, moment, verifier};

fn outcome(request: &Request) -> &'static str {
    match request.verified() {
        Ok(_) => "accepted",
        Err(VerifyError::Stale { now, .. }) if now == moment(NOW) => "stale",
        Err(VerifyError::Future { now, .. }) if now == moment(NOW) => "future",
        Err(VerifyError::MalformedHeader { header: header::TIMESTAMP, .. }) => "malformed",
        Err(VerifyError::Mismatch) => "mismatch",
        Err(error) => panic!("{error}"),
    }
}

#[test_case(0, "accepted" ; "now")]
#[test_case(-300, "accepted" ; "at the tolerance in the past")]
#[test_case(300, "accepted" ; "at the tolerance in the future")]
#[test_case(-301, "stale" ; "beyond the tolerance in the past")]
#[test_case(301, "future" ; "beyond the tolerance in the future")]
#[test_case(-NOW, "stale" ; "at the epoch")]
#[test_case(200_000_000_000, "future" ; "in thousands of years")]
fn a_delivery_is_accepted_within_the_tolerance(offset: i64, expected: &str) {
    assert_eq!(outcome(&Request::signed_at(NOW + offset, BODY)), expected);
}

#[test]
fn fractions_of_a_second_are_ignored() {
    let request = Request::signed(BODY);
    assert!(request.checked(&later(Duration::from_millis(300_999))).is_ok());
    assert!(request.checked(&later(Duration::from_secs(301))).is_err());
}

#[test]
fn the_tolerance_can_be_set() {
    let at_once = verifier().tolerance(Duration::ZERO);
    assert!(Request::signed(BODY).checked(&at_once).is_ok());
    assert!(Request::signed_at(NOW - 1, BODY).checked(&at_once).is_err());
    let patient = verifier().tolerance(Duration::MAX);
    assert!(Request::signed_at(0, BODY).checked(&patient).is_ok());
}

#[test]
fn a_timestamp_has_one_valid_form() {
    let signed = Request::signed(BODY);
    let now = NOW.to_string();
    for value in [
        format!("+{now}"),
        format!("-{now}"),
        format!(" {now}"),
        format!("{now} "),
        format!("0{now}"),
        format!("{now}.0"),
        format!("{now},{now}"),
        format!("t={now}"),
        "1e9".into(),
        "-1".into(),
        format!("{now}000"),
        "0x6a0ecc20".into(),
        "2026-05-21T09:12:00Z".into(),
        "NaN".into(),
        "１７７９".into(),
        "9223372036854775807".into(),
        "9223372036854775808".into(),
        "18446744073709551616".into(),
        "9".repeat(5000),
    ] {
        let shown: String = value.chars().take(40).collect();
        assert_eq!(
            outcome(&signed.clone().with(header::TIMESTAMP, &value)),
            "malformed",
            "{shown}"
        );
    }
}

#[test]
fn only_an_authentic_delivery_is_stale() {
    let mut request = Request::signed_at(NOW - 1000, BODY);
    assert!(request.verified().unwrap_err().is_authentic());
    request.body.push(b' ');
    assert_eq!(outcome(&request), "mismatch");
    assert!(!request.verified().unwrap_err().is_authentic());
}

#[test]
fn a_clock_may_be_wrong_by_millennia() {
    let request = Request::signed(BODY);
    let far = [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40),
    ];
    for now in far {
        let error = request.checked(&verifier().clock(move || now)).unwrap_err();
        assert!(matches!(error, VerifyError::Stale { .. } | VerifyError::Future { .. }), "{error}");
    }
}

#[test]
fn the_error_message_states_both_times() {
    let error = Request::signed_at(NOW - 400, BODY).verified().unwrap_err().to_string();
    assert_eq!(
        error,
        "signed at 2026-05-21T09:05:20Z, 400 s before the local time (2026-05-21T09:12:00Z): too old"
    );
    let error = Request::signed_at(NOW + 400, BODY).verified().unwrap_err().to_string();
    assert!(error.contains("400 s after the local time"), "{error}");
}
