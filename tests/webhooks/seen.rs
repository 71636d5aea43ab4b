//! The example's memory of events.

#[path = "../../examples/webhook_receiver/seen.rs"]
mod memory;

use memory::Seen;

#[test]
fn an_event_is_new_once() {
    let mut seen = Seen::new(2);
    assert!(seen.note("evt_1"));
    assert!(!seen.note("evt_1"));
    assert!(seen.note("evt_2"));
    assert!(!seen.note("evt_1"));
}

#[test]
fn the_oldest_is_forgotten_first() {
    let mut seen = Seen::new(2);
    assert!(["evt_1", "evt_2", "evt_3"].map(|id| seen.note(id)) == [true; 3]);
    assert!(!seen.note("evt_2") && !seen.note("evt_3"));
    assert!(seen.note("evt_1"));
    assert!(seen.note("evt_2"), "it was the oldest");
}
