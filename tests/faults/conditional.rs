//! Reads and writes that depend on a version.

use sendmux_client::management::types::{
    FilterMode, FilterRule, FilterRuleType, FilterState, FilterStateSet,
};
use sendmux_client::{Conditional, ETag, Error, Kind, Modified, management, modify};

use crate::class::management;
use crate::clock::Fake;
use crate::fault::{answer, json, refusal};
use crate::server::{Reply, Server};

const CONFLICT: &str = "409 Conflict";

/// Filters with this version and rules for these addresses.
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
    refusal(CONFLICT, &format!("ETag: {present}\r\n"), "conflict", false)
}

/// Blocks an address, unless it is blocked already.
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
async fn a_tag_goes_back_as_it_came_and_304_is_no_error() {
    for tag in ["W/\"a1b2\"", "\"strong\"", "W/\"\"", "\"with space, comma\""] {
        let clock = Fake::new();
        let lines = format!("ETag: {tag}\r\nX-RateLimit-Limit: 600\r\n");
        let unchanged = answer("304 Not Modified", &lines, "");
        let server = Server::start(&clock, [filters(Some(tag), &[]), unchanged]);
        let client = management(&server, &clock);
        let version = client.get_domain_filters("mdom_1").await.unwrap().etag().unwrap();
        let again = client.get_domain_filters("mdom_1").if_none_match(&version).await.unwrap();
        let Conditional::NotModified(again) = again else { panic!("{tag}: {again:?}") };
        assert_eq!(again.status(), 304);
        assert_eq!(again.etag(), Some(version));
        assert_eq!(again.request_id(), Some("req_1"));
        assert_eq!(again.rate_limit().unwrap().limit, Some(600));
        assert_eq!(server.log()[1].header("if-none-match"), Some(tag));
        assert_eq!(clock.waits(), []);
    }
}

#[tokio::test]
async fn a_read_that_finds_another_version_is_fresh_and_failures_stay_errors() {
    let clock = Fake::new();
    let missing = refusal("404 Not Found", "", "not_found", false);
    let server = Server::start(&clock, [filters(Some("W/\"2\""), &["a@example.org"]), missing]);
    let client = management(&server, &clock);
    let read = || client.get_domain_filters("mdom_1").if_none_match(ETag::new("W/\"1\""));
    let fresh = read().await.unwrap();
    assert!(!fresh.is_not_modified());
    assert_eq!(fresh.into_fresh().unwrap().rules.len(), 1);
    assert!(read().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_tag_that_no_header_can_carry_is_refused_before_it_is_sent() {
    let clock = Fake::new();
    let server = Server::start(&clock, []);
    let client = management(&server, &clock);
    let tag = ETag::new("W/\"1\"\r\nX-Evil: 1");
    let error = client.get_domain_filters("mdom_1").if_none_match(&tag).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    let body = FilterStateSet::new(FilterMode::Denylist, [] as [FilterRule; 0]);
    let error = client.set_domain_filters("mdom_1", body).if_match(tag).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    assert!(server.log().is_empty());
}

#[tokio::test]
async fn a_change_starts_over_when_someone_else_was_faster() {
    let clock = Fake::new();
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
    let log = server.log();
    let sent: Vec<_> = log.iter().filter_map(|seen| seen.header("if-match")).collect();
    assert_eq!(sent, ["W/\"1\"", "W/\"2\""]);
    assert_eq!(rules(&log[3].body), ["a@example.org", "b@example.org", "c@example.org"]);
    assert_eq!(clock.waits().len(), 1, "one pause between the rounds");
}

#[tokio::test]
async fn a_change_that_is_not_needed_writes_nothing() {
    let clock = Fake::new();
    let server = Server::start(&clock, [filters(Some("W/\"1\""), &["a@example.org"])]);
    let outcome = block(&management(&server, &clock), "a@example.org").await.unwrap();
    assert!(matches!(outcome, Modified::Unneeded(present) if present.rules.len() == 1));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_change_gives_up_after_five_rounds_with_the_last_refusal() {
    let clock = Fake::new();
    let round = |n: usize| [filters(Some(&format!("W/\"{n}\"")), &[]), stale("W/\"next\"")];
    let server = Server::start(&clock, (1..=6).flat_map(round));
    let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
    assert!(error.is_precondition_failed());
    assert_eq!(error.etag(), Some(ETag::new("W/\"next\"")));
    assert_eq!(server.log().len(), 10);
    assert_eq!(clock.waits().len(), 4);
}

#[tokio::test]
async fn what_has_no_version_is_not_written() {
    let clock = Fake::new();
    let server = Server::start(&clock, [filters(None, &[])]);
    let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
    assert_eq!(error.kind(), Kind::MissingETag);
    assert_eq!(error.operation().unwrap().id, "managementSetDomainFilters");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn other_failures_end_a_change_at_once() {
    let lost = Reply::new("").then_reset();
    let refused = refusal(CONFLICT, "", "idempotency_conflict", false);
    let forbidden = refusal("403 Forbidden", "", "insufficient_permissions", false);
    for failure in [lost, refused, forbidden] {
        let clock = Fake::new();
        let server = Server::start(&clock, [filters(Some("W/\"1\""), &[]), failure]);
        let error = block(&management(&server, &clock), "a@example.org").await.unwrap_err();
        assert!(!error.is_precondition_failed());
        assert_eq!(server.log().len(), 2, "{error}");
    }
    let clock = Fake::new();
    let server = Server::start(&clock, [refusal("404 Not Found", "", "not_found", false)]);
    assert!(block(&management(&server, &clock), "x").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_412_is_stale_too() {
    let clock = Fake::new();
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
