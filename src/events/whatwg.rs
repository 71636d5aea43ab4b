//! The cases of WHATWG HTML, section 9.2.6, and that it does not matter how bytes are cut.

use std::num::NonZeroUsize;

use bytes::Bytes;
use proptest::prelude::*;
use sse_core::SseDecoder;

use super::connection::{Read, decode};

const LIMIT: usize = 64;

/// What bytes amount to, in chunks that end at these places.
fn read(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut decoder = SseDecoder::with_limit(NonZeroUsize::new(LIMIT).unwrap());
    let mut found = Vec::new();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        let mut chunk = Bytes::copy_from_slice(&bytes[pair[0]..pair[1]]);
        while let Some(read) = decode(&mut decoder, &mut chunk) {
            found.push(match read {
                Read::Message(message) => {
                    let id = message.last_event_id.as_deref().unwrap_or("-").to_owned();
                    format!("{} {id} {:?}", message.event, message.data)
                }
                Read::Retry(time) => format!("retry {}", time.as_millis()),
                Read::TooLarge => "too large".to_owned(),
                Read::Over(_) => "over".to_owned(),
            });
        }
        assert!(chunk.is_empty());
    }
    found.push(format!("then {}", decoder.last_event_id().map_or("-", |id| id)));
    found
}

const CASES: &[(&[u8], &[&str])] = &[
    (b"\xef\xbb\xbfdata: a\n\n", &["message - \"a\"", "then -"]),
    (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", &["then -"]),
    (b"data: a\rdata:b\r\rdata: c\r\n\r\n", &["message - \"a\\nb\"", "message - \"c\"", "then -"]),
    (b"data\n\ndata\ndata\n\ndata:\n", &["message - \"\"", "message - \"\\n\"", "then -"]),
    (b"data:  a\n\ndata:b\n\n", &["message - \" a\"", "message - \"b\"", "then -"]),
    (b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", &["message 1 \"a\"", "message 1 \"b\"", "message - \"c\"", "then -"]),
    (b"id: 1\n\nid: 2\x003\ndata: a\n\nid: 4\n", &["message 1 \"a\"", "then 1"]),
    (b"retry: 12x\nretry: +5\nretry:\nretry: 1.5\nretry: 70\n\n", &["retry 70", "then -"]),
    (b": c\n\n:\n\n\n\n data: x\nDATA: y\ndatax: z\n\n", &["then -"]),
    (b"event: e\n\nevent: f\ndata: x\n\ndata: y\n\n", &["f - \"x\"", "message - \"y\"", "then -"]),
    (b"data: \xff\xc3\xa9\n\n", &["message - \"\u{fffd}\u{e9}\"", "then -"]),
    (b"data: a", &["then -"]),
    (b"data: a\n", &["then -"]),
    (
        b"data: 0123456789012345678901234567890123456789012345678901234567890123456789\ndata: a\n\ndata: b\n\n",
        &["too large", "message - \"b\"", "then -"],
    ),
];

#[test]
fn streams_are_read_as_the_standard_says_however_they_are_cut() {
    for (bytes, expected) in CASES {
        assert_eq!(read(bytes, &[]), *expected, "{}", bytes.escape_ascii());
        let everywhere: Vec<usize> = (0..bytes.len()).collect();
        assert_eq!(read(bytes, &everywhere), *expected, "{}", bytes.escape_ascii());
        for cut in everywhere {
            assert_eq!(read(bytes, &[cut]), *expected, "{} {cut}", bytes.escape_ascii());
        }
    }
}

/// Lines that mean something, and bytes that mean nothing.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"id:".to_vec()),
        Just(b"event: ".to_vec()),
        Just(b"retry: 5".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just("\u{1f600}".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(words, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_alike_however_they_are_cut(
        bytes in hostile(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]));
    }
}
