//! Conditional reads and writes, and `modify` under concurrent writes.

use sendmux_client::management::types::{
    FilterMode, FilterRule, FilterRuleType, FilterState, FilterStateSet,
};
use sendmux_client::{Conditional, ETag, Error, Kind, Modified, management, modify};

use crate::class::management;
use crate::clock::FakeClock;
use crate::fault::{api_error, json, response};
use crate::server::{Reply, Server};

const CONFLICT: &str = "409 Conflict";

/// Returns filters with this ETag and rules for these addresses.
fn filters(version: Option<&str>, addresses: &[&str]) -> Reply {
    let rules: Vec<String> = addresses
        .iter()
        .map(|value| format!(r#"{{"pattern":"{value}","type":"deny","note":null}}"#))
        .collect();
    let rules = rules.join(",");
    let body = format!(
        r#"{{"ok":true,"data":{{"mode":"denylist","rules":[{rules}]}},"meta":{{"request_id":"req_1"}}}}"#
    );
    let tag = version.map(|version| format!("ETag: {version}\r\n")).unwrap_or_default();
    json("200 OK", &tag, &body)
}

fn stale(present: &str) -> Reply {
    api_error(CONFLICT, &format!("ETag: {present}\r\n"), "conflict", false)
}

/// Blocks an address, unless it is already blocked.
async fn block(
    client: &management::Client,
    address: &str,
) -> Result<Modified<FilterState, sendmux_client::Response<FilterState>>, Error> {
    modify(client.get_domain_filters("mdom_1"), |present| {
        let known = present.rules.iter().any(|rule| rule.pattern == address);
        (!known).then(|| {
            let new = FilterRule::new(FilterRuleType::Deny, address);
            let rules = present.rules.iter().cloned().chain([new]);
            let next = FilterStateSet::new(FilterMode::Denylist, rules);
            client.set_domain_filters("mdom_1", next)
        })
    })
    .await
}

fn rules(body: &[u8]) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let rules = body["rules"].as_array().unwrap().iter();
    rules.map(|rule| rule["pattern"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_etag_is_sent_back_unchanged_and_304_is_not_an_error() {
    for tag in ["W/\"a1b2\"", "\"strong\"", "W/\"\"", "\"with space, comma\""] {
        let clock = FakeClock::new();
        let lines = format!("ETag: {tag}\r\nX-RateLimit-Limit: 600\r\n");
        let unchanged = response("304 Not Modified", &lines, "");
        let server = Server::start(&clock, [filters(Some(tag), &[]), unchanged]);
        let client = management(&server, &clock);
        let version = client.get_domain_filters("mdom_1").await.unwrap().etag().unwrap();
        let again = client.get_domain_filters("mdom_1").if_none_match(&version).await.unwrap();
        let Conditional::NotModified(again) = again else { panic!("{tag}: {again:?}") };
        assert_eq!(again.status(), 304);
        assert_eq!(again.etag(), Some(version));
        assert_eq!(again.request_id(), Some("req_1"));
        assert_eq!(again.rate_limit().unwrap().limit, Some(600));
        assert_eq!(server.received()[1].header("if-none-match"), Some(tag));
        assert!(clock.waits().is_empty());
    }
}

#[tokio::test]
async fn a_conditional_read_of_another_version_is_fresh_and_failures_stay_errors() {
    let clock = FakeClock::new();
    let missing = api_error("404 Not Found", "", "not_found", false);
    let server = Server::start(&clock, [filters(Some("W/\"2\""), &["a@example.org"]), missing]);
    let client = management(&server, &clock);
    let read = || client.get_domain_filters("mdom_1").if_none_match(ETag::new("W/\"1\""));
    let fresh = read().await.unwrap();
    assert!(!fresh.is_not_modified());
    assert_eq!(fresh.into_fresh().unwrap().rules.len(), 1);
    assert!(read().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_etag_that_is_not_a_valid_header_value_is_rejected_before_sending() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let client = management(&server, &clock);
    let tag = ETag::new("W/\"1\"\r\nX-Evil: 1");
    let error = client.get_domain_filters("mdom_1").if_none_match(&tag).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    let body = FilterStateSet::new(FilterMode::Denylist, [] as [FilterRule; 0]);
    let error = client.set_domain_filters("mdom_1", body).if_match(tag).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn modify_starts_over_after_a_concurrent_write() {
    let clock = FakeClock::new();
    let server = Server::start(
        &clock,
        [
            filters(Some("W/\"1\""), &["a@example.org"]),
            stale("W/\"2\""),
            filters(Some("W/\"2\""), &["a@example.org", "b@example.org"]),
            filters(Some("W/\"3\""), &["a@example.org", "b@example.org", "c@example.org"]),
        ],
    );
    let outcome = block(&management(&server, &clock), "c@example.org").await.unwrap();
    let Modified::Written(written) = outcome else { panic!("{outcome:?}") };
    assert_eq!(written.etag(), Some(ETag::new("W/\"3\"")));
    let received = server.received();
    let sent: Vec<_> = received.iter().filter_map(|request| request.header("if-match")).collect();
    assert_eq!(sent, ["W/\"1\"", "W/\"2\""]);
    assert_eq!(rules(&received[3].body), ["a@example.org", "b@example.org", "c@example.org"]);
    assert_eq!(clock.waits().len(), 1, "one pause between the rounds");
}

#[tokio::test]
async fn modify_writes_nothing_if_no_change_is_needed() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [filters(Some("W/\"1\""), &["a@example.org"])]);
    let outcome = block(&management(&server, &clock), "a@example.org").await.unwrap();
    assert!(matches!(outcome, Modified::Unneeded(present) if present.rules.len() == 1));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn modify_gives_up_after_five_rounds_with_the_last_error() {
    let clock = FakeClock::new();
    let round = |n: usize| [filters(Some(&format!("W/\"{n}\"")), &[]), stale("W/\"next\"")];
    let server = Server::start(&clock, (1..=6).flat_map(round));
    let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
    assert!(error.is_precondition_failed());
    assert_eq!(error.etag(), Some(ETag::new("W/\"next\"")));
    assert_eq!(server.received().len(), 10);
    assert_eq!(clock.waits().len(), 4);
}

#[tokio::test]
async fn modify_does_not_write_a_resource_without_an_etag() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [filters(None, &[])]);
    let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
    assert_eq!(error.kind(), Kind::MissingETag);
    assert_eq!(error.operation().unwrap().id, "managementSetDomainFilters");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn modify_ends_at_once_with_any_other_error() {
    let lost = Reply::new("").then_reset();
    let conflict = api_error(CONFLICT, "", "idempotency_conflict", false);
    let forbidden = api_error("403 Forbidden", "", "insufficient_permissions", false);
    for failure in [lost, conflict, forbidden] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [filters(Some("W/\"1\""), &[]), failure]);
        let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
        assert!(!error.is_precondition_failed());
        assert_eq!(server.received().len(), 2, "{error}");
    }
    let clock = FakeClock::new();
    let server = Server::start(&clock, [api_error("404 Not Found", "", "not_found", false)]);
    assert!(block(&management(&server, &clock), "x").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn modify_starts_over_after_a_412() {
    let clock = FakeClock::new();
    let gateway = json("412 Precondition Failed", "", "stale");
    let script = [
        filters(Some("W/\"1\""), &[]),
        gateway,
        filters(Some("W/\"2\""), &[]),
        filters(None, &["a"]),
    ];
    let server = Server::start(&clock, script);
    let outcome = block(&management(&server, &clock), "a").await.unwrap();
    assert!(matches!(outcome, Modified::Written(_)));
}
