//! When the next request may leave, given what the answers said of the rate limit.
//!
//! Nothing is held back before the first figures, while more than half of the allowance is left, or
//! when the figures stop coming. Below that, what is left is spread evenly over the rest of the
//! window, so that it lasts to the end whoever else spends from it: if two programs do this, each
//! sees the other's spending in the figures and slows down, and neither meets a refusal.
//!
//! The kind of window is not known. In a fixed one the allowance comes back all at once, at its end;
//! in a sliding one, bit by bit. What comes back in between is measured, and may be spent on top.

use std::time::Duration;

use crate::defaults::{MAX_WINDOW, PACED_BELOW, PACER_HOLD, PACER_RESERVE};

/// What one answer said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) limit: Option<f64>,
    pub(crate) remaining: Option<f64>,
    /// End of the window, in seconds of the server's clock.
    pub(crate) reset: Option<f64>,
    /// The server's clock as the answer left, in whole seconds; the client's if that is not known.
    pub(crate) date: f64,
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// Send it, under this number.
    Go(u64),
    /// Ask again after this time.
    Wait(Duration),
}

/// All that is known of the limit. Times are seconds of the client's own steady clock.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    window: Option<Window>,
    /// Requests let go.
    sent: u64,
    /// When the last one was.
    last: f64,
    /// Nothing may leave before.
    closed_until: f64,
    /// The server's clock minus ours.
    offset: Option<f64>,
    /// How much later than announced a window ends, as far as answers have shown.
    lateness: f64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: f64,
    remaining: f64,
    /// Number of the request whose answer these figures are from.
    seen: u64,
    end: f64,
    /// The longest time to an end that was announced.
    length: f64,
    /// What comes back each second before the end.
    refill: f64,
    anchor: Anchor,
}

/// Figures that later ones are compared with.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: f64,
    end: f64,
    remaining: f64,
    seen: u64,
}

impl Pace {
    /// Whether a request may leave now.
    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let now = now.as_secs_f64();
        let wait = self.wait(now);
        if wait > 0.0 {
            return Step::Wait(Duration::try_from_secs_f64(wait).unwrap_or(MAX_WINDOW));
        }
        self.last = now;
        self.sent += 1;
        Step::Go(self.sent)
    }

    fn wait(&self, now: f64) -> f64 {
        if now < self.closed_until {
            return self.closed_until - now;
        }
        let Some(window) = &self.window else { return 0.0 };
        let since = now - self.last;
        let left = window.end - now;
        if left <= 0.0 {
            // A new window, of which nothing is known before its first answer.
            return 1.0 / window.sustained() - since;
        }
        // What left after the answer was written is not in its figures.
        let unseen = self.sent.saturating_sub(window.seen);
        #[expect(clippy::cast_precision_loss, reason = "requests are few")]
        let available = window.remaining - unseen as f64;
        if available > PACED_BELOW * window.limit {
            return 0.0;
        }
        let rate = window.rate(available, left);
        if rate > 0.0 { (1.0 / rate - since).min(left) } else { left }
    }

    /// Takes in what an answer said of the limit.
    pub(crate) fn observe(&mut self, now: Duration, number: u64, figures: &Figures) {
        let now = now.as_secs_f64();
        let Some(remaining) = figures.remaining else {
            if self.window.is_some_and(|window| window.end <= now) {
                self.window = None;
            }
            return;
        };
        let left = self.left(now, figures);
        let before = self.window;
        let limit = figures.limit.or(before.map(|window| window.limit)).unwrap_or(remaining);
        let limit = limit.max(remaining).max(1.0);
        let length = before.map_or(0.0, |window| window.length).max(left.unwrap_or_default());
        let length = if length > 0.0 { length } else { MAX_WINDOW.as_secs_f64() };
        let end = now + left.unwrap_or(length);
        if let Some(window) = &mut self.window
            && number < window.seen
            && now < window.end
        {
            // Answers overtake each other; the lower figure is the later one.
            window.remaining = window.remaining.min(remaining);
            return;
        }
        let here = Anchor { at: now, end, remaining, seen: number };
        let (anchor, refill) = match before {
            None => (here, 0.0),
            Some(window) => window.measure(here),
        };
        self.window = Some(Window { limit, remaining, seen: number, end, length, refill, anchor });
    }

    /// Takes in that the limit was reached: nothing leaves for as long as the server asks, or one
    /// window at most.
    pub(crate) fn refuse(&mut self, now: Duration, wait: Duration) {
        let end = now.as_secs_f64() + wait.min(MAX_WINDOW).as_secs_f64();
        self.closed_until = self.closed_until.max(end);
    }

    /// Time to the end of the window, if that is known and makes sense.
    fn left(&mut self, now: f64, figures: &Figures) -> Option<f64> {
        // Dates have whole seconds and are a little old when they arrive, so the largest difference
        // is nearest the truth, unless the clock was set.
        let difference = figures.date - now;
        let known = self.offset.filter(|known| (known - difference).abs() < 5.0);
        let offset = known.map_or(difference, |known| known.max(difference));
        self.offset = Some(offset);
        let mut left = figures.reset? - (now + offset) + self.lateness;
        if left <= 0.0 && left > -1.0 && self.lateness == 0.0 && self.has_long_windows() {
            // An end that is past but not in force was rounded down.
            self.lateness = 1.0;
            left += self.lateness;
        }
        (left > 0.0 && left <= MAX_WINDOW.as_secs_f64()).then_some(left)
    }

    /// Whether a second more or less is of little weight.
    fn has_long_windows(&self) -> bool {
        self.window.is_some_and(|window| window.length > 10.0)
    }
}

