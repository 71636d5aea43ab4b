//! The decision when the next request may be sent, given what responses report about the rate
//! limit.
//!
//! Nothing is delayed before the first report, while more than half of the limit remains, or once
//! reports stop coming. Below that, the remaining requests are spread evenly over the rest of the
//! window, so that they last to its end even if other programs use the same key: each sees the
//! other's requests in its reports and slows down, and neither exceeds the limit. While others use
//! the key, all of the window is spread, so that nobody starves.
//!
//! The kind of window is unknown. A fixed window restores the limit all at once, at its end; a
//! sliding one and a token bucket restore it gradually, and show it by an end that moves or passes
//! without effect. What is restored within a window is measured and may be spent on top. Programs
//! that share a gradual limit claim only a part of what they measure, and have to earn the rest from
//! what remains, which all of them see: so their shares become equal.

use std::time::Duration;

use crate::defaults::{
    BURST_RESERVE, GRADUAL_PAUSE, GRADUAL_RESERVE, GRADUAL_SPREAD, MAX_OTHERS, MAX_WINDOW,
    MEASURED_WINDOW, OTHERS_MEMORY, PROBE_AFTER, REFILL_CLAIM, REFILL_MEMORY, SHARED_FROM,
    SHARED_PARTS, SHARED_RESERVE, SPREAD_BELOW, UNKNOWN_END_PAUSE,
};

/// The rate limit as one response reports it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RateLimitSnapshot {
    pub(crate) limit: Option<f64>,
    pub(crate) remaining: Option<f64>,
    /// End of the window, in seconds on the server's clock.
    pub(crate) reset: Option<f64>,
    /// The server's time when it responded, in whole seconds; the client's if unknown.
    pub(crate) date: f64,
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decision {
    /// Send it, under this number.
    Send(u64),
    /// Decide again after this time.
    Wait(Duration),
}

/// The state of the rate limit. Times are in seconds on the client's monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    window: Option<Window>,
    /// Requests permitted so far.
    sent: u64,
    /// Time of the last permit.
    last: f64,
    /// Nothing may be sent before this time.
    closed_until: f64,
    /// The server's clock minus the client's.
    offset: Option<f64>,
    /// How much later than announced windows end, as observed.
    lateness: f64,
    /// Requests of other programs with the same key for each of this client's, as observed.
    others: f64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: f64,
    remaining: f64,
    /// When this was reported.
    at: f64,
    /// Number of the request whose response reported this.
    seen: u64,
    end: f64,
    /// Whether the end was announced, and plausible.
    has_end: bool,
    /// Whether requests are restored gradually: the announced end moves, or passes without effect.
    gradual: bool,
    /// The longest announced time to an end.
    length: f64,
    /// Requests restored per second before the end.
    refill: f64,
    anchor: Anchor,
}

/// An earlier report, to compare later ones with.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: f64,
    end: f64,
    remaining: f64,
    seen: u64,
}

impl Schedule {
    /// Decides whether a request may be sent now.
    pub(crate) fn decide(&mut self, now: Duration) -> Decision {
        let now = now.as_secs_f64();
        let wait = self.wait(now);
        if wait > 0.0 {
            return Decision::Wait(Duration::try_from_secs_f64(wait).unwrap_or(MAX_WINDOW));
        }
        self.last = now;
        self.sent += 1;
        Decision::Send(self.sent)
    }

    /// Permits a request that cannot wait, if none has been sent for a while and no 429 forbids it.
    pub(crate) fn probe(&mut self, now: Duration) -> Option<u64> {
        let now = now.as_secs_f64();
        let due = now >= self.closed_until && now - self.last >= PROBE_AFTER.as_secs_f64();
        due.then(|| {
            self.last = now;
            self.sent += 1;
            self.sent
        })
    }

    fn wait(&self, now: f64) -> f64 {
        if now < self.closed_until {
            return self.closed_until - now;
        }
        let Some(window) = &self.window else { return 0.0 };
        let since = now - self.last;
        // A little is measured even without others, where a window slides.
        let others = if self.others < SHARED_FROM { 0.0 } else { self.others };
        let left = window.end - now;
        if left <= 0.0 && !window.gradual {
            // A new window, of which nothing is known before its first report.
            return parts(others) / window.sustained() - since;
        }
        // Requests sent after the response was written are not in its report, nor are those of others.
        let unseen = self.sent.saturating_sub(window.seen);
        let available = window.remaining - unseen as f64 * (1.0 + others);
        // A burst would take what others have as much right to.
        if available > SPREAD_BELOW * window.limit && others == 0.0 {
            return 0.0;
        }
        let rate = window.rate(available, left, others);
        let pause = if rate > 0.0 { 1.0 / rate } else { f64::INFINITY };
        if window.gradual {
            pause.min(GRADUAL_PAUSE * window.length) - since
        } else if window.has_end {
            (pause - since).min(left)
        } else {
            pause.min(UNKNOWN_END_PAUSE.as_secs_f64()) - since
        }
    }

