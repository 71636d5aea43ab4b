//! The secrets of a verifier.

use sendmux_client::Secret;
use sendmux_client::webhooks::{Verifier, VerifyError, sign};

use crate::request::{BODY, NOW, Request, SECRET, moment};

const CLOCK: fn() -> std::time::SystemTime = || moment(NOW).into();

#[test]
fn a_verifier_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(value: T) -> T {
        value
    }
    let verifier = shared(Verifier::new(SECRET).unwrap().clock(CLOCK));
    assert!(Request::signed(BODY).checked(&verifier).is_ok());
}

#[test]
fn any_of_several_secrets_is_accepted() {
    let request = Request::signed(BODY);
    for secrets in [
        vec![SECRET],
        vec!["whsec_old", SECRET],
        vec![SECRET, "whsec_new"],
        vec!["a", "b", SECRET, SECRET, "c"],
    ] {
        let verifier = Verifier::from_secrets(secrets).unwrap().clock(CLOCK);
        assert!(request.checked(&verifier).is_ok(), "{verifier:?}");
    }
    let others = Verifier::from_secrets(["whsec_old", "whsec_new"]).unwrap().clock(CLOCK);
    assert!(matches!(request.checked(&others).unwrap_err(), VerifyError::Mismatch));
}

#[test]
fn the_prefix_belongs_to_the_secret() {
    let bare = Verifier::new(SECRET.trim_start_matches("whsec_")).unwrap().clock(CLOCK);
    assert!(Request::signed(BODY).checked(&bare).is_err());
}

#[test]
fn any_text_can_be_a_secret() {
    for secret in ["x", "päss wörd", "日本語", &"k".repeat(10_000)] {
        let verifier = Verifier::new(secret).unwrap().clock(CLOCK);
        assert!(verifier.verify(sign(secret, moment(NOW), BODY).unwrap(), BODY).is_ok());
    }
}

#[test]
fn an_implausible_secret_is_rejected() {
    for secret in ["", " ", "\n", "whsec_x\n", " whsec_x", "whsec_x\u{a0}"] {
        let error = Verifier::new(secret).unwrap_err();
        assert!(error.to_string().starts_with("the webhook secret "), "{error}");
        assert!(sign(secret, moment(NOW), BODY).is_err());
        assert!(Verifier::from_secrets([SECRET, secret]).is_err());
        assert!(!format!("{error} {error:?}").contains("whsec_x"));
    }
    assert!(Verifier::from_secrets::<Secret>([]).is_err());
}

#[test]
fn debug_and_errors_redact_the_secret() {
    let verifier = Verifier::from_secrets([SECRET, "whsec_2nd"]).unwrap().clock(CLOCK);
    let forged = Request::signed("{}").with("x-sendmux-timestamp", "5");
    let error = forged.checked(&verifier).unwrap_err();
    let shown = format!("{verifier:?} {verifier:#?} {error} {error:?}");
    assert!(!shown.contains("5f2b1c9d7e") && !shown.contains("2nd"), "{shown}");
    assert!(shown.contains("secrets: 2"), "{shown}");
}
