#![no_main]

use libfuzzer_sys::fuzz_target;
use xtask::ignore::parse;

fuzz_target!(|text: &str| {
    for is_json in [true, false] {
        for entry in parse(text, is_json).into_iter().flatten() {
            assert!(entry.until.len() == "2027-01-31".len() && !entry.why.is_empty(), "{entry:?}");
        }
    }
});
