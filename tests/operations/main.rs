//! Every operation of both documents, through the public API: what goes out is what the document
//! says, and what the document allows to come back decodes without loss.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod document;
mod observed;
mod sample;
mod server;
mod table;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use sendmux_client::{Client, RetryPolicy, Surface, mailbox, management, sending};
use serde_json::Value;

use document::{Operation, operations};
use observed::Observed;
use sample::{Form, Sampler, Values};
use server::Server;

type Outcome = Pin<Box<dyn Future<Output = Result<Observed, sendmux_client::Error>>>>;
type Run<C> = fn(&C, &Values<'_>) -> Outcome;

/// One operation: its id, the bare call, and the call with every optional input.
pub(crate) struct Case<C> {
    id: &'static str,
    bare: Run<C>,
    full: Run<C>,
}

macro_rules! case {
    ($id:literal, $s:ident, $c:ident => $call:expr) => {
        case!($id, $s, $c => $call, r => r)
    };
    ($id:literal, $s:ident, $c:ident => $call:expr, $r:ident => $set:expr) => {
        $crate::Case {
            id: $id,
            bare: |$c, $s| {
                let _ = $s;
                let request = $call;
                Box::pin(async move { request.await.map($crate::Observed::from) })
            },
            full: |$c, $s| {
                let _ = $s;
                let $r = $call;
                let request = $set;
                Box::pin(async move { request.await.map($crate::Observed::from) })
            },
        }
    };
}
pub(crate) use case;

/// Runs a check on every operation of every surface.
async fn each(check: impl AsyncFn(&Operation, &Server, &dyn Fn(bool, &Values<'_>) -> Outcome)) {
    each_of("management", table::management(), &check).await;
    each_of("mailbox", table::mailbox(), &check).await;
    each_of("sending", table::sending(), &check).await;
}

async fn each_of<S: Surface>(
    module: &str,
    cases: Vec<Case<Client<S>>>,
    check: &impl AsyncFn(&Operation, &Server, &dyn Fn(bool, &Values<'_>) -> Outcome),
) {
    // One of each for all: building a client for each call would take longer than all the calls.
    let server = Server::start();
    let builder = Client::<S>::builder("smx_key").base_url(server.base_url());
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    for operation in operations(module) {
        let case = cases.iter().find(|case| case.id == operation.id).unwrap();
        check(&operation, &server, &|full, values| {
            if full { (case.full)(&client, values) } else { (case.bare)(&client, values) }
        })
        .await;
    }
}

#[test]
fn the_table_has_exactly_the_documents_operations() {
    fn ids<C>(cases: &[Case<C>]) -> BTreeSet<String> {
        cases.iter().map(|case| case.id.to_owned()).collect()
    }
    let expected = |module| {
        operations(module).into_iter().map(|operation| operation.id).collect::<BTreeSet<_>>()
    };
    let (management, mailbox, sending) = (table::management(), table::mailbox(), table::sending());
    assert_eq!(ids::<management::Client>(&management), expected("management"));
    assert_eq!(ids::<mailbox::Client>(&mailbox), expected("mailbox"));
    assert_eq!(ids::<sending::Client>(&sending), expected("sending"));
    assert_eq!(management.len() + mailbox.len() + sending.len(), 104);
}

#[tokio::test]
async fn exactly_what_the_document_says_goes_out() {
    each(async |operation, server, run| {
        for full in [false, true] {
            server.answer_with(&operation.success(&Sampler::new(&operation.document, Form::Full)));
            let values = Values::of(operation);
            let outcome = run(full, &values).await;
            outcome.unwrap_or_else(|error| panic!("{}: {error:?}", operation.id));
            let request = server.only_request();
            let id = &operation.id;
            assert_eq!(request.method, operation.method, "{id}");
            assert_eq!(request.path, operation.expected_path(), "{id}");
            assert_eq!(request.query, operation.expected_query(full), "{id}");
            for (name, value) in operation.expected_headers(full) {
                assert_eq!(request.header(&name), Some(value.as_str()), "{id} {name}");
            }
            let credential = (!operation.is_public()).then_some("Bearer smx_key");
            assert_eq!(request.header("authorization"), credential, "{id}");
            assert_eq!(request.header("api-version"), None, "{id}");
            match operation.json_body() {
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
    })
    .await;
}

#[tokio::test]
async fn every_form_of_an_answer_decodes_without_loss() {
    each(async |operation, server, run| {
        for form in Form::ALL {
            let sampler = Sampler::new(&operation.document, form);
            let answer = operation.success(&sampler);
            server.answer_with(&answer);
            let outcome = run(false, &Values::of(operation)).await;
            let observed =
                outcome.unwrap_or_else(|error| panic!("{} {form:?}: {error:?}", operation.id));
            assert_eq!(observed.request_id, "req_sample", "{}", operation.id);
            let expected = match form {
                Form::Extra => operation.success(&Sampler::new(&operation.document, Form::Full)),
                _ => answer,
            };
            assert_eq!(observed.data, expected.data(), "{} {form:?}", operation.id);
        }
    })
    .await;
}

#[tokio::test]
async fn ids_that_would_change_the_path_are_never_sent() {
    each(async |operation, server, run| {
        if operation.path_parameters().is_empty() {
            return;
        }
        for id in ["", ".", ".."] {
            server.forget();
            let values = Values::with_ids(operation, id);
            let error = run(false, &values).await.unwrap_err();
            assert_eq!(error.kind(), sendmux_client::Kind::Request, "{}", operation.id);
            assert!(!error.may_have_been_sent());
            assert_eq!(server.requests(), 0, "{}", operation.id);
        }
    })
    .await;
}
