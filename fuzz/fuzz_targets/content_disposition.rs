#![no_main]

use libfuzzer_sys::fuzz_target;
use sendmux_client::fuzz::file_name;

fuzz_target!(|header: &[u8]| {
    if let Some(name) = file_name(header) {
        assert!(!["", ".", ".."].contains(&name.as_str()), "{name:?}");
        assert!(!name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control()), "{name:?}");
    }
});
