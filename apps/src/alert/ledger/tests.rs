use serde_json::json;

use super::*;

const NOW: i64 = 1_779_354_720;
const HOUR: i64 = 3600;
const OVERLAP: i64 = 900;

fn log(id: &str, at: i64, status: &str) -> EmailLog {
    let at = sendmux_client::Timestamp::from_unix_seconds(at).unwrap();
    let log = json!({
        "id": id, "status": status, "attempts": 1, "created_at": at, "provider_id": "dprov_1",
    });
    serde_json::from_value(log).unwrap()
}

fn counts(ledger: &Ledger) -> (u64, u64, u64) {
    let counts = ledger.count(0, i64::MAX, &Choice::default());
    (counts.open, counts.sent, counts.lost)
}

#[test]
fn an_entry_is_counted_once_however_often_it_is_read() {
    let mut ledger = Ledger::new(NOW, HOUR);
    let entries =
        [log("a", NOW - 10, "sent"), log("b", NOW - 1200, "failed"), log("c", NOW - 3000, "sent")];
    for round in 0..5 {
        for entry in &entries {
            ledger.add(entry, NOW + round * 60);
        }
        ledger.complete(NOW + round * 60, HOUR, OVERLAP);
        assert_eq!(counts(&ledger), (0, 2, 1), "round {round}");
    }
}

#[test]
fn a_reading_that_breaks_off_anywhere_changes_nothing_in_the_end() {
    let entries: Vec<_> = (0..20)
        .map(|n| {
            log(&format!("l{n}"), NOW - n * 120, ["sent", "failed", "pending"][n as usize % 3])
        })
        .collect();
    let read = |ledger: &mut Ledger, upto: usize| {
        for entry in &entries[..upto] {
            ledger.add(entry, NOW);
        }
        if upto == entries.len() {
            ledger.complete(NOW, HOUR, OVERLAP);
        }
    };
    let mut whole = Ledger::new(NOW, HOUR);
    read(&mut whole, entries.len());
    for broken_at in 0..=entries.len() {
        let mut ledger = Ledger::new(NOW, HOUR);
        read(&mut ledger, broken_at);
        let saved = serde_json::to_vec(&ledger).unwrap();
        let mut ledger: Ledger = serde_json::from_slice(&saved).unwrap();
        read(&mut ledger, entries.len());
        assert_eq!(ledger, whole, "broken off after {broken_at}");
    }
}

#[test]
fn a_changed_status_moves_an_entry() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.add(&log("a", NOW, "pending"), NOW);
    ledger.complete(NOW, HOUR, OVERLAP);
    assert_eq!(counts(&ledger), (1, 0, 0));
    ledger.add(&log("a", NOW, "failed"), NOW + 60);
    assert_eq!(counts(&ledger), (0, 0, 1));
    ledger.add(&log("a", NOW, "held"), NOW + 60);
    assert_eq!(counts(&ledger), (1, 0, 0));
}

#[test]
fn late_entries_within_the_overlap_are_counted() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.add(&log("a", NOW, "sent"), NOW);
    ledger.complete(NOW, HOUR, OVERLAP);
    assert_eq!(ledger.begin(NOW, HOUR), NOW - OVERLAP);
    ledger.add(&log("late", NOW - OVERLAP, "sent"), NOW);
    ledger.add(&log("too late", NOW - OVERLAP - 1, "sent"), NOW);
    assert_eq!(counts(&ledger), (0, 2, 0));
}

#[test]
fn an_entry_of_the_far_future_does_not_move_the_horizon() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.add(&log("odd", NOW + 10 * 365 * 24 * HOUR, "sent"), NOW);
    ledger.add(&log("ahead", NOW + 60, "sent"), NOW);
    ledger.complete(NOW, HOUR, OVERLAP);
    assert_eq!(ledger.begin(NOW, HOUR), NOW - OVERLAP);
    assert_eq!(counts(&ledger), (0, 1, 0));
}

#[test]
fn what_no_rule_looks_back_on_is_forgotten() {
    let mut ledger = Ledger::new(NOW, HOUR);
    for n in 0..60 {
        ledger.add(&log(&format!("l{n}"), NOW - n * 60, "sent"), NOW);
    }
    ledger.complete(NOW, HOUR, OVERLAP);
    let later = NOW + 7 * 24 * HOUR;
    ledger.add(&log("new", later, "sent"), later);
    ledger.complete(later, HOUR, OVERLAP);
    assert_eq!((ledger.seen.len(), ledger.minutes.len()), (1, 1));
}

#[test]
fn a_longer_window_or_a_clock_far_back_needs_a_new_ledger() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.complete(NOW, HOUR, OVERLAP);
    assert!(ledger.covers(NOW, HOUR) && ledger.covers(NOW - 60, HOUR));
    assert!(!ledger.covers(NOW, 2 * HOUR) && !ledger.covers(NOW - HOUR, HOUR));
}

#[test]
fn after_a_long_rest_only_the_window_is_read() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.complete(NOW, HOUR, OVERLAP);
    let later = NOW + 30 * 24 * HOUR;
    assert_eq!(ledger.begin(later, HOUR), later - HOUR - SLACK);
}

#[test]
fn counts_are_of_the_chosen_accounts_and_time() {
    let mut ledger = Ledger::new(NOW, HOUR);
    ledger.add(&log("a", NOW - 600, "sent"), NOW);
    ledger.add(&log("b", NOW - 60, "failed"), NOW);
    let only = |id: &str| Choice { only: Some(id.to_owned()), except: Vec::new() };
    assert_eq!(ledger.count(NOW - 300, i64::MAX, &Choice::default()).total(), 1);
    assert_eq!(ledger.count(NOW - 900, NOW - 300, &Choice::default()).sent, 1);
    assert_eq!(ledger.count(0, i64::MAX, &only("dprov_1")).total(), 2);
    assert_eq!(ledger.count(0, i64::MAX, &only("dprov_2")).total(), 0);
    assert_eq!(ledger.count(NOW, 0, &Choice::default()).total(), 0);
}
