//! Numbers as people read them.

use rust_decimal::{Decimal, RoundingStrategy};

/// `12,345`
pub(crate) fn grouped(value: i64) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", thousands(&value.unsigned_abs().to_string()))
}

fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `4.2%` of the whole; a dash if there is none.
pub(crate) fn percentage(part: i64, whole: i64) -> String {
    match tenths(part, whole) {
        None => "–".to_owned(),
        Some(0) if part > 0 => "<0.1%".to_owned(),
        Some(1000) if part < whole => ">99.9%".to_owned(),
        Some(tenths) => decimal_tenths(tenths) + "%",
    }
}

/// Tenths of per cent, rounded half away from zero.
pub(crate) fn tenths(part: i64, whole: i64) -> Option<i64> {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let half = if part < 0 { -whole / 2 } else { whole / 2 };
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    (whole > 0)
        .then(|| i64::try_from(((part * 1000 + half) / whole).clamp(least, most)).ok())
        .flatten()
}

/// `12.3` of 123.
pub(crate) fn decimal_tenths(tenths: i64) -> String {
    let whole = i64::try_from(tenths.unsigned_abs() / 10).unwrap_or(i64::MAX);
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{}.{}", grouped(whole), tenths.unsigned_abs() % 10)
}

/// `20k`, `1.5M`, `2e20`: a large round number in the space beside a chart.
pub(crate) fn short(value: Decimal) -> Option<String> {
    const UNITS: [(i64, i64, &str); 4] = [
        (1_000_000_000_000, 1_000_000_000_000, "T"),
        (1_000_000_000, 1_000_000_000, "B"),
        (1_000_000, 1_000_000, "M"),
        (10_000, 1000, "k"),
    ];
    if value >= Decimal::from(1_000_000_000_000_000_i64) {
        return Some(format!("{:e}", value.normalize()));
    }
    let (_, divisor, unit) = UNITS.iter().find(|(from, ..)| value >= Decimal::from(*from))?;
    Some(format!("{}{unit}", (value / Decimal::from(*divisor)).normalize()))
}

/// `$1,234.56`, rounded to cents.
pub(crate) fn cents(amount: Decimal) -> String {
    let rounded = amount.abs().round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    dollars(amount.is_sign_negative() && !rounded.is_zero(), &format!("{rounded:.2}"))
}

/// `$0.0123`: every digit that there is, and cents at least.
pub(crate) fn exact(amount: Decimal) -> String {
    aligned(amount, places([amount]))
}

/// So many digits after the point that all amounts of a column can be shown exactly.
pub(crate) fn places(amounts: impl IntoIterator<Item = Decimal>) -> usize {
    let digits = amounts.into_iter().map(|amount| amount.normalize().scale() as usize);
    digits.max().unwrap_or_default().max(2)
}

/// `$0.0120`: an amount of a column, to line up with the others.
pub(crate) fn aligned(amount: Decimal, places: usize) -> String {
    let negative = amount.is_sign_negative() && !amount.is_zero();
    dollars(negative, &format!("{:.places$}", amount.abs()))
}

fn dollars(negative: bool, digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{}${}.{fraction}", if negative { "−" } else { "" }, thousands(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_in_threes() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "−1,234,567"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }

    #[test]
    fn shares_are_rounded_but_never_to_nothing_or_all() {
        for (part, whole, text) in [
            (0, 0, "–"),
            (0, 5, "0.0%"),
            (1, 3, "33.3%"),
            (2, 3, "66.7%"),
            (5, 5, "100.0%"),
            (1, 1_000_000, "<0.1%"),
            (999_999, 1_000_000, ">99.9%"),
            (5, -1, "–"),
            (i64::MAX, i64::MAX, "100.0%"),
        ] {
            assert_eq!(percentage(part, whole), text, "{part} of {whole}");
        }
        assert_eq!(tenths(-1, 3), Some(-333));
        assert_eq!(tenths(i64::MIN, 1), Some(i64::MIN));
    }

    #[test]
    fn money_is_shown_to_the_cent_or_to_the_last_digit() {
        for (amount, rounded, full) in [
            ("0", "$0.00", "$0.00"),
            ("-0.000000", "$0.00", "$0.00"),
            ("1234.5", "$1,234.50", "$1,234.50"),
            ("-0.001500", "$0.00", "−$0.0015"),
            ("-12.345678", "−$12.35", "−$12.345678"),
            ("0.005", "$0.01", "$0.005"),
            (
                "79228162514264337593543950335",
                "$79,228,162,514,264,337,593,543,950,335.00",
                "$79,228,162,514,264,337,593,543,950,335.00",
            ),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            assert_eq!((cents(amount).as_str(), exact(amount).as_str()), (rounded, full));
        }
    }

    #[test]
    fn amounts_of_a_column_line_up() {
        let amounts: [Decimal; 3] = [Decimal::ZERO, Decimal::new(-15, 4), Decimal::new(3200, 4)];
        let shown = amounts.map(|amount| aligned(amount, places(amounts)));
        assert_eq!(shown, ["$0.0000", "−$0.0015", "$0.3200"]);
    }

    #[test]
    fn large_numbers_are_short() {
        for (value, text) in [
            ("9000", None),
            ("10000", Some("10k")),
            ("1500000", Some("1.5M")),
            ("2000000000", Some("2B")),
            ("500000000000000", Some("500T")),
            ("20000000000000000000000000000", Some("2e28")),
        ] {
            assert_eq!(short(value.parse().unwrap()).as_deref(), text, "{value}");
        }
    }
}
