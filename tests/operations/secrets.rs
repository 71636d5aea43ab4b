//! Requests and answers as a log would have them.

use std::cell::Cell;

use crate::case::{KEY, each};
use crate::sample::{Form, SECRET, Sampler, Values};

#[tokio::test]
async fn no_request_and_no_answer_shows_a_secret() {
    let with_secrets = Cell::new(0);
    each(async |trial| {
        let (operation, id) = (trial.operation, &trial.operation.id);
        let answer = operation.success(&Sampler::new(&operation.document, Form::Full));
        trial.server.answer_with(&answer);
        let observed = trial.full(&Values::of(operation)).await.unwrap();
        assert!(observed.shown.contains(id), "{id}");
        assert!(!observed.shown.contains(KEY), "{id}: {}", observed.shown);
        assert!(!observed.shown.contains(SECRET), "{id}: {}", observed.shown);
        let passed = answer.text() + &trial.server.only_request().text();
        with_secrets.set(with_secrets.get() + u32::from(passed.contains(SECRET)));
    })
    .await;
    // So many had something to hide.
    assert_eq!(with_secrets.get(), 20);
}
