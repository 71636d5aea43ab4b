use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::alert::facts::Usage;

const NOW: i64 = 1_779_354_720;
const HOUR: i64 = 3600;

/// A ledger with so many sent and lost e-mails so many seconds ago.
fn ledger(mail: &[(i64, u32, u32)]) -> Ledger {
    let mut ledger = Ledger::new(NOW, 48 * HOUR);
    for (age, sent, lost) in mail {
        let at = sendmux_client::Timestamp::from_unix_seconds(NOW - age).unwrap();
        for n in 0..sent + lost {
            let status = if n < *sent { "sent" } else { "rejected" };
            let log = json!({
                "id": format!("{age}/{n}"), "status": status, "attempts": 1, "created_at": at,
            });
            ledger.add(&serde_json::from_value(log).unwrap(), NOW);
        }
    }
    ledger
}

fn holds(condition: &Condition, mail: &[(i64, u32, u32)]) -> bool {
    !find(condition, &Facts::default(), Some(&ledger(mail)), NOW).unwrap().is_empty()
}

#[test]
fn a_failure_rate_needs_a_sample() {
    let condition =
        Condition::FailureRate { window: HOUR, above: 0.1, minimum: 20, of: Choice::default() };
    assert!(holds(&condition, &[(600, 17, 3)]));
    assert!(!holds(&condition, &[(600, 18, 2)]), "exactly the limit");
    assert!(!holds(&condition, &[(600, 0, 1)]), "one of one at night");
    assert!(!holds(&condition, &[(2 * HOUR, 0, 50), (600, 20, 0)]), "before the window");
    assert!(!holds(&condition, &[]));
}

#[test]
fn a_surge_is_against_what_is_usual() {
    let condition = Condition::BounceSurge {
        window: HOUR,
        baseline: 24 * HOUR,
        factor: 3.0,
        minimum: 10,
        of: Choice::default(),
    };
    assert!(holds(&condition, &[(5 * HOUR, 95, 5), (600, 80, 20)]));
    assert!(!holds(&condition, &[(5 * HOUR, 90, 10), (600, 80, 20)]), "twice the usual");
    assert!(!holds(&condition, &[(5 * HOUR, 95, 5), (600, 1900, 100)]), "more mail, same share");
    assert!(!holds(&condition, &[(5 * HOUR, 100, 0), (600, 0, 9)]), "too few");
    assert!(holds(&condition, &[(600, 0, 10)]), "nothing to compare with");
}

#[test]
fn silence_is_heard() {
    let condition = Condition::NoMail { window: HOUR, of: Choice::default() };
    assert!(holds(&condition, &[(2 * HOUR, 5, 0)]));
    assert!(!holds(&condition, &[(600, 0, 1)]));
}

#[test]
fn what_was_not_read_is_not_judged() {
    let of = Choice::default();
    for condition in [
        Condition::NoMail { window: HOUR, of: of.clone() },
        Condition::ProviderDown { of: of.clone() },
        Condition::ProviderQuota { above: 0.8, of },
        Condition::BalanceBelow { below: 5.into() },
    ] {
        assert_eq!(find(&condition, &Facts::default(), None, NOW), None, "{condition:?}");
    }
}

fn provider(id: &str, status: &str, switched_on: bool, per_day: Option<i64>) -> Provider {
    Provider {
        id: id.to_owned(),
        name: format!("Relay {id}"),
        status: status.to_owned(),
        reason: (status == "error").then(|| "wrong password".to_owned()),
        switched_on,
        per_day,
    }
}

#[test]
fn accounts_are_down_in_every_state_but_active() {
    let providers = vec![
        provider("a", "active", true, None),
        provider("b", "error", true, None),
        provider("c", "active", false, None),
        provider("d", "asleep", true, None),
        provider("e", "inactive", false, None),
    ];
    let facts = Facts { providers: Some(providers), ..Facts::default() };
    let of = Choice { only: None, except: vec!["e".to_owned()] };
    let found = find(&Condition::ProviderDown { of }, &facts, None, NOW).unwrap();
    let said: Vec<_> = found.iter().map(|finding| finding.summary.as_str()).collect();
    assert_eq!(
        said,
        ["Relay b is in error: wrong password", "Relay c is switched off", "Relay d is asleep"]
    );
}

#[test]
fn quotas_are_of_the_day() {
    let providers = vec![
        provider("a", "active", true, Some(100)),
        provider("b", "active", true, Some(100)),
        provider("c", "active", true, None),
        provider("d", "active", true, Some(0)),
        provider("e", "active", true, None),
    ];
    let sent = [("a", 80), ("b", 81), ("c", 9999), ("d", 5), ("e", 100)];
    let sent: BTreeMap<_, _> = sent.into_iter().map(|(id, n)| (id.to_owned(), n)).collect();
    let usage = Usage { sent_today: sent, shared: Some(("e".to_owned(), 100)) };
    let facts = Facts { providers: Some(providers), usage: Some(usage), ..Facts::default() };
    let condition = Condition::ProviderQuota { above: 0.8, of: Choice::default() };
    let found = find(&condition, &facts, None, NOW).unwrap();
    let ids: Vec<_> = found.iter().map(|finding| finding.subject.as_str()).collect();
    assert_eq!(ids, ["b", "e"]);
    assert_eq!(
        found[0].summary,
        "Relay b sent 81 of the 100 e-mails it may send today (81.0 %, limit 80.0 %)"
    );
}

#[test]
fn balances_are_exact() {
    let condition = Condition::BalanceBelow { below: "0.300000".parse().unwrap() };
    for (balance, low) in [("0.299999", true), ("0.3", false), ("-1", true)] {
        let facts = Facts { balance: Some(balance.parse().unwrap()), ..Facts::default() };
        assert_eq!(!find(&condition, &facts, None, NOW).unwrap().is_empty(), low, "{balance}");
    }
}
