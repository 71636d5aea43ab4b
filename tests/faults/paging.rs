//! Pages and items when things go wrong, and when they do not.

use sendmux_client::{Kind, management};

use crate::class::{BALANCE, management, page, success};
use crate::clock::Fake;
use crate::fault::refusal;
use crate::server::{Reply, Server};

fn serve(clock: &Fake, script: Vec<Reply>) -> (Server, management::Client) {
    let server = Server::start(clock, script);
    let client = management(&server, clock);
    (server, client)
}

fn targets(server: &Server) -> Vec<String> {
    server.log().into_iter().map(|seen| seen.target).collect()
}

/// `/billing/transactions?limit=2`, from this cursor.
fn target(cursor: &str) -> String {
    let cursor = if cursor.is_empty() { String::new() } else { format!("cursor={cursor}&") };
    format!("/api/v1/billing/transactions?{cursor}limit=2")
}

fn three_pages() -> Vec<Reply> {
    vec![page(&["a", "b"], Some("c2")), page(&["c", "d"], Some("c3")), page(&["e"], None)]
}

#[tokio::test]
async fn items_come_in_order_whatever_fails_in_between() {
    let clock = Fake::new();
    let mut script = three_pages();
    script.insert(1, Reply::new("").then_reset());
    script.insert(3, refusal("503 Service Unavailable", "", "service_unavailable", true));
    let (server, client) = serve(&clock, script);
    let items = client.list_transactions().limit(2).stream().try_collect().await.unwrap();
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
    let expected = ["", "c2", "c2", "c3", "c3"].map(target);
    assert_eq!(targets(&server), expected);
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_asked_for() {
    let clock = Fake::new();
    let mut script = three_pages();
    script[2] = success(BALANCE);
    script.push(success(BALANCE));
    let (server, client) = serve(&clock, script);
    let mut items = client.list_transactions().limit(2).stream();
    assert_eq!(server.log().len(), 0);
    items.try_next().await.unwrap();
    items.try_next().await.unwrap();
    items.try_next().await.unwrap();
    assert_eq!(items.cursor(), Some("c2"));
    assert_only_these_were_sent(&server, &client, &["", "c2"]).await;
}

#[tokio::test]
async fn who_reads_on_finds_the_next_page_under_way() {
    let clock = Fake::new();
    let (server, client) = serve(&clock, three_pages());
    let mut items = client.list_transactions().limit(2).stream();
    for _ in 0..4 {
        items.try_next().await.unwrap().unwrap();
    }
    // The third page was not asked for, but the client reads on.
    server.wait_for(3).await;
    assert_eq!(items.cursor(), Some("c3"));
    assert_eq!(items.try_next().await.unwrap().unwrap().id, "e");
    assert_eq!(items.cursor(), Some("c3"));
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(items.cursor(), Some("c3"));
    assert_eq!(server.left(), 0);
}

#[tokio::test]
async fn one_page_is_all_that_is_fetched_for_one_page() {
    let clock = Fake::new();
    let mut script = three_pages();
    script[1] = success(BALANCE);
    script[2] = success(BALANCE);
    let (server, client) = serve(&clock, script);
    let mut pages = client.list_transactions().limit(2).pages();
    pages.try_next().await.unwrap().unwrap();
    assert_eq!(pages.cursor(), Some("c2"));
    assert_only_these_were_sent(&server, &client, &[""]).await;
}

/// Two other calls give a request that nobody asked for the time to arrive before them.
async fn assert_only_these_were_sent(
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
async fn pages_are_fetched_one_ahead_from_the_second_on() {
    let clock = Fake::new();
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
async fn dropping_the_stream_ends_the_fetch_ahead() {
    let clock = Fake::new();
    let mut script = three_pages();
    script[2] = Reply::new("").then_hang();
    let (server, client) = serve(&clock, script);
    let mut pages = client.list_transactions().limit(2).pages();
    pages.try_next().await.unwrap();
    pages.try_next().await.unwrap();
    server.wait_for(3).await;
    drop(pages);
    server.wait_for_hang_ups(1).await;
}

#[tokio::test]
async fn dropping_a_call_hangs_up() {
    let clock = Fake::new();
    let (server, client) = serve(&clock, vec![Reply::new("").then_hang()]);
    let call = tokio::spawn(async move { client.get_balance().await });
    server.wait_for(1).await;
    call.abort();
    server.wait_for_hang_ups(1).await;
}

#[tokio::test]
async fn an_error_comes_once_and_says_where_to_go_on() {
    let clock = Fake::new();
    let mut script = three_pages();
    script[2] = refusal("403 Forbidden", "", "insufficient_permissions", false);
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
async fn a_cursor_that_leads_nowhere_ends_the_pages_after_the_last_good_one() {
    let missing = page(&["c"], Some(""));
    for broken in [missing, page(&["c"], Some("c2"))] {
        let clock = Fake::new();
        let (server, client) = serve(&clock, vec![page(&["a", "b"], Some("c2")), broken]);
        let mut items = client.list_transactions().limit(2).stream();
        for id in ["a", "b", "c"] {
            assert_eq!(items.try_next().await.unwrap().unwrap().id, id);
        }
        let error = items.try_next().await.unwrap_err();
        assert_eq!((error.kind(), error.cursor()), (Kind::Pagination, Some("c2")));
        assert_eq!(error.request_id(), Some("req_1"));
        assert!(items.next().await.is_none());
        assert_eq!(server.log().len(), 2);
    }
}

#[tokio::test]
async fn an_empty_page_is_no_end() {
    let clock = Fake::new();
    let script = vec![page(&[], Some("c2")), page(&[], Some("c3")), page(&["a"], None)];
    let (server, client) = serve(&clock, script);
    let items = client.list_transactions().limit(2).stream().try_collect().await.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(server.log().len(), 3);
}