    /// Records the report of a response.
    pub(crate) fn observe(&mut self, now: Duration, number: u64, snapshot: &RateLimitSnapshot) {
        let now = now.as_secs_f64();
        let Some(remaining) = snapshot.remaining else {
            if self.window.is_some_and(|window| window.end <= now) {
                self.window = None;
            }
            return;
        };
        let left = self.left(now, snapshot);
        let before = self.window;
        let limit = snapshot.limit.or(before.map(|window| window.limit)).unwrap_or(remaining);
        let limit = limit.max(remaining).max(1.0);
        let announced = before.filter(|window| window.has_end && window.end > now);
        let left = left.or_else(|| Some(announced?.end - now));
        let length = before.map_or(0.0, |window| window.length).max(left.unwrap_or_default());
        let length = if length > 0.0 { length } else { MAX_WINDOW.as_secs_f64() };
        let gradual = before.is_some_and(|window| window.is_gradual(now, remaining, left));
        let end = now + left.filter(|_| !gradual).unwrap_or(length);
        if let Some(window) = &mut self.window
            && number < window.seen
            && now < window.end
        {
            // Responses overtake each other; the lower count is the later one.
            window.remaining = window.remaining.min(remaining);
            return;
        }
        if let Some(window) = &before
            && now < window.end
            && number > window.seen
        {
            let own = number.saturating_sub(window.seen) as f64;
            let restored = window.refill * (now - window.at);
            let others = (window.remaining - remaining + restored - own) / own;
            let others = others.clamp(-MAX_OTHERS, MAX_OTHERS);
            self.others = (self.others + (others - self.others) / OTHERS_MEMORY).max(0.0);
        }
        let here = Anchor { at: now, end, remaining, seen: number };
        let (anchor, refill) = match before {
            None => (here, 0.0),
            Some(window) => window.measure(here),
        };
        self.window = Some(Window {
            limit,
            remaining,
            at: now,
            seen: number,
            end,
            has_end: left.is_some(),
            gradual,
            length,
            refill,
            anchor,
        });
    }

    /// Records a 429: nothing is sent for as long as the server asks, if that is a plausible window. Where
    /// no window ends, its length is the longest time ever announced, which was too short.
    pub(crate) fn reject(&mut self, now: Duration, wait: Duration) {
        let wait = if wait <= MAX_WINDOW { wait } else { UNKNOWN_END_PAUSE };
        let end = now.as_secs_f64() + wait.as_secs_f64();
        self.closed_until = self.closed_until.max(end);
        if let Some(window) = self.window.as_mut().filter(|window| window.gradual) {
            window.length = (1.5 * window.length).min(MAX_WINDOW.as_secs_f64());
        }
    }

    /// Returns the time to the end of the window, if it is known and plausible.
    fn left(&mut self, now: f64, snapshot: &RateLimitSnapshot) -> Option<f64> {
        // Dates are whole seconds and slightly old on arrival, so the largest difference is closest
        // to the truth, unless a clock was adjusted.
        let difference = snapshot.date - now;
        let known = self.offset.filter(|known| (known - difference).abs() < 5.0);
        let offset = known.map_or(difference, |known| known.max(difference));
        self.offset = Some(offset);
        let mut left = snapshot.reset? - (now + offset) + self.lateness;
        if left <= 0.0 && left > -1.0 && self.lateness == 0.0 && self.has_long_windows() {
            // An end that has passed without effect was rounded down.
            self.lateness = 1.0;
            left += self.lateness;
        }
        (left > 0.0 && left <= MAX_WINDOW.as_secs_f64()).then_some(left)
    }

    /// Returns true if a second more or less hardly matters.
    fn has_long_windows(&self) -> bool {
        self.window.is_some_and(|window| window.length >= 5.0)
    }
}

impl Window {
    /// Returns the requests per second that the limit allows in the long run.
    fn sustained(&self) -> f64 {
        self.limit / self.length
    }

    /// Returns true if a report shows that the limit is restored gradually.
    fn is_gradual(&self, now: f64, remaining: f64, left: Option<f64>) -> bool {
        let half = self.limit / 2.0;
        if remaining > self.remaining + half {
            return false;
        }
        let Some(left) = left.filter(|_| self.has_end) else { return self.gradual };
        // Ends are announced in whole seconds.
        let moved = now < self.end && now + left > self.end + 1.5;
        let since = now - self.end;
        let passed = since > 0.0 && since < MEASURED_WINDOW * self.length && remaining < half;
        self.gradual || moved || passed
    }

