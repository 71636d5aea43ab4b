//! Text in a cell of a spreadsheet.

use super::text::tidy;

const LENGTH: usize = 1000;

/// Text from outside that no spreadsheet takes for a formula.
///
/// Spreadsheets calculate what begins with `=`, `+`, `-` or `@`, and some cut a file at semicolons
/// and tabs whatever the quotation marks say. An apostrophe there makes it text (OWASP, "CSV
/// Injection").
pub(crate) fn cell(text: &str) -> String {
    let mut safe = String::new();
    let mut begins = true;
    for c in tidy(text, LENGTH).chars() {
        if begins && is_formula(c) {
            safe.push('\'');
        }
        safe.push(c);
        begins = c == ';' || (begins && (c.is_whitespace() || c == '"'));
    }
    safe
}

/// The full-width forms count where the spreadsheet speaks Chinese, Japanese or Korean.
fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠' | '−')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'=1"),
            ("\r\n =1", "'=1"),
            ("\u{202e}\u{feff}=1", "'=1"),
            ("\0=1", "'=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a; \"=1\"", "a; \"'=1\""),
            ("\"=1\"", "\"'=1\""),
            ("550 5.1.1 no-one @ home = gone", "550 5.1.1 no-one @ home = gone"),
        ] {
            assert_eq!(cell(text), safe, "{text:?}");
        }
        assert!(cell(&"=".repeat(10_000)).chars().count() <= LENGTH + 2);
    }
}
