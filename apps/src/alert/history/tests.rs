use serde_json::json;

use super::*;

pub(super) const NOW: i64 = 1_779_354_720;
pub(super) const HOUR: i64 = 3600;
pub(super) const OVERLAP: i64 = 900;

pub(super) fn log(id: &str, at: i64, status: &str) -> EmailLog {
    let at = sendmux_client::Timestamp::from_unix_seconds(at).unwrap();
    let log = json!({
        "id": id, "status": status, "attempts": 1, "created_at": at, "provider_id": "dprov_1",
    });
    serde_json::from_value(log).unwrap()
}

pub(super) fn counts(history: &EmailHistory) -> (u64, u64, u64) {
    let counts = history.count(0, i64::MAX, &ProviderFilter::default());
    (counts.pending, counts.sent, counts.failed)
}

#[test]
fn an_entry_is_counted_once_however_often_it_is_read() {
    let mut history = EmailHistory::new(NOW, HOUR);
    let entries =
        [log("a", NOW - 10, "sent"), log("b", NOW - 1200, "failed"), log("c", NOW - 3000, "sent")];
    for round in 0..5 {
        for entry in &entries {
            history.add(entry, NOW + round * 60);
        }
        history.finish_read(NOW + round * 60, HOUR, OVERLAP);
        assert_eq!(counts(&history), (0, 2, 1), "round {round}");
    }
}

#[test]
fn an_interrupted_read_does_not_change_the_result() {
    let entries: Vec<_> = (0..20)
        .map(|n| {
            log(&format!("l{n}"), NOW - n * 120, ["sent", "failed", "pending"][n as usize % 3])
        })
        .collect();
    let read = |history: &mut EmailHistory, end: usize| {
        for entry in &entries[..end] {
            history.add(entry, NOW);
        }
        if end == entries.len() {
            history.finish_read(NOW, HOUR, OVERLAP);
        }
    };
    let mut complete = EmailHistory::new(NOW, HOUR);
    read(&mut complete, entries.len());
    for interrupted_at in 0..=entries.len() {
        let mut history = EmailHistory::new(NOW, HOUR);
        read(&mut history, interrupted_at);
        let saved = serde_json::to_vec(&history).unwrap();
        let mut history: EmailHistory = serde_json::from_slice(&saved).unwrap();
        read(&mut history, entries.len());
        assert_eq!(history, complete, "interrupted after {interrupted_at}");
    }
}

#[test]
fn a_changed_status_is_recounted() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("a", NOW, "pending"), NOW);
    history.finish_read(NOW, HOUR, OVERLAP);
    assert_eq!(counts(&history), (1, 0, 0));
    history.add(&log("a", NOW, "failed"), NOW + 60);
    assert_eq!(counts(&history), (0, 0, 1));
    history.add(&log("a", NOW, "held"), NOW + 60);
    assert_eq!(counts(&history), (1, 0, 0));
}

#[test]
fn late_entries_within_the_overlap_are_counted() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("a", NOW, "sent"), NOW);
    history.finish_read(NOW, HOUR, OVERLAP);
    assert_eq!(history.read_from(NOW, HOUR), NOW - OVERLAP);
    history.add(&log("late", NOW - OVERLAP, "sent"), NOW);
    history.add(&log("too late", NOW - OVERLAP - 1, "sent"), NOW);
    assert_eq!(counts(&history), (0, 2, 0));
}

#[test]
fn an_entry_from_the_far_future_is_ignored() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("odd", NOW + 10 * 365 * 24 * HOUR, "sent"), NOW);
    history.add(&log("ahead", NOW + 60, "sent"), NOW);
    history.finish_read(NOW, HOUR, OVERLAP);
    assert_eq!(history.read_from(NOW, HOUR), NOW - OVERLAP);
    assert_eq!(counts(&history), (0, 1, 0));
}

#[test]
fn counts_that_no_rule_looks_back_on_are_dropped() {
    let mut history = EmailHistory::new(NOW, HOUR);
    for n in 0..60 {
        history.add(&log(&format!("l{n}"), NOW - n * 60, "sent"), NOW);
    }
    history.finish_read(NOW, HOUR, OVERLAP);
    let later = NOW + 7 * 24 * HOUR;
    history.add(&log("new", later, "sent"), later);
    history.finish_read(later, HOUR, OVERLAP);
    assert_eq!((history.seen.len(), history.minutes.len()), (1, 1));
}

