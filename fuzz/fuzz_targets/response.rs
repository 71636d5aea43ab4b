#![no_main]

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sendmux_client::fuzz::{list, retry_after};

/// Longest text of an error, in bytes: some fields of 300 characters each.
const MAX_TEXT: usize = 16 * 1024;

/// Splits at the first separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = split(line, b": ")?;
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
}

fuzz_target!(|response: &[u8]| {
    let Some((status, rest)) = response.split_first_chunk() else { return };
    let (head, body) = split(rest, b"\n\n").unwrap_or((rest, &[]));
    let headers: HeaderMap = head.split(|byte| *byte == b'\n').filter_map(header).collect();
    for now in [0, 1_779_354_720] {
        let _ = retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(now));
    }
    if let Err(texts) = list(*status, headers, body) {
        for text in texts {
            assert!(text.len() < MAX_TEXT, "{} bytes", text.len());
            let hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!text.contains(hidden), "{text:?}");
        }
    }
});
