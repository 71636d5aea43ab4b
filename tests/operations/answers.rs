//! What comes back.

use crate::case::each;
use crate::sample::{Form, Sampler, Values};

#[tokio::test]
async fn every_form_of_an_answer_decodes_without_loss() {
    each(async |trial| {
        let operation = trial.operation;
        let answer = |form| operation.success(&Sampler::new(&operation.document, form));
        for form in Form::ALL {
            trial.server.answer_with(&answer(form));
            let outcome = trial.bare(&Values::of(operation)).await;
            let observed =
                outcome.unwrap_or_else(|error| panic!("{} {form:?}: {error:?}", operation.id));
            assert_eq!(observed.request_id, "req_sample", "{}", operation.id);
            let expected = answer(form.as_read()).data();
            assert_eq!(observed.data, expected, "{} {form:?}", operation.id);
        }
    })
    .await;
}
