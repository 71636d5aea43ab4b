#![no_main]

use libfuzzer_sys::fuzz_target;
use sendmux_client_codegen::{Lock, Surface, generate_with};

const DOCUMENT: &str = include_str!("../seeds/document/envelope.json");

fuzz_target!(|text: &str| {
    let Ok(lock) = Lock::parse(text) else { return };
    assert_eq!(Lock::parse(&lock.to_string()).expect("what was written is read"), lock);
    if let Ok(generated) = generate_with(DOCUMENT, Surface::Management, &lock) {
        syn::parse_file(generated.source()).expect("the generated code is valid Rust");
        let again = generate_with(DOCUMENT, Surface::Management, &generated.lock)
            .expect("generates with the names that it wrote");
        assert_eq!(again.source(), generated.source());
    }
});
