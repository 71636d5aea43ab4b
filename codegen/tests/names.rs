//! Public names stay what they are, whatever else a document comes to have.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use sendmux_client_codegen::{Generated, Lock, Module, generate_with};

const LOCK: &str = include_str!("../names.lock.json");

fn vendored(module: Module) -> String {
    let path = format!("{}/../{}", env!("CARGO_MANIFEST_DIR"), module.document());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn generated(document: &str, module: Module, lock: &Lock) -> Generated {
    generate_with(document, module, lock).unwrap_or_else(|error| panic!("{module}: {error}"))
}

#[test]
fn the_lock_knows_everything_that_is_public() {
    let known = Lock::parse(LOCK).unwrap();
    let add = |lock, module| generated(&vendored(module), module, &lock).lock;
    let lock = Module::ALL.into_iter().fold(known.clone(), add);
    if std::env::var_os("SENDMUX_WRITE_LOCK").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/names.lock.json");
        std::fs::write(path, lock.to_string()).unwrap();
    } else {
        assert_eq!(lock.to_string(), LOCK, "run this test with SENDMUX_WRITE_LOCK=1 to extend it");
    }
}
