//! The vertical axis of a chart.

use rust_decimal::Decimal;

const MOST_LINES: i64 = 4;

/// An axis from zero to a round number at or above the largest value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pub(super) ticks: Vec<Decimal>,
    top: Decimal,
}

impl Scale {
    /// `finest` is the smallest step that makes sense, such as one e-mail.
    pub(super) fn to(largest: Decimal, finest: Decimal) -> Self {
        let step = steps(finest)
            .find(|step| step.checked_mul(MOST_LINES.into()).is_none_or(|top| top >= largest))
            .unwrap_or(finest);
        let count = (1..MOST_LINES)
            .find(|count| step.checked_mul((*count).into()).is_none_or(|top| top >= largest))
            .unwrap_or(MOST_LINES);
        let ticks = (0..=count).filter_map(|n| step.checked_mul(n.into())).collect();
        Self { top: step.saturating_mul(count.into()).max(largest), ticks }
    }

    /// How high a value stands, from 0 to 1; what is negative stands at 0.
    pub(super) fn height(&self, value: Decimal) -> f64 {
        let share = value.checked_div(self.top).unwrap_or_default();
        f64::try_from(share).unwrap_or_default().clamp(0.0, 1.0)
    }
}

/// 1, 2, 5, 10, 20, 50, … times the finest.
fn steps(finest: Decimal) -> impl Iterator<Item = Decimal> {
    let powers = std::iter::successors(Some(finest), |power| power.checked_mul(10.into()));
    powers.flat_map(|power| [1, 2, 5].into_iter().filter_map(move |n| power.checked_mul(n.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(largest: &str, finest: &str) -> Vec<String> {
        let scale = Scale::to(largest.parse().unwrap(), finest.parse().unwrap());
        scale.ticks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks("0", "1"), ["0", "1"]);
        assert_eq!(ticks("1", "1"), ["0", "1"]);
        assert_eq!(ticks("3", "1"), ["0", "1", "2", "3"]);
        assert_eq!(ticks("437", "1"), ["0", "200", "400", "600"]);
        assert_eq!(ticks("800", "1"), ["0", "200", "400", "600", "800"]);
        assert_eq!(ticks("0.07", "0.0001"), ["0", "0.0200", "0.0400", "0.0600", "0.0800"]);
    }

    #[test]
    fn heights_stay_within_the_chart() {
        for largest in [Decimal::MAX, Decimal::from(i64::MAX), Decimal::ZERO, Decimal::MIN] {
            let scale = Scale::to(largest, Decimal::ONE);
            assert!(!scale.ticks.is_empty());
            for value in [Decimal::MIN, -Decimal::ONE, Decimal::ONE, largest, Decimal::MAX] {
                assert!((0.0..=1.0).contains(&scale.height(value)), "{value} of {largest}");
            }
        }
        assert_eq!(Scale::to(8.into(), Decimal::ONE).height(2.into()), 0.25);
    }
}
