//! The files that follow from the documents and are kept beside them, so that one commit holds all.

use std::path::Path;

use sendmux_client_codegen::{Lock, Module};
use serde_json::Value;

use crate::operations;
use crate::outcome::Failure;
use crate::packed::Code;

/// The published names, which the generator keeps.
pub const LOCK: &str = "codegen/names.lock.json";

/// Returns each file that a workspace has, relative to its root, with the text that it should have.
///
/// # Errors
/// Fails if a text cannot be derived.
pub fn files(
    root: &Path,
    code: &Code,
    document: &dyn Fn(Module) -> Result<Value, Failure>,
) -> Result<Vec<(&'static Path, String)>, Failure> {
    let mut files = vec![(Path::new(operations::FILE), operations::list(code, document)?)];
    if root.join(LOCK).exists() {
        let mut lock = Lock::default();
        code.modules.iter().for_each(|(_, generated)| lock.join(&generated.lock));
        files.push((Path::new(LOCK), lock.to_string()));
    }
    Ok(files)
}