impl Window {
    /// Requests each second that the limit allows in the long run.
    fn sustained(&self) -> f64 {
        self.limit / self.length
    }

    /// Requests each second, so that what is available lasts.
    fn rate(&self, available: f64, left: f64) -> f64 {
        let share = |least: f64, part: f64| (part * self.limit).max(least).min(0.1 * self.limit);
        let hold = share(1.0, PACER_HOLD);
        let reserve = share(2.0, PACER_RESERVE);
        let even = (available - hold).max(0.0) / left + self.refill;
        // Where the end is always near, or was misjudged, the last few are not for one burst.
        let careful = self.sustained() * available.max(0.0) / reserve;
        even.min(careful)
    }

    /// Learns what has come back since the anchor; returns the anchor to go on with.
    fn measure(&self, here: Anchor) -> (Anchor, f64) {
        let since = self.anchor;
        if here.at >= since.end {
            return (here, self.refill);
        }
        let seconds = here.at - since.at;
        if seconds < self.length / 8.0 {
            return (since, self.refill);
        }
        #[expect(clippy::cast_precision_loss, reason = "requests are few")]
        let spent = here.seen.saturating_sub(since.seen) as f64;
        let came_back = (here.remaining - since.remaining + spent) / seconds;
        let refill = (self.refill + came_back.clamp(0.0, self.sustained())) / 2.0;
        (here, refill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: f64 = 1_700_000_000.0;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// An answer at this second, with so much left of 600 until the full minute.
    fn answer(pace: &mut Pace, second: f64, number: u64, remaining: f64) {
        let (limit, reset) = (Some(600.0), Some(EPOCH + 60.0));
        let remaining = Some(remaining);
        let figures = Figures { limit, remaining, reset, date: EPOCH + second.floor() };
        pace.observe(at(second), number, &figures);
    }

    fn wait(pace: &mut Pace, second: f64) -> f64 {
        match pace.step(at(second)) {
            Step::Go(_) => 0.0,
            Step::Wait(wait) => wait.as_secs_f64(),
        }
    }

    #[test]
    fn a_short_burst_runs_free_and_a_long_one_is_spread() {
        let mut pace = Pace::default();
        assert_eq!(pace.step(at(0.0)), Step::Go(1));
        answer(&mut pace, 0.0, 1, 599.0);
        let free = (0..1000).take_while(|_| wait(&mut pace, 0.0) == 0.0).count();
        assert_eq!(free, 299);
        // 300 requests in 60 s, less the few that are left to others.
        assert!((0.19..0.22).contains(&wait(&mut pace, 0.0)));
    }

    #[test]
    fn the_last_requests_are_left_to_others_until_the_window_ends() {
        let mut pace = Pace::default();
        assert_eq!(pace.step(at(10.0)), Step::Go(1));
        answer(&mut pace, 10.0, 1, 6.0);
        assert_eq!(wait(&mut pace, 10.0), 50.0);
        assert_eq!(wait(&mut pace, 60.0), 0.0);
        assert!((0.0..0.2).contains(&wait(&mut pace, 60.0)));
    }

    #[test]
    fn answers_may_overtake_each_other() {
        let mut pace = Pace::default();
        pace.step(at(0.0));
        pace.step(at(0.0));
        answer(&mut pace, 0.0, 2, 5.0);
        answer(&mut pace, 0.0, 1, 500.0);
        assert!(wait(&mut pace, 0.0) > 50.0);
    }

    #[test]
    fn no_wait_is_longer_than_a_window() {
        let mut pace = Pace::default();
        pace.refuse(at(0.0), Duration::MAX);
        assert_eq!(wait(&mut pace, 0.0), MAX_WINDOW.as_secs_f64());
        let mut pace = Pace::default();
        pace.step(at(0.0));
        let reset = Some(EPOCH + 86_400.0);
        let figures = Figures { limit: Some(600.0), remaining: Some(0.0), reset, date: EPOCH };
        pace.observe(at(0.0), 1, &figures);
        assert_eq!(wait(&mut pace, 0.0), MAX_WINDOW.as_secs_f64());
    }

    #[test]
    fn whatever_the_figures_requests_go_on_leaving() {
        let counts = [None, Some(0.0), Some(1.0), Some(600.0), Some(1e18)];
        let resets = [None, Some(0.0), Some(EPOCH), Some(EPOCH + 30.0), Some(1e15)];
        for (limit, remaining) in counts.iter().flat_map(|l| counts.map(|r| (*l, r))) {
            for (reset, date) in resets.iter().flat_map(|r| [0.0, EPOCH, 1e12].map(|d| (*r, d))) {
                let mut pace = Pace::default();
                let figures = Figures { limit, remaining, reset, date };
                let mut now = 0.0;
                for number in 1..=20 {
                    let mut waited = 0.0;
                    while let Step::Wait(wait) = pace.step(at(now)) {
                        now += wait.as_secs_f64() + 0.001;
                        waited += wait.as_secs_f64();
                    }
                    assert!(waited <= 2.0 * MAX_WINDOW.as_secs_f64(), "{figures:?}: {waited}");
                    pace.observe(at(now), number, &figures);
                }
            }
        }
    }

    #[test]
    fn figures_that_stop_coming_are_forgotten() {
        let mut pace = Pace::default();
        pace.step(at(0.0));
        answer(&mut pace, 0.0, 1, 0.0);
        assert_eq!(pace.step(at(61.0)), Step::Go(2));
        pace.observe(at(61.0), 2, &Figures::default());
        assert!((0..1000).all(|_| wait(&mut pace, 61.0) == 0.0));
    }
}
