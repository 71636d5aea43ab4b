//! What comes back.

use crate::case::Trial;
use crate::sample::{Form, Sampler, Values};

pub(crate) async fn every_form_of_an_answer_decodes_without_loss(trial: &Trial<'_>) {
    let operation = trial.operation;
    let answer = |form| operation.success(&Sampler::new(operation.document, form));
    for form in Form::ALL {
        trial.server.answer_with(&answer(form));
        let outcome = trial.bare(&Values::of(operation)).await;
        let observed = outcome.unwrap_or_else(|error| panic!("{form:?}: {error:?}"));
        assert_eq!(observed.request_id, "req_sample");
        assert_eq!(observed.data, answer(form.as_read()).data(), "{form:?}");
    }
}
