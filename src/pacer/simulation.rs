//! The pacer against servers of every kind, in time that does not pass.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::pace::{Figures, Pace, Step};

const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000 * MILLISECOND;

/// How a server counts. All times are microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Everything comes back at once, at multiples of the window.
    Fixed,
    /// Each request comes back a window later; the end is said to be a window away.
    SlidingFromNow,
    /// The same, but the end is said to be when the oldest comes back.
    SlidingFromOldest,
    /// No figures.
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct Server {
    kind: Kind,
    limit: usize,
    window: u64,
    /// How much later than the full second a fixed window begins.
    phase: u64,
    /// Whether the end is announced in whole seconds, rounded down.
    rounded_down: bool,
    has_date: bool,
}

struct Ledger {
    server: Server,
    accepted: VecDeque<u64>,
    window: u64,
}

struct Answer {
    refused: Option<u64>,
    figures: Figures,
}

impl Ledger {
    fn ask(&mut self, now: u64, client_epoch: f64) -> Answer {
        let Server { kind, limit, window, phase, .. } = self.server;
        match kind {
            Kind::Fixed if (now + window - phase) / window != self.window => {
                self.window = (now + window - phase) / window;
                self.accepted.clear();
            }
            Kind::SlidingFromNow | Kind::SlidingFromOldest => {
                while self.accepted.front().is_some_and(|at| at + window <= now) {
                    self.accepted.pop_front();
                }
            }
            Kind::Fixed => {}
            Kind::Silent => self.accepted.clear(),
        }
        let full = self.accepted.len() >= limit;
        if !full {
            self.accepted.push_back(now);
        }
        let oldest = self.accepted.front().copied().unwrap_or(now) + window;
        let end = match kind {
            Kind::Fixed => self.window * window + phase,
            Kind::SlidingFromNow => now + window,
            Kind::SlidingFromOldest | Kind::Silent => oldest,
        };
        let comes_back = if kind == Kind::Fixed { end } else { oldest };
        let seconds = seconds(end);
        let reset = if self.server.rounded_down { seconds.floor() } else { seconds.ceil() };
        let left = limit - self.accepted.len();
        let date = if self.server.has_date {
            EPOCH + self::seconds(now).floor()
        } else {
            client_epoch + self::seconds(now)
        };
        let figures = match kind {
            Kind::Silent => Figures { date, ..Figures::default() },
            _ => Figures {
                limit: Some(number(limit)),
                remaining: Some(number(left)),
                reset: Some(EPOCH + reset),
                date,
            },
        };
        Answer { refused: full.then_some(comes_back - now), figures }
    }
}

const EPOCH: f64 = 1_700_000_000.0;

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
    let mut ledger = Ledger { server, accepted: VecDeque::new(), window: u64::MAX };
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
                let answer = ledger.ask(now, EPOCH + 9_999.0);
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

const MINUTE: Server = Server {
    kind: Kind::Fixed,
    limit: 600,
    window: 60 * SECOND,
    phase: 0,
    rounded_down: false,
    has_date: true,
};
/// The same, in a sixtieth of the time and with a tenth of the requests.
const BRIEF: Server = Server { limit: 60, window: SECOND, ..MINUTE };

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

/// Windows that begin between two seconds, and whose end is announced too early.
const EARLY: Server = Server { phase: 400 * MILLISECOND, rounded_down: true, ..MINUTE };
const LATE: Server = Server { phase: 400 * MILLISECOND, ..MINUTE };
const SLIDING: Server = Server { kind: Kind::SlidingFromNow, ..MINUTE };
const OLDEST: Server = Server { kind: Kind::SlidingFromOldest, ..MINUTE };
const LARGE: Server = Server { limit: 1800, ..MINUTE };

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
