//! Failure reasons, normalized so that equal causes are counted together.
//!
//! Servers include the recipient, their own name, queue ids and times in their replies. Each of
//! these becomes a placeholder; reply codes (RFC 5321) and enhanced status codes (RFC 3463) stay.

use std::net::IpAddr;

use crate::text::sanitize;

const MAX_INPUT_CHARS: usize = 1000;
const MAX_CHARS: usize = 160;

/// How reasons are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasonFormat {
    /// With placeholders for addresses, hosts and identifiers.
    Grouped,
    /// Unchanged, including the addresses of recipients.
    Verbatim,
}

impl ReasonFormat {
    pub(crate) fn apply(self, reason: Option<&str>) -> String {
        let reason = sanitize(reason.unwrap_or_default(), MAX_INPUT_CHARS);
        let formatted = match self {
            Self::Grouped => normalize(&reason),
            Self::Verbatim => reason,
        };
        match sanitize(&formatted, MAX_CHARS) {
            empty if empty.is_empty() => "No reason given".to_owned(),
            text => text,
        }
    }
}

fn normalize(reason: &str) -> String {
    let mut text = String::new();
    let mut rest = reason;
    while let Some(start) = rest.find(is_word) {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches(['.', ':', '-', '=', '/']);
        if word.is_empty() {
            text.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        if word.starts_with('@') {
            drop_quoted(&mut text);
        }
        rest = &rest[word.len()..];
        match placeholder(word) {
            Some(placeholder) => text.push_str(placeholder),
            None if is_amount(word, rest) => text.push_str("<number>"),
            None => text.push_str(&spaced(word)),
        }
    }
    text.push_str(rest);
    text.replace("<<", "<").replace(">>", ">")
}

/// Returns true for the characters of addresses, hosts and identifiers.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || ".@-_+:/%&?=#~!$*'|^`{}＠".contains(c)
}

/// Removes the quoted part before an `@`: the local part of an address may be quoted.
fn drop_quoted(text: &mut String) {
    if let Some(start) = text.strip_suffix('"').and_then(|text| text.rfind('"')) {
        text.truncate(start);
    }
}

fn placeholder(word: &str) -> Option<&'static str> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if ["@", "＠", "%40", "&#64"].iter().any(|at| word.contains(at)) {
        Some("<address>")
    } else if word.contains("://") {
        Some("<link>")
    } else if word.parse::<IpAddr>().is_ok() {
        Some("<ip>")
    } else if is_code(word) {
        None
    } else if letters == 0 && digits >= 4 {
        Some("<number>")
    } else if is_host(word.rsplit('=').next().unwrap_or(word)) {
        Some("<host>")
    } else if digits > 0 && letters + digits >= 8 {
        Some("<id>")
    } else {
        None
    }
}

/// Returns true for a quantity, as opposed to a code: `37` before ` seconds`.
fn is_amount(word: &str, after: &str) -> bool {
    const COUNTED: [&str; 17] = [
        "s",
        "sec",
        "second",
        "min",
        "minute",
        "h",
        "hour",
        "day",
        "byte",
        "kb",
        "mb",
        "message",
        "recipient",
        "attempt",
        "time",
        "email",
        "connection",
    ];
    let next = after.trim_start().split(|c: char| !c.is_alphanumeric()).next();
    let next = next.unwrap_or_default().to_lowercase();
    let counted = |unit: &str| next.strip_prefix(unit).is_some_and(|rest| matches!(rest, "" | "s"));
    word.bytes().all(|byte| byte.is_ascii_digit()) && COUNTED.into_iter().any(counted)
}

/// Returns true for a reply code, an enhanced status code or both: `550`, `5.1.1`, `550-5.1.1`.
fn is_code(word: &str) -> bool {
    let is_number = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_status = |part: &str| {
        let parts: Vec<&str> = part.split('.').collect();
        matches!(parts[..], [class, subject, detail]
            if is_number(class, 1) && is_number(subject, 3) && is_number(detail, 3))
    };
    match word.trim_start_matches('#').split_once('-') {
        Some((reply, status)) => is_number(reply, 3) && (status.is_empty() || is_status(status)),
        None => is_status(word.trim_start_matches('#')) || is_number(word, 3),
    }
}

