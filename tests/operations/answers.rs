//! What comes back.

use crate::case::Trial;
use crate::sample::{Form, Sampler, Values};

pub(crate) async fn every_form_of_an_answer_decodes_without_loss(trial: &Trial<'_>) {
    let operation = trial.operation;
    let answers = |form| operation.successes(&Sampler::new(operation.document, form));
    for form in Form::ALL {
        let read = answers(form.as_read());
        for (answer, expected) in answers(form).iter().zip(&read) {
            trial.server.answer_with(answer);
            let outcome = trial.bare(&Values::of(operation)).await;
            let observed = outcome.unwrap_or_else(|error| panic!("{form:?}: {error:?}"));
            assert_eq!(observed.request_id, "req_sample");
            let expected = answer.mixed_with(&read).unwrap_or_else(|| expected.data());
            assert_eq!(observed.data, expected, "{form:?}");
        }
    }
}
