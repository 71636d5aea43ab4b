//! How emails spread over the days of a week and the hours of a day.

use fastrand::Rng;

use super::{count, weighted_index};
use crate::time::{DAY, HOUR};

/// Relative volume of each hour of the day, in UTC.
const HOURS: [u32; 24] =
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 13, 10, 13, 14, 13, 11, 8, 6, 5, 4, 3, 2, 1];

/// Creates the random generator of one day, which is independent of all other days.
pub(crate) fn random(seed: u64, day: i64) -> Rng {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    Rng::with_seed(seed.wrapping_add(day.unsigned_abs().wrapping_mul(GOLDEN)))
}

/// Returns the number of days since Monday.
pub(crate) fn weekday(day: i64) -> i64 {
    const FIRST: i64 = 3; // 1970-01-01 was a Thursday.
    (day + FIRST).rem_euclid(7)
}

/// Draws the number of messages of a day: about `usual` on working days, a third of it at weekends.
pub(crate) fn volume(random: &mut Rng, day: i64, usual: u32) -> u64 {
    let usual = u64::from(if weekday(day) >= 5 { usual / 3 } else { usual });
    let chance = random.u64(80..=120);
    usual * chance / 100
}

/// Draws the times at which the messages of a day are sent, in order.
pub(crate) fn times(random: &mut Rng, day: i64, count: u64) -> Vec<i64> {
    let mut times: Vec<i64> =
        (0..count).map(|_| day * DAY + hour(random) * HOUR + random.i64(0..HOUR)).collect();
    times.sort_unstable();
    times
}

fn hour(random: &mut Rng) -> i64 {
    count(weighted_index(random.u32(0..HOURS.iter().sum()), HOURS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THURSDAY: i64 = 20_594;

    #[test]
    fn weekends_are_quiet() {
        assert_eq!(weekday(THURSDAY), 3);
        let mut random = random(1, 0);
        let thursday = volume(&mut random, THURSDAY, 300);
        let sunday = volume(&mut random, THURSDAY + 3, 300);
        assert!(thursday >= 240 && sunday <= 120, "{thursday} {sunday}");
    }

    #[test]
    fn mornings_are_busier_than_nights() {
        let times = times(&mut random(1, 0), THURSDAY, 2000);
        let within = |hours: std::ops::Range<i64>| {
            times.iter().filter(|at| hours.contains(&(at.rem_euclid(DAY) / HOUR))).count()
        };
        assert!(within(8..12) > 5 * within(0..4));
        assert!(times.iter().all(|at| at.div_euclid(DAY) == THURSDAY));
        assert!(times.is_sorted());
    }
}
