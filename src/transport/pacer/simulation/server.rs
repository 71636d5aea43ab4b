//! Servers that count requests in different ways.

use std::collections::VecDeque;

use super::super::pace::Figures;
use super::{number, seconds};

pub(super) const MILLISECOND: u64 = 1_000;
pub(super) const SECOND: u64 = 1_000 * MILLISECOND;

/// Where the server's clock begins.
const EPOCH: f64 = 1_700_000_000.0;
/// Where a client's wrong clock begins.
const CLIENT_EPOCH: f64 = EPOCH + 9_999.0;

pub(super) const MINUTE: Server = Server {
    kind: Kind::Fixed,
    limit: 600,
    window: 60 * SECOND,
    phase: 0,
    rounded_down: false,
    has_date: true,
};
/// The same, in a sixtieth of the time and with a tenth of the requests.
pub(super) const BRIEF: Server = Server { limit: 60, window: SECOND, ..MINUTE };

/// Windows that begin between two seconds, and whose end is announced too early.
pub(super) const EARLY: Server = Server { phase: 400 * MILLISECOND, rounded_down: true, ..MINUTE };
pub(super) const LATE: Server = Server { phase: 400 * MILLISECOND, ..MINUTE };
pub(super) const SLIDING: Server = Server { kind: Kind::SlidingFromNow, ..MINUTE };
pub(super) const OLDEST: Server = Server { kind: Kind::SlidingFromOldest, ..MINUTE };
pub(super) const LARGE: Server = Server { limit: 1800, ..MINUTE };

/// How a server counts. All times are microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
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
pub(super) struct Server {
    pub(super) kind: Kind,
    pub(super) limit: usize,
    pub(super) window: u64,
    /// How much later than the full second a fixed window begins.
    pub(super) phase: u64,
    /// Whether the end is announced in whole seconds, rounded down.
    pub(super) rounded_down: bool,
    pub(super) has_date: bool,
}

pub(super) struct Ledger {
    server: Server,
    accepted: VecDeque<u64>,
    /// Number of the fixed window that it is.
    window: u64,
}

pub(super) struct Answer {
    pub(super) refused: Option<u64>,
    pub(super) figures: Figures,
}

impl Ledger {
    pub(super) fn new(server: Server) -> Self {
        Self { server, accepted: VecDeque::new(), window: u64::MAX }
    }

    pub(super) fn ask(&mut self, now: u64) -> Answer {
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
        let end_seconds = seconds(end);
        let reset = if self.server.rounded_down { end_seconds.floor() } else { end_seconds.ceil() };
        let left = limit - self.accepted.len();
        let date = if self.server.has_date {
            EPOCH + seconds(now).floor()
        } else {
            CLIENT_EPOCH + seconds(now)
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
