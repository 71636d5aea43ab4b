//! Text from outside, made fit to be shown.

/// The text on one line, without what changes the direction of text or does not show, and cut to
/// so many characters.
pub(crate) fn tidy(text: &str, limit: usize) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut tidy = String::new();
    let (mut length, mut gap) = (0, false);
    for c in visible.filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() {
            gap = length > 0;
            continue;
        }
        if length + usize::from(gap) >= limit {
            return tidy + "…";
        }
        if gap {
            tidy.push(' ');
        }
        tidy.push(c);
        length += 1 + usize::from(gap);
        gap = false;
    }
    tidy
}

/// Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9), and
/// characters without width.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_that_shows_what_it_holds() {
        assert_eq!(tidy("  a\r\n\tb \u{0} c  ", 20), "a b c");
        assert_eq!(tidy("invoice\u{202e}fdp.exe\u{2069}\u{200b}", 20), "invoicefdp.exe");
        assert_eq!(tidy("", 20), "");
        assert_eq!(tidy("\u{200f}\u{feff} ", 20), "");
        assert_eq!(tidy("Versand-Überblick 日本 😀", 40), "Versand-Überblick 日本 😀");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(tidy(&"ü".repeat(10_000), 3), "üüü…");
        assert_eq!(tidy("abc", 3), "abc");
        assert_eq!(tidy("ab cd", 3), "ab…");
        assert_eq!(tidy("abc   ", 3), "abc");
    }
}
