#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use xtask::diff::{Document, compare};

fuzz_target!(|documents: &[u8]| {
    let Ok((old, new)) = serde_json::from_slice::<(Value, Value)>(documents) else { return };
    let (Ok(old), Ok(new)) = (Document::from_value(old), Document::from_value(new)) else { return };
    let _ = compare(&old, &new);
    if let Ok(findings) = compare(&old, &old) {
        assert!(findings.is_empty(), "{findings:#?}");
    }
});
