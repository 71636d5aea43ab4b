//! The pacer against servers of every kind, in time that does not pass.

mod server;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use self::server::{
    Answer, BRIEF, EARLY, Kind, LARGE, LATE, Ledger, MILLISECOND, MINUTE, OLDEST, SECOND, SLIDING,
    Server,
};
use super::pace::{Pace, Step};

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A free worker of this client asks to send.
    Ask(usize),
    /// A request reaches the server: client, number.
    Arrive(usize, u64),
    /// An answer reaches the client.
    Answered(usize, u64, usize),
}

struct Client {
    pace: Pace,
    /// Workers waiting for their turn.
    idle: usize,
    asking: bool,
}

/// When requests were accepted and refused.
#[derive(Default)]
struct Log {
    accepted: Vec<u64>,
    refused: Vec<u64>,
}

/// Bulk readers that send as fast as they may: `workers` requests at a time from each client, and
/// `latency` there and back.
fn run(server: Server, clients: usize, workers: usize, latency: u64, until: u64) -> Log {
    let mut ledger = Ledger::new(server);
    let new = |_| Client { pace: Pace::default(), idle: workers, asking: false };
    let mut clients: Vec<Client> = (0..clients).map(new).collect();
    let mut answers: Vec<Answer> = Vec::new();
    let mut log = Log::default();
    let mut events = BinaryHeap::new();
    let mut order = 0_u64;
    let mut push = |events: &mut BinaryHeap<_>, at: u64, event: Event| {
        order += 1;
        events.push(Reverse((at, order, event)));
    };
    for index in 0..clients.len() {
        push(&mut events, START + 2_777 * index as u64, Event::Ask(index));
    }
    while let Some(Reverse((now, _, event))) = events.pop() {
        if now > until {
            break;
        }
        match event {
            Event::Ask(index) => {
                let client = &mut clients[index];
                client.asking = false;
                if client.idle == 0 {
                    continue;
                }
                client.asking = true;
                match client.pace.step(Duration::from_micros(now)) {
                    Step::Go(number) => {
                        client.idle -= 1;
                        push(&mut events, now + latency / 2, Event::Arrive(index, number));
                        push(&mut events, now, Event::Ask(index));
                    }
                    Step::Wait(wait) => {
                        // Timers are a little late.
                        let wait = u64::try_from(wait.as_micros()).unwrap().min(SECOND) + 500;
                        push(&mut events, now + wait, Event::Ask(index));
                    }
                }
            }
            Event::Arrive(index, number) => {
                let answer = ledger.ask(now);
                let refused = answer.refused.is_some();
                if refused { &mut log.refused } else { &mut log.accepted }.push(now);
                answers.push(answer);
                let at = now + latency / 2;
                push(&mut events, at, Event::Answered(index, number, answers.len() - 1));
            }
            Event::Answered(index, number, answer) => {
                let client = &mut clients[index];
                let steady = Duration::from_micros(now);
                let Answer { refused, figures } = &answers[answer];
                if let Some(wait) = refused {
                    // `Retry-After` has whole seconds.
                    client.pace.refuse(steady, Duration::from_secs(wait.div_ceil(SECOND)));
                }
                client.pace.observe(steady, number, figures);
                client.idle += 1;
                if !client.asking {
                    client.asking = true;
                    push(&mut events, now, Event::Ask(index));
                }
            }
        }
    }
    log
}

/// When the first client begins: not in step with any window.
const START: u64 = 337 * MILLISECOND;

/// What came of it after the first windows, which serve to learn.
#[derive(Debug)]
struct Verdict {
    /// Accepted requests, as a part of what the limit allows.
    used: f64,
    refused: usize,
    /// Refusals, as a part of all requests.
    refused_part: f64,
}

fn judge(server: Server, clients: usize, workers: usize, latency: u64) -> Verdict {
    const LEARNING: u64 = 2;
    const WINDOWS: u64 = 20;
    let (from, until) = (LEARNING * server.window, (LEARNING + WINDOWS) * server.window);
    let log = run(server, clients, workers, latency, until);
    let after = |times: &[u64]| times.iter().filter(|at| **at >= from).count();
    let (accepted, refused) = (after(&log.accepted), after(&log.refused));
    let allowed = server.limit * usize::try_from(WINDOWS).unwrap();
    Verdict {
        used: number(accepted) / number(allowed),
        refused,
        refused_part: number(refused) / number(accepted + refused),
    }
}

/// Workers and latency: a sequential reader nearby and far away, a few, and many.
const LOADS: [(usize, u64); 5] = [
    (1, MILLISECOND),
    (1, 50 * MILLISECOND),
    (8, 2 * MILLISECOND),
    (8, 50 * MILLISECOND),
    (50, 20 * MILLISECOND),
];

#[test]
fn a_bulk_reader_uses_the_allowance_and_is_not_refused() {
    for server in [MINUTE, EARLY, LATE, SLIDING, OLDEST, LARGE, BRIEF] {
        for (workers, latency) in LOADS {
            let possible = number(workers) / seconds(latency) * seconds(server.window);
            if possible < 3.0 * number(server.limit) {
                continue;
            }
            let verdict = judge(server, 1, workers, latency);
            assert!(verdict.used >= 0.95, "{server:?} {workers} {latency}: {verdict:?}");
            assert_eq!(verdict.refused, 0, "{server:?} {workers} {latency}: {verdict:?}");
        }
    }
}

#[test]
fn two_programs_share_a_key() {
    for server in [MINUTE, EARLY, LATE, SLIDING, OLDEST, LARGE] {
        for (workers, latency) in LOADS {
            let verdict = judge(server, 2, workers, latency);
            assert!(verdict.used >= 0.93, "{server:?} {workers} {latency}: {verdict:?}");
            assert!(verdict.refused_part < 0.01, "{server:?} {workers} {latency}: {verdict:?}");
        }
    }
    // More than a few requests on the way at a time are a large part of sixty.
    for (workers, latency) in [(1, MILLISECOND), (8, 2 * MILLISECOND)] {
        let verdict = judge(BRIEF, 2, workers, latency);
        assert!(verdict.used >= 0.95 && verdict.refused_part < 0.01, "{verdict:?}");
    }
}

#[test]
fn a_wrong_clock_costs_speed_but_draws_no_refusals() {
    for server in [MINUTE, SLIDING, OLDEST] {
        let server = Server { has_date: false, ..server };
        for clients in [1, 2] {
            let verdict = judge(server, clients, 8, 50 * MILLISECOND);
            assert!(verdict.used >= 0.8, "{server:?} {clients}: {verdict:?}");
            assert!(verdict.refused_part < 0.001, "{server:?} {clients}: {verdict:?}");
        }
    }
}

#[test]
fn without_figures_nothing_is_held_back() {
    let server = Server { kind: Kind::Silent, ..MINUTE };
    let log = run(server, 1, 4, 10 * MILLISECOND, 10 * SECOND);
    let requests = (10 * SECOND - START) / (10 * MILLISECOND) * 4;
    assert!(log.accepted.len() as u64 >= requests);
}
