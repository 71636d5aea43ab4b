//! Misuse that does not compile: each case in `tests/ui` has the compiler's message beside it.
//!
//! `TRYBUILD=overwrite cargo test --features full --test ui` updates the messages. The first run
//! also checks all dependencies, in a folder of `target` that trybuild owns.

#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
