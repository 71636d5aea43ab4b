#![no_main]

use libfuzzer_sys::fuzz_target;
use sendmux_client::Timestamp;
use sendmux_client::webhooks::{Verifier, sign};

const SECRET: &str = "whsec_example_5f2b1c9d7e";
const NOW: i64 = 1_779_354_720;

/// Splits at the first separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

fuzz_target!(|delivery: &[u8]| {
    let Some((first, rest)) = delivery.split_first() else { return };
    let (lines, body) = split(rest, b"\n\n").unwrap_or((&[], rest));
    let header = |line| split(line, b": ").map(|(name, value)| (name, value.to_vec()));
    let mut headers: Vec<(String, Vec<u8>)> = lines
        .split(|byte| *byte == b'\n')
        .filter_map(header)
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value))
        .collect();
    let now = Timestamp::from_unix_seconds(NOW).expect("a time of this century");
    let signed = first % 2 == 1;
    if signed {
        let signature = sign(SECRET, now, body).expect("a valid secret");
        headers.extend(signature.map(|(name, value)| (name.to_owned(), value.into_bytes())));
    }
    let verifier = Verifier::new(SECRET).expect("a valid secret").clock(move || now.into());
    match verifier.verify(headers.iter().map(|(name, value)| (name, value)), body) {
        Ok(_) => assert!(signed),
        Err(error) => {
            assert!(signed || !error.is_authentic(), "{error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
});
