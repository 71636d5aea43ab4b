//! The file name in `Content-Disposition`.

/// Returns the file name that the header suggests (RFC 6266, section 4.3): the last segment of what
/// may be a path, without control characters.
pub(crate) fn file_name(header: &[u8]) -> Option<String> {
    let (mut plain, mut extended) = (None, None);
    for (name, value) in Parameters::after_type(header) {
        match name.as_str() {
            "filename" if plain.is_none() => plain = Some(text(value)),
            "filename*" if extended.is_none() => extended = decode_extended(&value),
            _ => {}
        }
    }
    [extended, plain].into_iter().flatten().find_map(|name| safe(&name))
}

/// Reduces a name to one that can neither lead to another directory nor disguise its extension.
fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = |c: &char| !c.is_control() && !is_directional(*c);
    let name: String = last.chars().filter(shown).collect();
    // Windows drops trailing dots and spaces.
    let name = name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    (!name.is_empty()).then(|| name.to_owned())
}

/// Characters that make `gpj.exe` look like `exe.jpg` (Unicode Standard Annex 9).
pub(crate) fn is_directional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Decodes bytes as UTF-8, which servers send in practice, or else as ISO 8859-1, HTTP's former
/// default.
fn text(value: Vec<u8>) -> String {
    String::from_utf8(value)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// `charset'language'percent-encoded` (RFC 8187, section 3.2).
fn decode_extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = percent_decode(encoded)?;
    if charset.eq_ignore_ascii_case(b"utf-8") {
        return String::from_utf8(bytes).ok();
    }
    charset.eq_ignore_ascii_case(b"iso-8859-1").then(|| bytes.into_iter().map(char::from).collect())
}

fn percent_decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(digit(high)? << 4 | digit(low)?);
                after
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    Some(bytes)
}

/// The `; name=value` pairs of a header, with lowercase names and unquoted values.
struct Parameters<'a>(&'a [u8]);

impl<'a> Parameters<'a> {
    fn after_type(header: &'a [u8]) -> Self {
        let start = header.iter().position(|byte| *byte == b';').unwrap_or(header.len());
        Self(&header[start..])
    }

    /// Reads a quoted string (RFC 9110, section 5.6.4); an unterminated one extends to the end.
    fn quoted(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        loop {
            match self.0 {
                [b'\\', byte, rest @ ..] => {
                    value.push(*byte);
                    self.0 = rest;
                }
                [b'"', rest @ ..] => {
                    self.0 = rest;
                    return value;
                }
                [byte, rest @ ..] => {
                    value.push(*byte);
                    self.0 = rest;
                }
                [] => return value,
            }
        }
    }

    fn until(&mut self, ends: &[u8]) -> &'a [u8] {
        let end = self.0.iter().position(|byte| ends.contains(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken.trim_ascii()
    }
}

impl Iterator for Parameters<'_> {
    type Item = (String, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.until(b";");
            self.0 = self.0.strip_prefix(b";")?;
            let name = String::from_utf8_lossy(self.until(b"=;")).to_ascii_lowercase();
            let Some(value) = self.0.strip_prefix(b"=") else { continue };
            self.0 = value.trim_ascii_start();
            if let Some(rest) = self.0.strip_prefix(b"\"") {
                self.0 = rest;
                return Some((name, self.quoted()));
            }
            return Some((name, self.until(b";").to_vec()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_decoded_as_the_rfcs_specify() {
        for (header, expected) in [
            ("attachment; filename=\"example.com.zone\"", Some("example.com.zone")),
            ("attachment; filename=plain.txt", Some("plain.txt")),
            ("ATTACHMENT; FileName = \"a b.txt\" ; x=y", Some("a b.txt")),
            ("attachment; filename=\"a\\\"b;c.txt\"", Some("a\"b;c.txt")),
            ("attachment; filename=e.txt; filename*=UTF-8''%e2%82%ac%20rates", Some("€ rates")),
            ("attachment; filename*=utf-8'en'n%C3%A4me.txt; filename=x", Some("näme.txt")),
            ("attachment; filename*=iso-8859-1''%A3.txt", Some("£.txt")),
            ("attachment; filename*=koi8-r''%A3; filename=ok.txt", Some("ok.txt")),
            ("attachment; filename*=UTF-8''%zz; filename=ok.txt", Some("ok.txt")),
            ("attachment; filename*=UTF-8''%e; filename=ok.txt", Some("ok.txt")),
            ("attachment; name=\"; filename=evil\"; filename=ok.txt", Some("ok.txt")),
            ("inline", None),
            ("attachment; filename", None),
            ("attachment; filename=", None),
            ("attachment; filename=\"\"", None),
            ("attachment; filename=\"unended", Some("unended")),
        ] {
            assert_eq!(file_name(header.as_bytes()).as_deref(), expected, "{header}");
        }
        assert_eq!(file_name(b"attachment; filename=\"\xa3.txt\"").as_deref(), Some("£.txt"));
        assert_eq!(
            file_name("attachment; filename=\"ä.txt\"".as_bytes()).as_deref(),
            Some("ä.txt")
        );
    }

    #[test]
    fn a_name_never_contains_a_directory() {
        for (name, expected) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\\\Windows\\\\x.dll", Some("x.dll")),
            ("a/..", None),
            ("..", None),
            (".", None),
            ("...", None),
            ("/", None),
            (" . ", None),
            ("a\u{7f}b", Some("ab")),
            ("invoice\u{202e}gpj.exe", Some("invoicegpj.exe")),
            ("x.txt. .", Some("x.txt")),
        ] {
            let header = format!("attachment; filename=\"{name}\"");
            assert_eq!(file_name(header.as_bytes()).as_deref(), expected, "{name}");
        }
        let hidden = "attachment; filename*=UTF-8''..%2F..%2Fa%00%0Ab";
        assert_eq!(file_name(hidden.as_bytes()).as_deref(), Some("ab"));
    }

    proptest! {
        #[test]
        fn no_header_yields_a_path(header in proptest::collection::vec(any::<u8>(), 0..60)) {
            let header = [b"attachment; filename=".as_slice(), &header].concat();
            if let Some(name) = file_name(&header) {
                prop_assert!(!name.is_empty() && !name.contains(['/', '\\']));
                prop_assert!(name != "." && name != ".." && !name.chars().any(char::is_control));
            }
        }
    }
}
