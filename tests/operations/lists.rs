//! Lists, page by page.

use crate::case::Trial;
use crate::document::Answer;
use crate::sample::{Form, Sampler, Values};

pub(crate) async fn a_list_is_read_to_its_end_with_everything_that_was_set(trial: &Trial<'_>) {
    let (operation, values) = (trial.operation, Values::of(trial.operation));
    let page = operation.success(&Sampler::new(operation.document, Form::Full));
    let Some(page) = page else { return };
    let pages = [page.page(Some("c/2 +")), page.empty_page("c3"), page.page(None)];
    trial.server.answer_in_turn(&pages);
    let all = trial.all(&values).await;
    let cursor = operation.parameter("query", "cursor").filter(|_| page.is_page());
    assert_eq!(all.is_some(), cursor.is_some());
    let Some(all) = all else { return };
    let items: Vec<_> = pages.iter().map(Answer::data).collect();
    let items: Vec<_> = items.iter().flat_map(|page| page.as_array().unwrap()).collect();
    assert_eq!(all.unwrap().as_array().unwrap().iter().collect::<Vec<_>>(), items);
    let requests = trial.server.requests();
    let given: String = values.parameter("query", "cursor");
    assert_eq!(requests.len(), pages.len());
    for (request, cursor) in requests.iter().zip([given.as_str(), "c/2 +", "c3"]) {
        let mut expected = operation.expected_query(true);
        expected.iter_mut().find(|(name, _)| name == "cursor").unwrap().1 = cursor.to_owned();
        assert_eq!(request.query, expected);
        assert_eq!(request.path, operation.expected_path());
    }
}
