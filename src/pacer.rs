//! The pacer that the clones of a client share.

mod pace;
#[cfg(test)]
mod simulation;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

use self::pace::{Figures, Pace, Step};
use crate::RateLimit;
use crate::clock::{Clock, Deadline};
use crate::defaults::PACER_RECHECK;
use crate::retry_after;

/// Holds requests back so that the rate limit is used to the full and not reached.
pub(crate) struct Pacer {
    pace: Mutex<Pace>,
    /// Held by the one request that waits for its moment; the others queue up behind it.
    turn: tokio::sync::Mutex<()>,
}

/// Number of a request, by which its answer is put in order with the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Pacer {
    pub(crate) fn new() -> Self {
        Self { pace: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Waits for the moment to send; `None`, without much delay, if that would be too late.
    /// `held` is told of the wait, if there is one.
    pub(crate) async fn admit(
        &self,
        clock: &dyn Clock,
        patience: Duration,
        held: impl FnOnce(Duration),
    ) -> Option<Ticket> {
        let end = clock.elapsed().saturating_add(patience);
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => Deadline::after(clock, patience).bound(self.turn.lock()).await?,
        };
        let mut held = Some(held);
        loop {
            let now = clock.elapsed();
            let step = self.pace().step(now);
            let wait = match step {
                Step::Go(number) => return Some(Ticket(number)),
                Step::Wait(wait) => wait,
            };
            if wait >= end.saturating_sub(now) {
                return None;
            }
            if let Some(held) = held.take() {
                held(wait);
            }
            clock.sleep(wait.min(PACER_RECHECK)).await;
        }
    }

    /// Takes in what an answer says of the limit.
    pub(crate) fn observe(&self, clock: &dyn Clock, ticket: Ticket, headers: &HeaderMap) {
        let figures = figures(headers, clock.wall());
        self.pace().observe(clock.elapsed(), ticket.0, &figures);
    }

    /// Takes in that the limit was reached, and how long the server asks to wait.
    pub(crate) fn refused(&self, clock: &dyn Clock, wait: Option<Duration>) {
        self.pace().refuse(clock.elapsed(), wait.unwrap_or_default());
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn figures(headers: &HeaderMap, now: SystemTime) -> Figures {
    let Some(limit) = RateLimit::from_headers(headers) else { return Figures::default() };
    let date = retry_after::server_time(headers).unwrap_or(now);
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Figures {
        limit: limit.limit.map(number),
        remaining: limit.remaining.map(number),
        #[expect(clippy::cast_precision_loss, reason = "dates are far below 2^52 seconds")]
        reset: limit.reset.map(|reset| reset.unix_seconds() as f64),
        date: since_epoch.as_secs_f64(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52 requests")]
fn number(count: u64) -> f64 {
    count as f64
}
