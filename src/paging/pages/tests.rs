use std::future::ready;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, StatusCode};

use super::*;
use crate::client::tls;
use crate::clock::System;
use crate::http::response_head::ResponseHead;
use crate::response::envelope::{ListEnvelope, Pagination};
use crate::response::meta::Meta;
use crate::transport::call::{Core, Endpoint};
use crate::transport::credential::Credential;
use crate::transport::outbound_request::OutboundRequest;
use crate::transport::retry::RetryPolicy;
use crate::transport::retry_budget::RetryBudget;

const OPERATION: Operation = Operation {
    id: "list",
    method: "GET",
    path: "/things",
    permissions: &[],
    public: false,
    idempotency_key: false,
};

/// A call that is not made: these tests answer for the server.
fn call() -> Call {
    let time = std::time::Duration::from_secs(1);
    let http = tls::configure(Client::builder(), &[], true).unwrap().build().unwrap();
    Call::new(Arc::new(Core {
        endpoint: Endpoint { baseurl: String::new(), client: http },
        allow_plain_http: false,
        credential: Credential::from("smx_root_test"),
        user_agent: HeaderValue::from_static("test"),
        attempt_timeout: time,
        call_timeout: time,
        idle_timeout: time,
        max_response_bytes: 1,
        retry: RetryPolicy::none(),
        retry_budget: RetryBudget::new(),
        rate_limiter: None,
        clock: Arc::new(System),
        mailbox_id: None,
        observer: None,
        attempt_headers: None,
    }))
}

fn page(items: Vec<u32>, next: Option<&str>) -> Page<u32> {
    let head = ResponseHead {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        attempts: 1,
        idempotency_key: None,
    };
    let next_cursor = next.map(str::to_owned);
    let pagination = Pagination { has_more: next.is_some(), next_cursor };
    Page::new(head, ListEnvelope { ok: true, data: items, pagination, meta: Meta::default() })
}

/// Reads a list whose pages follow from their cursors, from this one.
fn pages(cursor: Option<&str>, fetch: FetchPage<u32>) -> Pages<u32> {
    let build = |cursor: Option<&str>| {
        let url = format!("http://localhost/{}", cursor.unwrap_or_default());
        Ok(OutboundRequest::from(Request::new(Method::GET, url.parse().unwrap())))
    };
    Pages { fetch, ..Pages::new(call(), &OPERATION, cursor.map(str::to_owned), build) }
}

/// Returns the number that a request has for a cursor; 0 without one.
fn number(request: BuildResult) -> u32 {
    let path = request.ok().unwrap().url().path().to_owned();
    if path == "/" { 0 } else { path[1..].parse().unwrap_or(u32::MAX) }
}

/// Four pages of two items.
fn four(_: Call, _: &'static Operation, request: BuildResult) -> Pending<Page<u32>> {
    let number = number(request);
    let next = (number < 3).then(|| (number + 1).to_string());
    Box::pin(ready(Ok(page(vec![2 * number, 2 * number + 1], next.as_deref()))))
}

async fn failure(cursor: Option<&str>, fetch: FetchPage<u32>) -> (usize, Error) {
    let mut pages = pages(cursor, fetch);
    let mut read = 0;
    loop {
        match pages.next().await.unwrap() {
            Ok(_) => read += 1,
            Err(error) => {
                assert_eq!(pages.cursor(), error.cursor());
                assert!(pages.next().await.is_none());
                return (read, error);
            }
        }
    }
}

#[tokio::test]
async fn pages_follow_one_another_and_can_be_resumed() {
    let mut pages = pages(None, four);
    let mut cursors = vec![pages.cursor().map(str::to_owned)];
    let mut items = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        items.extend(page.into_items());
        cursors.push(pages.cursor().map(str::to_owned));
    }
    assert_eq!(items, [0, 1, 2, 3, 4, 5, 6, 7]);
    let expected = [None, Some("1"), Some("2"), Some("3"), None];
    assert_eq!(cursors, expected.map(|cursor| cursor.map(str::to_owned)));
    assert!(pages.next().await.is_none());
    assert_eq!(format!("{pages:?}"), "Pages { operation: \"list\", .. }");
}

