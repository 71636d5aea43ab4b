//! Figures in headers.

/// A number as the API writes it: figures alone, without a sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let figures = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    if figures && !padded { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(number));
        }
        for text in ["", "+1", "-1", " 1", "1 ", "01", "1e9", "1.0", "0x1", "1_0", "٣"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(decimal("18446744073709551616"), None);
    }
}
