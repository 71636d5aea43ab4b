#![no_main]

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use libfuzzer_sys::fuzz_target;
use sendmux_client::fuzz::retry_after;

fuzz_target!(|lines: &[u8]| {
    let mut headers = HeaderMap::new();
    for (name, value) in [RETRY_AFTER, DATE].into_iter().zip(lines.split(|byte| *byte == b'\n')) {
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        headers.insert(name, value);
    }
    for now in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1_779_354_720)]
    {
        let _ = retry_after(&headers, now);
    }
});