#[tokio::test]
async fn items_resume_from_the_page_that_the_next_one_is_on() {
    let mut items = pages(None, four).items();
    let mut cursors = Vec::new();
    while items.try_next().await.unwrap().is_some() {
        cursors.push(items.cursor().map(str::to_owned));
    }
    let expected = [None, Some("1"), Some("1"), Some("2"), Some("2"), Some("3"), Some("3")];
    assert_eq!(cursors[..7], expected.map(|cursor| cursor.map(str::to_owned)));
    assert_eq!(cursors[7].as_deref(), Some("3"));
    assert!(format!("{items:?}").starts_with("Items { pages: Pages"));
    assert_eq!(pages(Some("2"), four).items().try_collect().await.unwrap(), [4, 5, 6, 7]);
}

/// Describes what is being fetched after each of the first steps.
async fn fetching(mut step: impl AsyncFnMut() -> bool) -> Vec<bool> {
    let mut ahead = Vec::new();
    for _ in 0..6 {
        ahead.push(step().await);
    }
    ahead
}

#[tokio::test]
async fn fetching_ahead_begins_with_the_second_page() {
    let is_ahead =
        |state: &PageState<u32>| matches!(state, PageState::Fetching(Fetch::Prefetch(_), _));
    let mut pages = pages(None, four);
    let ahead = fetching(async || {
        pages.next().await;
        is_ahead(&pages.state)
    });
    assert_eq!(ahead.await, [false, true, true, false, false, false]);
    let mut items = super::tests::pages(None, four).items();
    let ahead = fetching(async || {
        items.next().await;
        is_ahead(&items.pages.state)
    });
    assert_eq!(ahead.await, [false, false, false, true, true, true]);
}

#[tokio::test]
async fn an_error_ends_the_pages_and_can_be_resumed_from() {
    let (read, error) = failure(None, |call, operation, request| {
        let request = request.ok().unwrap();
        match request.url().path() {
            "/2" => Box::pin(ready(Err(Error::new(Kind::Timeout)))),
            _ => four(call, operation, Ok(request)),
        }
    })
    .await;
    assert_eq!((read, error.kind(), error.cursor()), (2, Kind::Timeout, Some("2")));
}

#[tokio::test]
async fn a_list_that_does_not_advance_ends() {
    let (read, error) = failure(Some("1"), |_, _, request| {
        let next = number(request) % 3 + 1;
        Box::pin(ready(Ok(page(vec![7], Some(&next.to_string())))))
    })
    .await;
    assert_eq!((read, error.kind(), error.cursor()), (3, Kind::Pagination, Some("3")));
    assert!(error.to_string().contains("earlier page") && error.may_have_been_sent());
    let (read, error) = failure(None, |_, _, _| Box::pin(ready(Ok(page(vec![7], Some("")))))).await;
    assert_eq!((read, error.kind()), (1, Kind::Pagination));
    assert!(error.to_string().contains("no next cursor"));
}

#[tokio::test]
async fn a_cursor_that_cannot_be_sent_back_ends_the_list() {
    fn long(length: usize) -> Pending<Page<u32>> {
        Box::pin(ready(Ok(page(vec![7], Some(&"1".repeat(length))))))
    }
    let (read, error) = failure(None, |_, _, request| match number(request) {
        0 => long(MAX_CURSOR_BYTES),
        _ => long(MAX_CURSOR_BYTES + 1),
    })
    .await;
    assert_eq!(read, 2);
    assert!(error.to_string().contains("8193 bytes"), "{error}");
}

#[tokio::test]
async fn empty_pages_count_only_in_succession() {
    let (read, error) = failure(None, |_, _, request| {
        let number = number(request);
        // The first hundred pages are not all empty.
        let items = if number == 50 { vec![7] } else { Vec::new() };
        Box::pin(ready(Ok(page(items, Some(&(number + 1).to_string())))))
    })
    .await;
    assert_eq!((read, error.kind()), (51 + MAX_EMPTY_PAGES as usize, Kind::Pagination));
    assert!(error.to_string().contains("100 empty pages"), "{error}");
}
