//! How mail spreads over the days of a week and the hours of a day.

use fastrand::Rng;

use super::{DAY, HOUR};

/// How busy each hour of the day is, in UTC.
const HOURS: [u32; 24] =
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 13, 10, 13, 14, 13, 11, 8, 6, 5, 4, 3, 2, 1];

/// A source of chance for one day, apart from those of all others.
pub(super) fn random(seed: u64, day: i64) -> Rng {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    Rng::with_seed(seed.wrapping_add(day.unsigned_abs().wrapping_mul(GOLDEN)))
}

/// Days since Monday.
pub(super) fn weekday(day: i64) -> i64 {
    const FIRST: i64 = 3; // 1970-01-01 was a Thursday.
    (day + FIRST).rem_euclid(7)
}

/// How many messages a day has: about `usual` on working days, a third of it at weekends.
pub(super) fn volume(random: &mut Rng, day: i64, usual: u32) -> u64 {
    let usual = u64::from(if weekday(day) >= 5 { usual / 3 } else { usual });
    let chance = random.u64(80..=120);
    usual * chance / 100
}

/// That many moments of the day, in order.
pub(super) fn moments(random: &mut Rng, day: i64, count: u64) -> Vec<i64> {
    let mut moments: Vec<i64> =
        (0..count).map(|_| day * DAY + hour(random) * HOUR + random.i64(0..HOUR)).collect();
    moments.sort_unstable();
    moments
}

fn hour(random: &mut Rng) -> i64 {
    let mut rest = random.u32(0..HOURS.iter().sum());
    for (hour, weight) in (0..).zip(HOURS) {
        if rest < weight {
            return hour;
        }
        rest -= weight;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday.
    const DAY_NUMBER: i64 = 20_594;

    #[test]
    fn weekends_are_quiet() {
        assert_eq!(weekday(DAY_NUMBER), 3);
        let mut random = random(1, 0);
        let thursday = volume(&mut random, DAY_NUMBER, 300);
        let sunday = volume(&mut random, DAY_NUMBER + 3, 300);
        assert!(thursday >= 240 && sunday <= 120, "{thursday} {sunday}");
    }

    #[test]
    fn mornings_are_busier_than_nights() {
        let moments = moments(&mut random(1, 0), DAY_NUMBER, 2000);
        let within = |hours: std::ops::Range<i64>| {
            moments.iter().filter(|at| hours.contains(&(at.rem_euclid(DAY) / HOUR))).count()
        };
        assert!(within(8..12) > 5 * within(0..4));
        assert!(moments.iter().all(|at| at.div_euclid(DAY) == DAY_NUMBER));
        assert!(moments.is_sorted());
    }
}
