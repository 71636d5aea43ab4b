//! Simulations of the limiter against servers with different windows, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::schedule::{Decision, RateLimitSnapshot, Schedule};

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// An idle worker of this client asks to send.
    Ask(usize),
    /// A request reaches the server: client, number.
    Arrive(usize, u64),
    /// A response reaches the client.
    Answered(usize, u64, usize),
}

struct Client {
    schedule: Schedule,
    /// Workers waiting for their turn.
    idle: usize,
    asking: bool,
}

/// Times at which requests were accepted and rejected.
#[derive(Default)]
struct Log {
    accepted: Vec<u64>,
    refused: Vec<u64>,
    /// Clients of the accepted requests.
    served: Vec<usize>,
}

/// Runs bulk readers that send as fast as permitted: `workers` concurrent requests from each client,
/// with a round trip of `latency`.
fn run(server: Server, clients: usize, workers: usize, latency: u64, until: u64) -> Log {
    let mut server_state = ServerState::new(server);
    let new = |_| Client { schedule: Schedule::default(), idle: workers, asking: false };
    let mut clients: Vec<Client> = (0..clients).map(new).collect();
    let mut answers: Vec<Report> = Vec::new();
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
                match client.schedule.decide(Duration::from_micros(now)) {
                    Decision::Send(number) => {
                        client.idle -= 1;
                        push(&mut events, now + latency / 2, Event::Arrive(index, number));
                        push(&mut events, now, Event::Ask(index));
                    }
                    Decision::Wait(wait) => {
                        // Timers are a little late.
                        let wait = u64::try_from(wait.as_micros()).unwrap().min(SECOND) + 500;
                        push(&mut events, now + wait, Event::Ask(index));
                    }
                }
            }
            Event::Arrive(index, number) => {
                let answer = server_state.ask(now);
                let refused = answer.refused.is_some();
                if refused {
                    log.refused.push(now);
                } else {
                    log.accepted.push(now);
                    log.served.push(index);
                }
                answers.push(answer);
                let at = now + latency / 2;
                push(&mut events, at, Event::Answered(index, number, answers.len() - 1));
            }
            Event::Answered(index, number, answer) => {
                let client = &mut clients[index];
                let steady = Duration::from_micros(now);
                let Report { refused, snapshot } = &answers[answer];
                if let Some(wait) = refused {
                    // `Retry-After` has whole seconds.
                    client.schedule.reject(steady, Duration::from_secs(wait.div_ceil(SECOND)));
                }
                client.schedule.observe(steady, number, snapshot);
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

/// Start of the first client, out of step with every window.
const START: u64 = 337 * MILLISECOND;

/// The result after the first windows, in which the limiter learns.
#[derive(Debug)]
struct Verdict {
    /// Accepted requests as a fraction of the limit.
    used: f64,
    refused: usize,
    /// Rejected requests as a fraction of all requests.
    refused_part: f64,
    /// Accepted requests of the client that had most, for each of the one that had least.
    unevenness: f64,
}

fn judge(server: Server, clients: usize, workers: usize, latency: u64) -> Verdict {
    const LEARNING: u64 = 2;
    const WINDOWS: u64 = 20;
    let (from, until) = (LEARNING * server.window, (LEARNING + WINDOWS) * server.window);
    let log = run(server, clients, workers, latency, until);
    let after = |times: &[u64]| times.iter().filter(|at| **at >= from).count();
    let (accepted, refused) = (after(&log.accepted), after(&log.refused));
    let allowed = server.limit * usize::try_from(WINDOWS).unwrap();
    let first = log.accepted.len() - accepted;
    let share = |client| log.served[first..].iter().filter(|served| **served == client).count();
    let shares: Vec<usize> = (0..clients).map(share).collect();
    let (most, least) = (shares.iter().max().unwrap(), shares.iter().min().unwrap());
    Verdict {
        unevenness: number(*most) / number(*least).max(0.5),
        used: number(accepted) / number(allowed),
        refused,
        refused_part: number(refused) / number(accepted + refused),
    }
}

/// Workers and latency: one reader nearby and far away, a few, and many.
const LOADS: [(usize, u64); 5] = [
    (1, MILLISECOND),
    (1, 50 * MILLISECOND),
    (8, 2 * MILLISECOND),
    (8, 50 * MILLISECOND),
    (50, 20 * MILLISECOND),
];

#[test]
fn a_bulk_reader_uses_the_limit_and_is_not_rejected() {
    for server in [MINUTE, EARLY, LATE, SLIDING, OLDEST, BUCKET, NEXT, LARGE, BRIEF] {
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
fn two_programs_can_share_a_key() {
    for server in [MINUTE, EARLY, LATE, SLIDING, OLDEST, LARGE] {
        for (workers, latency) in LOADS {
            let verdict = judge(server, 2, workers, latency);
            assert!(verdict.used >= 0.93, "{server:?} {workers} {latency}: {verdict:?}");
            assert!(verdict.refused_part < 0.01, "{server:?} {workers} {latency}: {verdict:?}");
        }
    }
    // More than a few requests in flight are a large part of sixty.
    for (workers, latency) in [(1, MILLISECOND), (8, 2 * MILLISECOND)] {
        let verdict = judge(BRIEF, 2, workers, latency);
        assert!(verdict.used >= 0.95 && verdict.refused_part < 0.01, "{verdict:?}");
    }
}

#[test]
fn five_programs_share_a_key_evenly() {
    let tenth = Server { limit: 100, window: 10 * SECOND, ..LATE };
    for server in [MINUTE, EARLY, LATE, LARGE, tenth, SLIDING, OLDEST, BUCKET] {
        for (workers, latency) in LOADS {
            let verdict = judge(server, 5, workers, latency);
            assert!(verdict.used >= 0.95, "{server:?} {workers} {latency}: {verdict:?}");
            assert!(verdict.unevenness < 2.0, "{server:?} {workers} {latency}: {verdict:?}");
            assert!(verdict.refused_part < 0.02, "{server:?} {workers} {latency}: {verdict:?}");
        }
    }
}

#[test]
fn three_programs_share_a_key_with_hardly_a_rejection() {
    for server in [MINUTE, EARLY, LATE, SLIDING, OLDEST, BUCKET, NEXT, LARGE] {
        for (workers, latency) in LOADS {
            let verdict = judge(server, 3, workers, latency);
            assert!(verdict.used >= 0.95, "{server:?} {workers} {latency}: {verdict:?}");
            assert!(verdict.refused_part < 0.01, "{server:?} {workers} {latency}: {verdict:?}");
        }
    }
}

#[test]
fn an_end_that_is_always_near_is_not_that_of_a_window() {
    for clients in [1, 2, 5, 8] {
        for (workers, latency) in LOADS {
            let verdict = judge(NEXT, clients, workers, latency);
            assert!(verdict.used >= 0.95, "{clients} {workers} {latency}: {verdict:?}");
            assert!(verdict.refused_part < 0.01, "{clients} {workers} {latency}: {verdict:?}");
        }
    }
}

#[test]
fn clock_skew_costs_speed_but_causes_no_rejections() {
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
fn without_reports_nothing_is_delayed() {
    let server = Server { kind: WindowKind::Silent, ..MINUTE };
    let log = run(server, 1, 4, 10 * MILLISECOND, 10 * SECOND);
    let requests = (10 * SECOND - START) / (10 * MILLISECOND) * 4;
    assert!(log.accepted.len() as u64 >= requests);
}

const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000 * MILLISECOND;

/// Start of the server's clock.
const EPOCH: f64 = 1_700_000_000.0;
/// Start of a client's skewed clock.
const CLIENT_EPOCH: f64 = EPOCH + 9_999.0;

const MINUTE: Server = Server {
    kind: WindowKind::Fixed,
    limit: 600,
    window: 60 * SECOND,
    phase: 0,
    rounded_down: false,
    has_date: true,
};
/// The same, in a sixtieth of the time and with a tenth of the requests.
const BRIEF: Server = Server { limit: 60, window: SECOND, ..MINUTE };

/// Windows that begin between two seconds and whose end is announced too early.
const EARLY: Server = Server { phase: 400 * MILLISECOND, rounded_down: true, ..MINUTE };
const LATE: Server = Server { phase: 400 * MILLISECOND, ..MINUTE };
const SLIDING: Server = Server { kind: WindowKind::SlidingFromNow, ..MINUTE };
const OLDEST: Server = Server { kind: WindowKind::SlidingFromOldest, ..MINUTE };
const BUCKET: Server = Server { kind: WindowKind::Bucket, ..MINUTE };
const NEXT: Server = Server { kind: WindowKind::BucketFromNext, ..MINUTE };
const LARGE: Server = Server { limit: 1800, ..MINUTE };

/// How a server counts requests. All times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum WindowKind {
    /// The limit is restored at once, at multiples of the window.
    Fixed,
    /// Each request is restored one window later; the announced end is one window away.
    SlidingFromNow,
    /// The same, but the announced end is when the oldest request is restored.
    SlidingFromOldest,
    /// Requests are restored one by one at an even rate; the announced end is when all are.
    Bucket,
    /// The same (GCRA), but the announced end is when the next one is restored.
    BucketFromNext,
    /// The limit is not reported.
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct Server {
    kind: WindowKind,
    limit: usize,
    window: u64,
    /// How much later than the full second a fixed window begins.
    phase: u64,
    /// Whether the end is announced in whole seconds, rounded down.
    rounded_down: bool,
    has_date: bool,
}

struct ServerState {
    server: Server,
    accepted: VecDeque<u64>,
    /// When a bucket is full again.
    full_at: u64,
    /// Number of the current fixed window.
    window: u64,
}

struct Report {
    refused: Option<u64>,
    snapshot: RateLimitSnapshot,
}

impl ServerState {
    fn new(server: Server) -> Self {
        Self { server, accepted: VecDeque::new(), full_at: 0, window: u64::MAX }
    }

    fn ask(&mut self, now: u64) -> Report {
        let Server { kind, limit, window, phase, .. } = self.server;
        if matches!(kind, WindowKind::Bucket | WindowKind::BucketFromNext) {
            return self.ask_bucket(now);
        }
        match kind {
            WindowKind::Fixed if (now + window - phase) / window != self.window => {
                self.window = (now + window - phase) / window;
                self.accepted.clear();
            }
            WindowKind::SlidingFromNow | WindowKind::SlidingFromOldest => {
                while self.accepted.front().is_some_and(|at| at + window <= now) {
                    self.accepted.pop_front();
                }
            }
            WindowKind::Fixed | WindowKind::Bucket | WindowKind::BucketFromNext => {}
            WindowKind::Silent => self.accepted.clear(),
        }
        let full = self.accepted.len() >= limit;
        if !full {
            self.accepted.push_back(now);
        }
        let oldest = self.accepted.front().copied().unwrap_or(now) + window;
        let end = match kind {
            WindowKind::Fixed => self.window * window + phase,
            WindowKind::SlidingFromNow => now + window,
            _ => oldest,
        };
        let comes_back = if kind == WindowKind::Fixed { end } else { oldest };
        let left = limit - self.accepted.len();
        self.report(now, left, end, full.then_some(comes_back - now))
    }

    fn ask_bucket(&mut self, now: u64) -> Report {
        let Server { kind, limit, window, .. } = self.server;
        let interval = window / limit as u64;
        let full_at = self.full_at.max(now) + interval;
        let refused = full_at.saturating_sub(now + window);
        if refused == 0 {
            self.full_at = full_at;
        }
        let missing = self.full_at.saturating_sub(now);
        let left = limit - usize::try_from(missing.div_ceil(interval)).unwrap();
        let next = now + missing % interval;
        let end = if kind == WindowKind::Bucket { self.full_at } else { next };
        self.report(now, left, end, (refused > 0).then_some(refused))
    }

    fn report(&self, now: u64, left: usize, end: u64, refused: Option<u64>) -> Report {
        let Server { kind, limit, .. } = self.server;
        let end_seconds = seconds(end);
        let reset = if self.server.rounded_down { end_seconds.floor() } else { end_seconds.ceil() };
        let date = if self.server.has_date {
            EPOCH + seconds(now).floor()
        } else {
            CLIENT_EPOCH + seconds(now)
        };
        let snapshot = match kind {
            WindowKind::Silent => RateLimitSnapshot { date, ..RateLimitSnapshot::default() },
            _ => RateLimitSnapshot {
                limit: Some(number(limit)),
                remaining: Some(number(left)),
                reset: Some(EPOCH + reset),
                date,
            },
        };
        Report { refused, snapshot }
    }
}
