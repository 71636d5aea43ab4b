//! Lists, page by page.

use crate::case::each;
use crate::document::Answer;
use crate::sample::{Form, Sampler, Values};

#[tokio::test]
async fn every_list_is_read_to_its_end_with_everything_that_was_set() {
    let lists = std::cell::Cell::new(0);
    each(async |trial| {
        let (operation, values) = (trial.operation, Values::of(trial.operation));
        let page = operation.success(&Sampler::new(&operation.document, Form::Full));
        let pages = [page.page(Some("c/2 +")), page.empty_page("c3"), page.page(None)];
        trial.server.answer_in_turn(&pages);
        let all = trial.all(&values).await;
        assert_eq!(all.is_some(), page.is_page(), "{}", operation.id);
        let Some(all) = all else { return };
        lists.set(lists.get() + 1);
        let items: Vec<_> = pages.iter().map(Answer::data).collect();
        let items: Vec<_> = items.iter().flat_map(|page| page.as_array().unwrap()).collect();
        let all = all.unwrap_or_else(|error| panic!("{}: {error:?}", operation.id));
        assert_eq!(all.as_array().unwrap().iter().collect::<Vec<_>>(), items, "{}", operation.id);
        let requests = trial.server.requests();
        let given = values.text("cursor");
        assert_eq!(requests.len(), pages.len(), "{}", operation.id);
        for (request, cursor) in requests.iter().zip([given.as_str(), "c/2 +", "c3"]) {
            let mut expected = operation.expected_query(true);
            expected.iter_mut().find(|(name, _)| name == "cursor").unwrap().1 = cursor.to_owned();
            assert_eq!(request.query, expected, "{}", operation.id);
            assert_eq!(request.path, operation.expected_path());
        }
    })
    .await;
    assert_eq!(lists.get(), 17);
}
