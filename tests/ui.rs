//! What must not compile, with the compiler's words beside each case in `tests/ui`.
//!
//! `TRYBUILD=overwrite cargo test --features full --test ui` updates them after a change.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
