//! What goes out.

use sendmux_client::Kind;
use serde_json::Value;

use crate::case::{KEY, Trial};
use crate::document::Answer;
use crate::sample::{self, Form, Sampler, Values};
use crate::server::Request;

/// Headers that the client sends where the caller gives none.
const MADE: [&str; 2] = ["idempotency-key", "content-type"];

impl Trial<'_> {
    async fn request(&self, full: bool, values: &Values<'_>) -> Request {
        let sampler = Sampler::new(self.operation.document, Form::Full);
        let answer = self.operation.success(&sampler);
        self.server.answer_with(answer.as_ref().unwrap_or(&Answer::Nothing(204)));
        let outcome = if full { self.full(values).await } else { self.bare(values).await };
        // Without a value that matches the schema, no answer can be read.
        assert!(outcome.is_ok() || answer.is_none(), "{outcome:?}");
        self.server.only_request()
    }
}

fn check_headers(trial: &Trial<'_>, request: &Request, full: bool) {
    let operation = trial.operation;
    let expected = operation.expected_headers(full);
    for (name, _) in operation.expected_headers(true) {
        let name = name.to_ascii_lowercase();
        let value = expected.iter().find(|(given, _)| given.eq_ignore_ascii_case(&name));
        match value {
            Some((_, value)) => assert_eq!(request.header(&name), Some(&**value), "{name}"),
            None if MADE.contains(&&*name) => assert!(request.header(&name).is_some(), "{name}"),
            None => assert_eq!(request.header(&name), None, "{name}"),
        }
    }
    let bearer = format!("Bearer {KEY}");
    let credential = (!operation.is_public()).then_some(bearer.as_str());
    assert_eq!(request.header("authorization"), credential);
    assert_eq!(request.header("api-version"), None);
    let takes_key = operation.parameter("header", "Idempotency-Key").is_some();
    assert_eq!(request.header("idempotency-key").is_some(), takes_key);
}

fn check_body(trial: &Trial<'_>, request: &Request, full: bool) {
    let operation = trial.operation;
    match (operation.json_body(Form::Full, full), operation.media_type_of_bytes()) {
        (Some(body), _) => {
            let sent: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(sent, body);
            assert_eq!(request.header("content-type"), Some("application/json"));
        }
        (None, Some(media_type)) => {
            assert_eq!(request.body, sample::BYTES);
            assert_eq!(request.header("content-type"), Some(media_type.as_str()));
            let length = sample::BYTES.len().to_string();
            assert_eq!(request.header("content-length"), Some(length.as_str()));
        }
        (None, None) => assert!(request.body.is_empty()),
    }
}

pub(crate) async fn everything_that_the_document_describes_is_sent(trial: &Trial<'_>) {
    let operation = trial.operation;
    for full in [false, true] {
        let request = trial.request(full, &Values::of(operation)).await;
        assert_eq!(request.method, operation.method);
        assert_eq!(request.path, operation.expected_path());
        assert_eq!(request.query, operation.expected_query(full));
        check_headers(trial, &request, full);
        check_body(trial, &request, full);
    }
}

pub(crate) async fn every_form_of_a_body_is_sent_unchanged(trial: &Trial<'_>) {
    for form in Form::SENT {
        let Some(body) = trial.operation.json_body(form, true) else { continue };
        let values = Values { form, ..Values::of(trial.operation) };
        // A body that may be null is null if it is not set.
        let request = trial.request(!body.is_null(), &values).await;
        let sent: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(sent, body, "{form:?}");
    }
}

pub(crate) async fn an_id_stays_one_segment_of_the_path(trial: &Trial<'_>) {
    const IDS: [(&str, &str); 11] = [
        ("a/b", "a%2Fb"),
        ("../me", "..%2Fme"),
        ("a/../b", "a%2F..%2Fb"),
        ("..\\me", "..%5Cme"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a#b", "a%23b"),
        ("50%", "50%25"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        (" ключ\n", "%20%D0%BA%D0%BB%D1%8E%D1%87%0A"),
        ("a:b@c;d&e", "a%3Ab%40c%3Bd%26e"),
    ];
    if !trial.operation.has_id() {
        return;
    }
    for (id, encoded) in IDS {
        let values = Values { id: Some(id), ..Values::of(trial.operation) };
        let request = trial.request(false, &values).await;
        assert_eq!(request.path, trial.operation.path_with(encoded));
        assert_eq!(request.query, trial.operation.expected_query(false));
    }
}

pub(crate) async fn an_id_that_would_change_the_path_is_never_sent(trial: &Trial<'_>) {
    if !trial.operation.has_id() {
        return;
    }
    trial.server.forget();
    for id in ["", ".", ".."] {
        let values = Values { id: Some(id), ..Values::of(trial.operation) };
        let error = trial.bare(&values).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request);
        assert!(!error.may_have_been_sent());
        assert_eq!(trial.server.requests().len(), 0);
    }
}
