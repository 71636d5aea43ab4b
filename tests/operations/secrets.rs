//! Requests and answers as a log would have them.

use crate::case::{KEY, Trial};
use crate::document::Operation;
use crate::management;
use crate::sample::{Form, SECRET, Sampler, Values};

pub(crate) async fn no_request_and_no_answer_shows_a_secret(trial: &Trial<'_>) {
    let operation = trial.operation;
    let answer = operation.success(&Sampler::new(operation.document, Form::Full));
    let Some(answer) = answer else { return };
    trial.server.answer_with(&answer);
    let observed = trial.full(&Values::of(operation)).await.unwrap();
    assert!(observed.shown.contains(&operation.id));
    assert!(!observed.shown.contains(KEY), "{}", observed.shown);
    assert!(!observed.shown.contains(SECRET), "{}", observed.shown);
}

/// Otherwise the check above would have nothing to find.
#[test]
fn some_answers_have_a_secret() {
    let has_secret = |method, path| {
        let operation = Operation::find("management", method, path);
        let answer = operation.success(&Sampler::new(operation.document, Form::Full));
        answer.is_some_and(|answer| answer.text().contains(SECRET))
    };
    assert!(management::CASES.iter().any(|case| has_secret(case.method, case.path)));
}