    /// Returns the requests per second with which the available ones last to the end.
    fn rate(&self, available: f64, left: f64, others: f64) -> f64 {
        let share = |least: f64, part: f64| (part * self.limit).max(least).min(0.1 * self.limit);
        let parts = parts(others);
        let reserve = share(2.0, BURST_RESERVE);
        let hold = match (self.gradual, others > 0.0) {
            (true, true) => GRADUAL_RESERVE * self.limit,
            _ => share(1.0 + others, SHARED_RESERVE),
        };
        let left = if self.gradual { GRADUAL_SPREAD * self.length } else { left };
        let claim = if others > 0.0 { REFILL_CLAIM } else { 1.0 };
        let even = (available - hold).max(0.0) / left + claim * self.refill;
        // Where the end is always near, or misjudged, the last few must not go out in one burst.
        let careful = self.sustained() * available.max(0.0) / (reserve * parts);
        even.min(careful)
    }

    /// Measures what was restored since the anchor; returns the next anchor and the refill rate.
    fn measure(&self, here: Anchor) -> (Anchor, f64) {
        let since = self.anchor;
        if here.at >= since.end {
            return (here, self.refill);
        }
        let seconds = here.at - since.at;
        if seconds < MEASURED_WINDOW * self.length {
            return (since, self.refill);
        }
        let spent = here.seen.saturating_sub(since.seen) as f64;
        let restored = (here.remaining - since.remaining + spent) / seconds;
        let memory = if self.gradual { REFILL_MEMORY } else { 2.0 };
        let refill = self.refill + (restored.clamp(0.0, self.sustained()) - self.refill) / memory;
        (here, refill)
    }
}

