//! Pages whose requests fail, and what is prefetched.

use sendmux_client::{Kind, management};

use crate::class::{BALANCE, management, page, success};
use crate::clock::FakeClock;
use crate::fault::{api_error, unavailable};
use crate::server::{Reply, Server};

fn serve(clock: &FakeClock, script: Vec<Reply>) -> (Server, management::Client) {
    let server = Server::start(clock, script);
    let client = management(&server, clock);
    (server, client)
}

fn targets(server: &Server) -> Vec<String> {
    server.received().into_iter().map(|request| request.target).collect()
}

/// Returns `/billing/transactions?limit=2` with this cursor.
fn target(cursor: &str) -> String {
    let cursor = if cursor.is_empty() { String::new() } else { format!("cursor={cursor}&") };
    format!("/api/v1/billing/transactions?{cursor}limit=2")
}

fn three_pages() -> Vec<Reply> {
    vec![page(&["a", "b"], Some("c2")), page(&["c", "d"], Some("c3")), page(&["e"], None)]
}

#[tokio::test]
async fn items_are_in_order_whatever_fails_in_between() {
    let clock = FakeClock::new();
    let mut script = three_pages();
    script.insert(1, Reply::new("").then_reset());
    script.insert(3, unavailable());
    let (server, client) = serve(&clock, script);
    let items = client.list_transactions().limit(2).stream().try_collect().await.unwrap();
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
    let expected = ["", "c2", "c2", "c3", "c3"].map(target);
    assert_eq!(targets(&server), expected);
}

#[tokio::test]
async fn items_prefetch_nothing_on_the_first_page() {
    let clock = FakeClock::new();
    let mut script = three_pages();
    script[2] = success(BALANCE);
    script.push(success(BALANCE));
    let (server, client) = serve(&clock, script);
    let mut items = client.list_transactions().limit(2).stream();
    assert_eq!(server.received().len(), 0);
    items.try_next().await.unwrap();
    items.try_next().await.unwrap();
    items.try_next().await.unwrap();
    assert_eq!(items.cursor(), Some("c2"));
    assert_nothing_else_was_sent(&server, &client, &["", "c2"]).await;
}

#[tokio::test]
async fn items_prefetch_the_next_page_from_the_second_on() {
    let clock = FakeClock::new();
    let (server, client) = serve(&clock, three_pages());
    let mut items = client.list_transactions().limit(2).stream();
    for _ in 0..4 {
        items.try_next().await.unwrap().unwrap();
    }
    // The third page is prefetched.
    server.wait_for(3).await;
    assert_eq!(items.cursor(), Some("c3"));
    assert_eq!(items.try_next().await.unwrap().unwrap().id, "e");
    assert_eq!(items.cursor(), Some("c3"));
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(items.cursor(), Some("c3"));
    assert_eq!(server.unused_replies(), 0);
}

#[tokio::test]
async fn pages_prefetch_nothing_after_the_first() {
    let clock = FakeClock::new();
    let mut script = three_pages();
    script[1] = success(BALANCE);
    script[2] = success(BALANCE);
    let (server, client) = serve(&clock, script);
    let mut pages = client.list_transactions().limit(2).pages();
    pages.try_next().await.unwrap().unwrap();
    assert_eq!(pages.cursor(), Some("c2"));
    assert_nothing_else_was_sent(&server, &client, &[""]).await;
}

/// Makes two other calls first, so that an unexpected request would have arrived before them.
async fn assert_nothing_else_was_sent(
    server: &Server,
    client: &management::Client,
    cursors: &[&str],
) {
    for _ in 0..2 {
        client.get_balance().await.unwrap();
    }
    let mut expected: Vec<_> = cursors.iter().map(|cursor| target(cursor)).collect();
    expected.extend(vec!["/api/v1/billing/balance".to_owned(); 2]);
    assert_eq!(targets(server), expected);
}

#[tokio::test]
async fn pages_prefetch_the_next_page_from_the_second_on() {
    let clock = FakeClock::new();
    let (server, client) = serve(&clock, three_pages());
    let mut pages = client.list_transactions().limit(2).pages();
    for _ in 0..2 {
        pages.try_next().await.unwrap().unwrap();
    }
    server.wait_for(3).await;
    assert_eq!(pages.cursor(), Some("c3"));
    assert_eq!(pages.try_next().await.unwrap().unwrap().len(), 1);
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(pages.cursor(), None);
}

#[tokio::test]
async fn dropping_the_pages_cancels_the_prefetch() {
    let clock = FakeClock::new();
    let mut script = three_pages();
    script[2] = Reply::new("").then_hang();
    let (server, client) = serve(&clock, script);
    let mut pages = client.list_transactions().limit(2).pages();
    pages.try_next().await.unwrap();
    pages.try_next().await.unwrap();
    server.wait_for(3).await;
    drop(pages);
    server.wait_for_disconnects(1).await;
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let clock = FakeClock::new();
    let (server, client) = serve(&clock, vec![Reply::new("").then_hang()]);
    let call = tokio::spawn(async move { client.get_balance().await });
    server.wait_for(1).await;
    call.abort();
    server.wait_for_disconnects(1).await;
}

#[tokio::test]
async fn an_error_is_returned_once_with_the_cursor_to_resume_from() {
    let clock = FakeClock::new();
    let mut script = three_pages();
    script[2] = api_error("403 Forbidden", "", "insufficient_permissions", false);
    let (_, client) = serve(&clock, script);
    let mut items = client.list_transactions().limit(2).stream();
    for id in ["a", "b", "c", "d"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().id, id);
    }
    let error = items.try_next().await.unwrap_err();
    assert_eq!((error.cursor(), error.attempts()), (Some("c3"), 1));
    assert_eq!(items.cursor(), Some("c3"));
    assert!(items.next().await.is_none());
}

#[tokio::test]
async fn a_list_of_empty_pages_ends_with_an_error_that_blames_the_server() {
    let clock = FakeClock::new();
    let empty = |number| page(&[], Some(&format!("c{number}")));
    let (server, client) = serve(&clock, (0..200).map(empty).collect());
    let error = client.list_transactions().stream().try_collect().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Pagination);
    assert!(error.to_string().contains("after 100 empty pages"), "{error}");
    assert_eq!(server.received().len(), 100);
}

#[tokio::test]
async fn an_absurdly_long_cursor_is_not_sent_back() {
    let clock = FakeClock::new();
    let cursor = "c".repeat(10_000);
    let (server, client) = serve(&clock, vec![page(&["a"], Some(&cursor)); 2]);
    let error = client.list_transactions().stream().try_collect().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Pagination);
    assert!(error.to_string().contains("cursor has 10000 bytes"), "{error}");
    assert_eq!(server.received().len(), 1);
}
