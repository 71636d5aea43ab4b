#![no_main]

use libfuzzer_sys::fuzz_target;
use sendmux_client::Timestamp;
use sendmux_client::fuzz::{content_range, fraction, whole_number};

fuzz_target!(|text: &str| {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        let written = timestamp.to_string();
        assert_eq!(written.parse::<Timestamp>().expect("what was written is read"), timestamp);
        let sent = serde_json::to_string(&timestamp).expect("a timestamp is serialized");
        let back: Timestamp = serde_json::from_str(&sent).expect("what was sent is read");
        assert_eq!(back.unix_millis(), timestamp.unix_millis());
    }
    if let Ok(number) = whole_number(text) {
        assert_eq!(whole_number(&number.to_string()).expect("a number is read"), number);
    }
    if let Ok(number) = fraction(text) {
        assert!(number.is_finite(), "{number}");
    }
    if let Some((first, end)) = content_range(text) {
        assert!(first < end, "{first} {end}");
    }
});