/// Returns by how much a rate is divided. Programs that share a key measure different numbers of
/// requests of others; if each made room accordingly, the one with fewest would have ever fewer.
fn parts(others: f64) -> f64 {
    if others > 0.0 { SHARED_PARTS } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const EPOCH: f64 = 1_700_000_000.0;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Records a response at this second, with `remaining` of 600 left until the full minute.
    fn report(schedule: &mut Schedule, second: f64, number: u64, remaining: f64) {
        let (limit, reset) = (Some(600.0), Some(EPOCH + 60.0));
        let remaining = Some(remaining);
        let snapshot = RateLimitSnapshot { limit, remaining, reset, date: EPOCH + second.floor() };
        schedule.observe(at(second), number, &snapshot);
    }

    fn wait(schedule: &mut Schedule, second: f64) -> f64 {
        match schedule.decide(at(second)) {
            Decision::Send(_) => 0.0,
            Decision::Wait(wait) => wait.as_secs_f64(),
        }
    }

    #[test]
    fn a_short_burst_is_not_delayed_and_a_long_one_is_spread() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.decide(at(0.0)), Decision::Send(1));
        report(&mut schedule, 0.0, 1, 599.0);
        let free = (0..1000).take_while(|_| wait(&mut schedule, 0.0) == 0.0).count();
        assert_eq!(free, 299);
        // 300 requests in 60 s, less the reserve for others.
        assert!((0.19..0.22).contains(&wait(&mut schedule, 0.0)));
    }

    #[test]
    fn the_last_requests_are_left_to_others_until_the_window_ends() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.decide(at(10.0)), Decision::Send(1));
        report(&mut schedule, 10.0, 1, 6.0);
        assert_eq!(wait(&mut schedule, 10.0), 50.0);
        assert_eq!(wait(&mut schedule, 60.0), 0.0);
        assert!((0.0..0.2).contains(&wait(&mut schedule, 60.0)));
    }

    #[test]
    fn responses_may_arrive_out_of_order() {
        let mut schedule = Schedule::default();
        schedule.decide(at(0.0));
        schedule.decide(at(0.0));
        report(&mut schedule, 0.0, 2, 5.0);
        report(&mut schedule, 0.0, 1, 500.0);
        assert!(wait(&mut schedule, 0.0) > 50.0);
    }

    #[test]
    fn no_wait_is_longer_than_a_window() {
        let mut schedule = Schedule::default();
        schedule.reject(at(0.0), MAX_WINDOW);
        assert_eq!(wait(&mut schedule, 0.0), MAX_WINDOW.as_secs_f64());
        let mut schedule = Schedule::default();
        schedule.reject(at(0.0), Duration::MAX);
        assert_eq!(wait(&mut schedule, 0.0), UNKNOWN_END_PAUSE.as_secs_f64());
        let mut schedule = Schedule::default();
        schedule.decide(at(0.0));
        let reset = Some(EPOCH + 86_400.0);
        let snapshot =
            RateLimitSnapshot { limit: Some(600.0), remaining: Some(0.0), reset, date: EPOCH };
        schedule.observe(at(0.0), 1, &snapshot);
        assert_eq!(wait(&mut schedule, 0.0), UNKNOWN_END_PAUSE.as_secs_f64());
    }

    #[test]
    fn without_a_plausible_end_an_exhausted_limit_slows_requests_to_one_a_second() {
        for limit in [None, Some(600.0)] {
            for reset in [None, Some(30.0), Some(EPOCH - 60.0), Some(EPOCH + 86_400.0)] {
                let mut schedule = Schedule::default();
                let remaining = Some(0.0);
                let snapshot = RateLimitSnapshot { limit, remaining, reset, date: EPOCH };
                let mut now = 0.0;
                for number in 1..=20 {
                    let pause = wait(&mut schedule, now);
                    assert!(number == 1 || (0.0..=1.0).contains(&pause), "{snapshot:?}: {pause}");
                    now += pause;
                    assert_eq!(wait(&mut schedule, now), 0.0);
                    let snapshot = RateLimitSnapshot { date: EPOCH + now.floor(), ..snapshot };
                    schedule.observe(at(now), number, &snapshot);
                }
            }
        }
    }

    #[test]
    fn a_call_that_cannot_wait_is_a_probe_unless_a_429_forbids_it() {
        let mut schedule = Schedule::default();
        schedule.decide(at(0.0));
        report(&mut schedule, 0.0, 1, 0.0);
        assert_eq!(schedule.probe(at(9.0)), None);
        assert_eq!(schedule.probe(at(10.0)), Some(2));
        assert_eq!(schedule.probe(at(19.0)), None);
        schedule.reject(at(19.0), Duration::from_secs(30));
        assert_eq!(schedule.probe(at(40.0)), None);
        assert_eq!(schedule.probe(at(49.0)), Some(3));
    }

    #[test]
    fn no_report_stops_requests_for_good() {
        let counts = [None, Some(0.0), Some(1.0), Some(600.0), Some(1e18)];
        let resets = [None, Some(0.0), Some(EPOCH), Some(EPOCH + 30.0), Some(1e15)];
        for (limit, remaining) in counts.iter().flat_map(|l| counts.map(|r| (*l, r))) {
            for (reset, date) in resets.iter().flat_map(|r| [0.0, EPOCH, 1e12].map(|d| (*r, d))) {
                let mut schedule = Schedule::default();
                let snapshot = RateLimitSnapshot { limit, remaining, reset, date };
                let mut now = 0.0;
                for number in 1..=20 {
                    let mut waited = 0.0;
                    while let Decision::Wait(wait) = schedule.decide(at(now)) {
                        now += wait.as_secs_f64() + 0.001;
                        waited += wait.as_secs_f64();
                    }
                    assert!(waited <= 2.0 * MAX_WINDOW.as_secs_f64(), "{snapshot:?}: {waited}");
                    schedule.observe(at(now), number, &snapshot);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_reports_stops_requests_for_good(
            reports in vec((0_u32..3, 0.0..700.0, -10.0..100.0, 0.0..90.0), 1..40),
        ) {
            let mut schedule = Schedule::default();
            let mut now = 0.0;
            for (number, (kind, remaining, reset, asked)) in (1..).zip(reports) {
                let start = now;
                while let Decision::Wait(wait) = schedule.decide(at(now)) {
                    now += wait.as_secs_f64() + 0.001;
                }
                prop_assert!(now - start <= 2.0 * MAX_WINDOW.as_secs_f64(), "{}", now - start);
                let snapshot = RateLimitSnapshot {
                    limit: (kind > 0).then_some(600.0),
                    remaining: Some(remaining),
                    reset: (kind > 1).then_some(EPOCH + now + reset),
                    date: EPOCH + now.floor(),
                };
                schedule.observe(at(now), number, &snapshot);
                if asked > 80.0 {
                    schedule.reject(at(now), Duration::from_secs_f64(asked));
                }
            }
        }
    }

    #[test]
    fn reports_that_stop_coming_are_forgotten() {
        let mut schedule = Schedule::default();
        schedule.decide(at(0.0));
        report(&mut schedule, 0.0, 1, 0.0);
        assert_eq!(schedule.decide(at(61.0)), Decision::Send(2));
        schedule.observe(at(61.0), 2, &RateLimitSnapshot::default());
        assert!((0..1000).all(|_| wait(&mut schedule, 61.0) == 0.0));
    }
}
