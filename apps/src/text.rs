//! Text as people read and write it: foreign text made safe to show, numbers, durations.

use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns foreign text as one line of at most `max_chars` characters that hides nothing.
///
/// Control characters and line breaks become spaces; characters that are invisible or change the
/// direction of text are removed.
pub(crate) fn sanitize(text: &str, max_chars: usize) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line = String::new();
    let (mut length, mut gap) = (0, false);
    for c in visible.filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() {
            gap = length > 0;
            continue;
        }
        if length + usize::from(gap) >= max_chars {
            return line + "…";
        }
        if gap {
            line.push(' ');
        }
        line.push(c);
        length += 1 + usize::from(gap);
        gap = false;
    }
    line
}

/// Cuts text to a number of terminal columns, where some characters are two columns wide.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut line = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or_default();
        if used > columns {
            break;
        }
        line.push(c);
    }
    line + "…"
}

/// Escapes what [`sanitize`] would replace or remove, except line breaks, as `\uXXXX`.
///
/// In a JSON document such characters occur only within strings, so it keeps its meaning.
pub(crate) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && (c.is_control() || is_invisible(c)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Returns true for the marks, embeddings, overrides and isolates of the Unicode bidirectional
/// algorithm (UAX #9) and for characters without width.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Parses a duration such as `15m` or `1h 30m`, from one second to `longest`.
///
/// # Errors
/// A sentence with the accepted range.
pub(crate) fn parse_duration(text: &str, longest: &str) -> Result<Duration, String> {
    let range = Duration::from_secs(1)..=humantime::parse_duration(longest).unwrap_or_default();
    humantime::parse_duration(text)
        .ok()
        .filter(|duration| range.contains(duration))
        .ok_or_else(|| format!("not a duration such as 15m, from 1s to {longest}"))
}

/// Formats an integer as `12,345`.
pub(crate) fn with_separators(value: i64) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", group_thousands(&value.unsigned_abs().to_string()))
}

fn group_thousands(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a share as `4.2%`, or as a dash if the whole is empty.
pub(crate) fn percentage(part: i64, whole: i64) -> String {
    match per_mille(part, whole) {
        None => "–".to_owned(),
        Some(0) if part > 0 => "<0.1%".to_owned(),
        Some(1000) if part < whole => ">99.9%".to_owned(),
        Some(share) => format_tenths(share) + "%",
    }
}

/// Returns a share in tenths of a percent, rounded half away from zero.
pub(crate) fn per_mille(part: i64, whole: i64) -> Option<i64> {
    let (part, whole) = (i128::from(part), i128::from(whole));
    let half = if part < 0 { -whole / 2 } else { whole / 2 };
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    (whole > 0)
        .then(|| i64::try_from(((part * 1000 + half) / whole).clamp(least, most)).ok())
        .flatten()
}

/// Formats 123 as `12.3`.
pub(crate) fn format_tenths(tenths: i64) -> String {
    let whole = i64::try_from(tenths.unsigned_abs() / 10).unwrap_or(i64::MAX);
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{}.{}", with_separators(whole), tenths.unsigned_abs() % 10)
}

/// Abbreviates a large number: `20k`, `1.5M`, `2e20`. Returns `None` if it is short as it is.
pub(crate) fn compact(value: Decimal) -> Option<String> {
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

/// Formats an amount rounded to cents: `$1,234.56`.
pub(crate) fn rounded_dollars(amount: Decimal) -> String {
    let rounded = amount.abs().round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    dollars(amount.is_sign_negative() && !rounded.is_zero(), &format!("{rounded:.2}"))
}

/// Formats an amount with all its digits, at least two of them decimals: `$0.0123`.
pub(crate) fn exact_dollars(amount: Decimal) -> String {
    aligned_dollars(amount, decimal_places([amount]))
}

/// Returns the number of decimal places that shows every amount of a column exactly.
pub(crate) fn decimal_places(amounts: impl IntoIterator<Item = Decimal>) -> usize {
    let digits = amounts.into_iter().map(|amount| amount.normalize().scale() as usize);
    digits.max().unwrap_or_default().max(2)
}

/// Formats an amount with a fixed number of decimal places: `$0.0120`.
pub(crate) fn aligned_dollars(amount: Decimal, places: usize) -> String {
    let negative = amount.is_sign_negative() && !amount.is_zero();
    dollars(negative, &format!("{:.places$}", amount.abs()))
}

fn dollars(negative: bool, digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{}${}.{fraction}", if negative { "−" } else { "" }, group_thousands(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitized_text_is_one_line_without_hidden_characters() {
        assert_eq!(sanitize("  a\r\n\tb \u{0} c  ", 20), "a b c");
        assert_eq!(sanitize("invoice\u{202e}fdp.exe\u{2069}\u{200b}", 20), "invoicefdp.exe");
        assert_eq!(sanitize("", 20), "");
        assert_eq!(sanitize("\u{200f}\u{feff} ", 20), "");
        assert_eq!(sanitize("Versand-Überblick 日本 😀", 40), "Versand-Überblick 日本 😀");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(sanitize(&"ü".repeat(10_000), 3), "üüü…");
        assert_eq!(sanitize("abc", 3), "abc");
        assert_eq!(sanitize("ab cd", 3), "ab…");
        assert_eq!(sanitize("abc   ", 3), "abc");
    }

    #[test]
    fn text_is_cut_to_columns() {
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
    }

    #[test]
    fn escaped_json_keeps_its_meaning() {
        let hostile = "\u{1b}[2J \u{9b}31m \u{7f} \u{202e} \u{e0041} 日本";
        let json = format!("{:#}", serde_json::json!({ "name": hostile }));
        let escaped = escape_json(&json);
        assert!(!escaped.chars().any(|c| c != '\n' && (c.is_control() || is_invisible(c))));
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["name"], hostile);
    }

    #[test]
    fn durations_are_bounded() {
        assert_eq!(parse_duration("90s", "7d"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("7d", "7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["0s", "10ms", "8d", "soon", "", "-1s"] {
            assert!(parse_duration(wrong, "7d").unwrap_err().contains("from 1s to 7d"), "{wrong}");
        }
    }

    #[test]
    fn integers_have_thousands_separators() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "−1,234,567"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!(with_separators(value), text);
        }
    }

    #[test]
    fn percentages_never_round_to_none_or_all() {
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
        assert_eq!(per_mille(-1, 3), Some(-333));
        assert_eq!(per_mille(i64::MIN, 1), Some(i64::MIN));
    }

    #[test]
    fn dollars_are_rounded_or_exact() {
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
            assert_eq!(
                (rounded_dollars(amount).as_str(), exact_dollars(amount).as_str()),
                (rounded, full)
            );
        }
    }

    #[test]
    fn amounts_of_a_column_have_the_same_decimal_places() {
        let amounts: [Decimal; 3] = [Decimal::ZERO, Decimal::new(-15, 4), Decimal::new(3200, 4)];
        let shown = amounts.map(|amount| aligned_dollars(amount, decimal_places(amounts)));
        assert_eq!(shown, ["$0.0000", "−$0.0015", "$0.3200"]);
    }

    #[test]
    fn large_numbers_are_compact() {
        for (value, text) in [
            ("9000", None),
            ("10000", Some("10k")),
            ("1500000", Some("1.5M")),
            ("2000000000", Some("2B")),
            ("500000000000000", Some("500T")),
            ("20000000000000000000000000000", Some("2e28")),
        ] {
            assert_eq!(compact(value.parse().unwrap()).as_deref(), text, "{value}");
        }
    }
}