/// Returns true for `mx1.example.com`, but not for `e.g`.
fn is_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let top = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(is_label)
        && top.chars().count() > 1
        && (top.starts_with("xn--") || top.chars().all(char::is_alphabetic))
}

/// Converts `550-5.1.1`, as in a multi-line reply, to `550 5.1.1`.
fn spaced(word: &str) -> String {
    if is_code(word) { word.replace('-', " ") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalize(reason: &str) -> String {
        ReasonFormat::Grouped.apply(Some(reason))
    }

    #[test]
    fn equal_causes_have_equal_text() {
        for (reason, expected) in [
            ("550 5.1.1 no such user", "550 5.1.1 no such user"),
            ("550-5.1.1 no such user", "550 5.1.1 no such user"),
            (
                "550 5.1.1 <jane.doe+tag@example.com>: Recipient address rejected",
                "550 5.1.1 <address>: Recipient address rejected",
            ),
            (
                "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked",
                "554 5.7.1 Service unavailable; Client host [<ip>] blocked",
            ),
            (
                "connect to mx1.example.com[2001:db8::1]:25: timed out",
                "connect to <host>[<ip>]:25: timed out",
            ),
            (
                "552 mailbox full; see https://example.com/help?u=jane a1-20020a1709si12.34 - gsmtp",
                "552 mailbox full; see <link> <id> - gsmtp",
            ),
            ("queued as 4F1B2C3D9E for 1730419200 s", "queued as <id> for <number> s"),
            ("id 3fa85f64-5717-4562-b3fc-2c963f66afa6.", "id <id>."),
            ("rcpt=jane%40example.com refused", "<address> refused"),
            ("421 try again in 37 seconds", "421 try again in <number> seconds"),
            ("gave up after 5 attempts (2h)", "gave up after <number> attempts (2h)"),
            ("smtp; 550 (#5.1.1)", "smtp; 550 (#5.1.1)"),
            ("jane＠example.com, jane&#64;example.com", "<address>, <address>;<host>"),
            ("bounce of jane=example.com", "bounce of <host>"),
            ("\"jane doe\"@example.com is unknown", "<address> is unknown"),
            ("иван@пример.рф не найден", "<address> не найден"),
            (
                "DNS: the domain does not exist (NXDOMAIN)",
                "DNS: the domain does not exist (NXDOMAIN)",
            ),
            ("e.g. this. Or that", "e.g. this. Or that"),
        ] {
            assert_eq!(normalize(reason), expected, "{reason}");
        }
    }

    #[test]
    fn a_missing_reason_is_named() {
        for reason in [None, Some(""), Some(" \u{202e}\n")] {
            assert_eq!(ReasonFormat::Grouped.apply(reason), "No reason given");
            assert_eq!(ReasonFormat::Verbatim.apply(reason), "No reason given");
        }
    }

    #[test]
    fn verbatim_reasons_are_one_line() {
        let reason = "550 <jane@example.com>\r\n unknown";
        assert_eq!(ReasonFormat::Verbatim.apply(Some(reason)), "550 <jane@example.com> unknown");
    }

    #[test]
    fn hostile_text_shows_no_address() {
        for text in
            ["@", "@@@@", "...", "-:=/", "\"@", "\"\"@x", "<<>>", "%40", "=@=", "'", "ﷺ@ﷺ.ﷺ"]
        {
            for repeat in [1, 7, 10_000] {
                let formatted = normalize(&text.repeat(repeat));
                assert!(formatted.chars().count() <= MAX_CHARS + 1, "{text}");
                assert!(!formatted.contains('@'), "{formatted}");
            }
        }
    }
}
