use sendmux_client::RateLimit;
use serde_json::json;

use super::*;
use crate::exporter::failure::Failure;
use crate::exporter::provider::Provider;

const VIEW: View = View { staleness: Duration::from_secs(900), max_providers: 2 };

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_779_354_720 + seconds)
}

fn provider(id: &str, name: &str) -> Provider {
    Provider {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: "smtp".to_owned(),
        status: "active".to_owned(),
        switched_on: true,
        last_used: None,
        quotas: vec![("day", 100)],
    }
}

fn usage(ids: &[&str]) -> Reading {
    let item = |id: &&str| {
        json!({
            "provider_id": id, "sent_today": 10, "sent_7d": 40, "failed_7d": 3, "rejected_7d": 2,
            "pending_7d": 1, "total_7d": 46,
        })
    };
    Reading::Usage(ids.iter().map(|id| serde_json::from_value(item(id)).unwrap()).collect())
}

fn spend(consumed: &str) -> Reading {
    let spend = json!({
        "currency": "USD", "period_days": 30, "total_consumed": consumed,
        "total_purchased": "0.000000", "transaction_count": 1,
    });
    Reading::Spend(serde_json::from_value(spend).unwrap())
}

fn good(board: &mut Board, group: Group, reading: Reading, now: SystemTime) -> bool {
    board.record(group, Ok(reading), None, now, Duration::from_millis(20))
}

fn bad(board: &mut Board, group: Group, failure: Failure, now: SystemTime) -> bool {
    board.record(group, Err(failure), None, now, Duration::from_millis(20))
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[track_caller]
fn shows(text: &str, line: &str) {
    assert!(lines(text).contains(&line), "{line}\n{text}");
}

#[test]
fn a_group_that_fails_keeps_its_figures_until_they_are_stale() {
    let mut board = Board::default();
    assert!(!good(&mut board, Group::Spend, spend("1.500000"), at(0)));
    assert!(bad(&mut board, Group::Spend, Failure::Server, at(60)), "a new failure is told");
    assert!(!bad(&mut board, Group::Spend, Failure::Server, at(120)), "and told once");
    let text = exposition(&board, &VIEW, at(300));
    for line in [
        "sendmux_spend_dollars{window=\"30d\"} 1.5",
        "sendmux_up{group=\"spend\"} 0.0",
        "sendmux_data_age_seconds{group=\"spend\"} 300.0",
        "sendmux_last_success_timestamp_seconds{group=\"spend\"} 1779354720.0",
        "sendmux_refreshes_total{group=\"spend\"} 3",
        "sendmux_refresh_failures_total{group=\"spend\",kind=\"server\"} 2",
    ] {
        shows(&text, line);
    }

    let text = exposition(&board, &VIEW, at(901));
    assert!(!text.contains("sendmux_spend_dollars"), "{text}");
    shows(&text, "sendmux_data_age_seconds{group=\"spend\"} 901.0");

    assert!(good(&mut board, Group::Spend, spend("2.000000"), at(960)), "recovery is told");
    let text = exposition(&board, &VIEW, at(960));
    shows(&text, "sendmux_spend_dollars{window=\"30d\"} 2.0");
    shows(&text, "sendmux_up{group=\"spend\"} 1.0");
}

#[test]
fn a_clock_that_was_set_back_makes_no_negative_age() {
    let mut board = Board::default();
    good(&mut board, Group::Spend, spend("1.000000"), at(500));
    shows(&exposition(&board, &VIEW, at(0)), "sendmux_data_age_seconds{group=\"spend\"} 0.0");
}

#[test]
fn accounts_beyond_the_limit_are_added_up() {
    let mut board = Board::default();
    let all = ["d", "b", "a", "c"].map(|id| provider(id, "Relay"));
    good(&mut board, Group::Providers, Reading::Providers(all.into()), at(0));
    good(&mut board, Group::Usage, usage(&["c", "a", "d"]), at(0));
    let text = exposition(&board, &VIEW, at(0));
    for line in [
        "sendmux_providers{status=\"active\"} 4.0",
        "sendmux_providers_omitted 2.0",
        "sendmux_provider_switched_on{provider_id=\"b\"} 1.0",
        "sendmux_provider_quota_emails{provider_id=\"a\",period=\"day\"} 100.0",
        "sendmux_provider_sent_today_emails{provider_id=\"a\"} 10.0",
        "sendmux_provider_sent_today_emails{provider_id=\"other\"} 20.0",
        "sendmux_provider_emails{provider_id=\"other\",window=\"7d\",status=\"failed\"} 6.0",
    ] {
        shows(&text, line);
    }
    assert!(!text.contains("provider_id=\"c\""), "{text}");
}

#[test]
fn an_account_that_is_gone_leaves_nothing_behind() {
    let mut board = Board::default();
    let both = vec![provider("a", "Relay"), provider("b", "Relay")];
    good(&mut board, Group::Providers, Reading::Providers(both), at(0));
    assert!(exposition(&board, &VIEW, at(0)).contains("provider_id=\"b\""));
    let one = vec![provider("a", "Relay")];
    good(&mut board, Group::Providers, Reading::Providers(one), at(60));
    assert!(!exposition(&board, &VIEW, at(60)).contains("provider_id=\"b\""));
}

#[test]
fn names_from_outside_stay_within_their_label() {
    let mut board = Board::default();
    let hostile = provider("a\"} 1\n# EOF", "C:\\relay\n\"quoted\"");
    good(&mut board, Group::Providers, Reading::Providers(vec![hostile]), at(0));
    let text = exposition(&board, &VIEW, at(0));
    assert_eq!(text.lines().filter(|line| line.starts_with("# EOF")).count(), 1, "{text}");
    assert!(text.contains(r#"provider_name="C:\\relay\n\"quoted\"""#), "{text}");
}

#[test]
fn an_empty_board_is_valid() {
    let text = exposition(&Board::default(), &VIEW, at(0));
    assert_eq!(lines(&text).len(), 1, "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn a_refusal_tells_the_room_that_is_left_too() {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-ratelimit-limit", 600.into());
    headers.insert("x-ratelimit-remaining", 0.into());
    let room = RateLimit::from_headers(&headers);
    let mut board = Board::default();
    board.record(Group::Spend, Err(Failure::RateLimited), room, at(0), Duration::ZERO);
    let text = exposition(&board, &VIEW, at(60));
    shows(&text, "sendmux_rate_limit_remaining_requests 0.0");
    shows(&text, "sendmux_rate_limit_requests 600.0");
    assert!(!exposition(&board, &VIEW, at(901)).contains("sendmux_rate_limit"));
}
