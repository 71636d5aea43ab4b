//! What goes out.

use sendmux_client::{Kind, RetryPolicy, mailbox};
use serde_json::Value;

use crate::case::{KEY, Trial, each};
use crate::document::operations;
use crate::sample::{self, Form, Sampler, Values};
use crate::server::{Request, Server};
use crate::table;

/// Headers that the client sends where the caller gives none.
const MADE: [&str; 2] = ["idempotency-key", "content-type"];

impl Trial<'_> {
    fn answer_fully(&self) {
        let sampler = Sampler::new(&self.operation.document, Form::Full);
        self.server.answer_with(&self.operation.success(&sampler));
    }

    async fn request(&self, full: bool, values: &Values<'_>) -> Request {
        self.answer_fully();
        let outcome = if full { self.full(values).await } else { self.bare(values).await };
        outcome.unwrap_or_else(|error| panic!("{}: {error:?}", self.operation.id));
        self.server.only_request()
    }
}

fn check_headers(trial: &Trial<'_>, request: &Request, full: bool) {
    let (operation, id) = (trial.operation, &trial.operation.id);
    let expected = operation.expected_headers(full);
    for name in operation.expected_headers(true).keys() {
        let name = name.to_ascii_lowercase();
        let value = expected.iter().find(|(given, _)| given.eq_ignore_ascii_case(&name));
        match value {
            Some((_, value)) => assert_eq!(request.header(&name), Some(&**value), "{id} {name}"),
            None if MADE.contains(&&*name) => assert!(request.header(&name).is_some(), "{id}"),
            None => assert_eq!(request.header(&name), None, "{id} {name}"),
        }
    }
    let bearer = format!("Bearer {KEY}");
    let credential = (!operation.is_public()).then_some(bearer.as_str());
    assert_eq!(request.header("authorization"), credential, "{id}");
    assert_eq!(request.header("api-version"), None, "{id}");
    let takes_key = operation.parameter("idempotency_key").is_some();
    assert_eq!(request.header("idempotency-key").is_some(), takes_key, "{id}");
}

fn check_body(trial: &Trial<'_>, request: &Request) {
    let (operation, id) = (trial.operation, &trial.operation.id);
    match operation.json_body(Form::Full) {
        Some(body) => {
            let sent: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(sent, body, "{id}");
            assert_eq!(request.header("content-type"), Some("application/json"), "{id}");
        }
        None if operation.takes_bytes() => {
            assert_eq!(request.body, sample::BYTES, "{id}");
            let length = sample::BYTES.len().to_string();
            assert_eq!(request.header("content-length"), Some(length.as_str()), "{id}");
        }
        None => assert!(request.body.is_empty(), "{id}"),
    }
}

#[tokio::test]
async fn exactly_what_the_document_says_goes_out() {
    each(async |trial| {
        let operation = trial.operation;
        for full in [false, true] {
            let request = trial.request(full, &Values::of(operation)).await;
            assert_eq!(request.method, operation.method, "{}", operation.id);
            assert_eq!(request.path, operation.expected_path(), "{}", operation.id);
            assert_eq!(request.query, operation.expected_query(full), "{}", operation.id);
            check_headers(&trial, &request, full);
            check_body(&trial, &request);
        }
    })
    .await;
}

#[tokio::test]
async fn every_form_of_a_body_goes_out_unchanged() {
    each(async |trial| {
        for form in Form::SENT {
            let Some(body) = trial.operation.json_body(form) else { continue };
            let values = Values { form, ..Values::of(trial.operation) };
            let request = trial.request(false, &values).await;
            let sent: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(sent, body, "{} {form:?}", trial.operation.id);
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
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
    each(async |trial| {
        if trial.operation.path_parameters().is_empty() {
            return;
        }
        for (id, encoded) in IDS {
            let values = Values { id: Some(id), ..Values::of(trial.operation) };
            let request = trial.request(false, &values).await;
            let path = trial.operation.path_with(encoded);
            assert_eq!(request.path, path, "{}", trial.operation.id);
            assert_eq!(request.query, trial.operation.expected_query(false));
        }
    })
    .await;
}

#[tokio::test]
async fn ids_that_would_change_the_path_are_never_sent() {
    each(async |trial| {
        if trial.operation.path_parameters().is_empty() {
            return;
        }
        for id in ["", ".", ".."] {
            let values = Values { id: Some(id), ..Values::of(trial.operation) };
            let error = trial.bare(&values).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Request, "{}", trial.operation.id);
            assert!(!error.may_have_been_sent());
            assert_eq!(trial.server.requests().len(), 0, "{}", trial.operation.id);
        }
    })
    .await;
}

#[tokio::test]
async fn the_clients_mailbox_goes_wherever_there_is_one_to_choose() {
    let server = Server::start();
    let client = mailbox::Client::builder(KEY)
        .base_url(server.base_url())
        .retry(RetryPolicy::none())
        .mailbox_id("mbx_own")
        .build()
        .unwrap();
    let cases = table::mailbox();
    let mut chosen = 0;
    for operation in operations("mailbox") {
        let case = cases.iter().find(|case| case.id == operation.id).unwrap();
        let sampler = Sampler::new(&operation.document, Form::Full);
        let values = Values::of(&operation);
        server.answer_with(&operation.success(&sampler));
        (case.bare)(&client, &values).await.unwrap();
        let mut expected = operation.expected_query(false);
        if operation.parameter("mailbox_id").is_some() {
            chosen += 1;
            expected.push(("mailbox_id".to_owned(), "mbx_own".to_owned()));
            expected.sort();
        }
        assert_eq!(server.only_request().query, expected, "{}", operation.id);
        server.answer_with(&operation.success(&sampler));
        (case.full)(&client, &values).await.unwrap();
        assert_eq!(server.only_request().query, operation.expected_query(true), "{}", operation.id);
    }
    assert_eq!(chosen, 40);
}