#[test]
fn a_longer_lookback_or_a_clock_set_far_back_is_not_covered() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.finish_read(NOW, HOUR, OVERLAP);
    assert!(history.covers(NOW, HOUR) && history.covers(NOW - 60, HOUR));
    assert!(!history.covers(NOW, 2 * HOUR) && !history.covers(NOW - HOUR, HOUR));
}

#[test]
fn after_a_long_pause_only_the_lookback_is_read() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.finish_read(NOW, HOUR, OVERLAP);
    let later = NOW + 30 * 24 * HOUR;
    assert_eq!(history.read_from(later, HOUR), later - HOUR - CLOCK_TOLERANCE);
}

#[test]
fn a_gap_is_counted_once_however_often_its_read_is_stopped() {
    let lookback = 24 * HOUR;
    // Two entries in each second that has any, over 20 hours.
    let entries: Vec<_> = (0..200)
        .map(|n| log(&format!("l{n}"), NOW - 2 * OVERLAP - (n / 2) * 600, "sent"))
        .collect();
    for stopped_after in 0..entries.len() {
        let mut history = EmailHistory::new(NOW, lookback);
        history.split(NOW, lookback, OVERLAP);
        history.finish_read(NOW, lookback, OVERLAP);
        for page in entries[..stopped_after].chunks(7) {
            history.add_to_gap(page);
        }
        let saved = serde_json::to_vec(&history).unwrap();
        let mut history: EmailHistory = serde_json::from_slice(&saved).unwrap();
        let to = history.gap().unwrap().to;
        let rest: Vec<_> =
            entries.iter().filter(|log| log.created_at.unix_seconds() <= to).cloned().collect();
        history.add_to_gap(&rest);
        history.close_gap();
        assert_eq!(counts(&history), (0, 200, 0), "stopped after {stopped_after}");
    }
}

#[test]
fn short_windows_are_complete_before_a_gap_is_read() {
    let lookback = 24 * HOUR;
    let mut history = EmailHistory::new(NOW, lookback);
    history.split(NOW, lookback, OVERLAP);
    assert!(history.is_complete(NOW, OVERLAP - 60) && !history.is_complete(NOW, HOUR));
    history.add_to_gap(&[log("a", NOW - 2 * HOUR, "sent")]);
    assert!(history.is_complete(NOW, HOUR) && !history.is_complete(NOW, 3 * HOUR));
    history.close_gap();
    assert!(history.is_complete(NOW, lookback));
}

#[test]
fn a_pause_is_a_gap_with_the_entries_before_it_counted_once() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("a", NOW, "pending"), NOW);
    history.finish_read(NOW, HOUR, OVERLAP);
    let later = NOW + HOUR;
    history.split(later, 24 * HOUR, OVERLAP);
    history.finish_read(later, 24 * HOUR, OVERLAP);
    history.add_to_gap(&[log("b", NOW + 60, "sent"), log("a", NOW, "failed")]);
    history.close_gap();
    assert_eq!(counts(&history), (0, 1, 1));
}

#[test]
fn emails_that_leave_the_overlap_pending_are_counted() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("a", NOW - 600, "pending"), NOW);
    history.add(&log("b", NOW - 600, "sent"), NOW);
    history.add(&log("c", NOW + 600, "sent"), NOW + 600);
    history.finish_read(NOW + 600, HOUR, OVERLAP);
    assert_eq!(history.left_pending, 1);
}

#[test]
fn counts_are_filtered_by_provider_and_time() {
    let mut history = EmailHistory::new(NOW, HOUR);
    history.add(&log("a", NOW - 600, "sent"), NOW);
    history.add(&log("b", NOW - 60, "failed"), NOW);
    let only = |id: &str| ProviderFilter { only: Some(id.to_owned()), except: Vec::new() };
    assert_eq!(history.count(NOW - 300, i64::MAX, &ProviderFilter::default()).total(), 1);
    assert_eq!(history.count(NOW - 900, NOW - 300, &ProviderFilter::default()).sent, 1);
    assert_eq!(history.count(0, i64::MAX, &only("dprov_1")).total(), 2);
    assert_eq!(history.count(0, i64::MAX, &only("dprov_2")).total(), 0);
    assert_eq!(history.count(NOW, 0, &ProviderFilter::default()).total(), 0);
}
