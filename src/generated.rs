//! Where the generated code lies: in `OUT_DIR`, where `build.rs` writes it. Nothing else knows.

/// Includes generated code of a module: the `module` itself, its `mocks`, or the `cases` of its tests.
#[allow(unused_macros, reason = "a build without any module includes none")]
macro_rules! generated {
    (module $name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
    (mocks $name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, "_mocks.rs"));
    };
    (cases $name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, "_cases.rs"));
    };
}
#[allow(unused_imports, reason = "a build without any module includes none")]
pub(crate) use generated;
