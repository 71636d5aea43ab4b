#![no_main]

use libfuzzer_sys::fuzz_target;
use sendmux_client_codegen::{Module, generate};

/// `generate` contains panics of progenitor by design and reports them as errors; any other panic
/// is a bug.
fn tolerate_panics_of_progenitor() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |location| location.file());
        if !["progenitor", "typify", "openapiv3"].iter().any(|name| file.contains(name)) {
            abort(panic);
        }
    }));
}

fuzz_target!(init: tolerate_panics_of_progenitor(), |document: &str| {
    let module = Module::ALL[document.len() % Module::ALL.len()];
    if let Ok(generated) = generate(document, module) {
        for source in [generated.source(), generated.mocks()] {
            syn::parse_file(source).expect("the generated code is valid Rust");
        }
    }
});
