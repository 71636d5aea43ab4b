use super::*;
use crate::alert::rule::{Choice, Condition, Severity};

fn rule(hold: i64, repeat: Option<i64>) -> Rule {
    let condition = Condition::ProviderDown { of: Choice::default() };
    Rule { name: "down".to_owned(), severity: Severity::Critical, condition, hold, repeat }
}

fn found(subjects: &[&str]) -> Option<Vec<Finding>> {
    let finding = |subject: &&str| Finding {
        subject: (*subject).to_owned(),
        summary: format!("{subject} is down"),
    };
    Some(subjects.iter().map(finding).collect())
}

/// Phases of the notices of each step.
fn play(rule: &Rule, steps: &[(i64, Option<Vec<Finding>>)]) -> Vec<Vec<Phase>> {
    let mut incidents = Incidents::new();
    let mut said = Vec::new();
    for (now, findings) in steps {
        let (after, notices) = advance(rule, &incidents, findings.clone(), *now);
        incidents = after;
        said.push(notices.into_iter().map(|notice| notice.phase).collect());
    }
    said
}

#[test]
fn what_begins_is_said_once_and_its_end_once() {
    let steps = [
        (0, found(&[])),
        (60, found(&["a"])),
        (120, found(&["a"])),
        (180, found(&[])),
        (240, found(&[])),
    ];
    let said = play(&rule(0, None), &steps);
    assert_eq!(said, [vec![], vec![Phase::Firing], vec![], vec![Phase::Resolved], vec![]]);
}

#[test]
fn what_does_not_last_is_not_said() {
    let steps = [(0, found(&["a"])), (299, found(&["a"])), (300, found(&["a"])), (301, found(&[]))];
    let said = play(&rule(300, None), &steps);
    assert_eq!(said, [vec![], vec![], vec![Phase::Firing], vec![Phase::Resolved]]);
    let said = play(&rule(300, None), &[(0, found(&["a"])), (60, found(&[]))]);
    assert_eq!(said, [vec![], vec![]]);
}

#[test]
fn what_lasts_is_repeated_if_asked_for() {
    let steps = [(0, found(&["a"])), (3599, found(&["a"])), (3600, found(&["a"]))];
    let said = play(&rule(0, Some(3600)), &steps);
    assert_eq!(said, [vec![Phase::Firing], vec![], vec![Phase::Firing]]);
}

#[test]
fn ignorance_ends_nothing() {
    let steps = [(0, found(&["a"])), (60, None), (120, found(&["a"])), (180, found(&[]))];
    let said = play(&rule(0, None), &steps);
    assert_eq!(said, [vec![Phase::Firing], vec![], vec![], vec![Phase::Resolved]]);
}

#[test]
fn subjects_are_told_apart() {
    let steps = [(0, found(&["a"])), (60, found(&["a", "b"])), (120, found(&["b"]))];
    let said = play(&rule(0, None), &steps);
    assert_eq!(said, [vec![Phase::Firing], vec![Phase::Firing], vec![Phase::Resolved]]);
}

#[test]
fn a_clock_that_was_set_back_puts_nothing_off() {
    let steps = [(90_000, found(&["a"])), (0, found(&["a"])), (3600, found(&["a"]))];
    let said = play(&rule(0, Some(3600)), &steps);
    assert_eq!(said, [vec![Phase::Firing], vec![], vec![Phase::Firing]]);
}

#[test]
fn every_notice_has_a_key_of_its_own() {
    let rule = rule(0, Some(60));
    let (mut incidents, mut keys) = (Incidents::new(), std::collections::BTreeSet::new());
    let mut number = 0;
    for (now, findings) in
        [(0, found(&["a", "b"])), (60, found(&["a", "b"])), (120, found(&[])), (180, found(&["a"]))]
    {
        let (after, notices) = advance(&rule, &incidents, findings, now);
        incidents = after;
        number += notices.len();
        keys.extend(notices.into_iter().map(|notice| notice.key));
    }
    assert_eq!((keys.len(), number), (7, 7), "{keys:?}");
}
