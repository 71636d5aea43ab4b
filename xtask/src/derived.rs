//! The files that follow from the documents and are kept beside them, so that one commit holds all.

use std::path::Path;

use sendmux_client_codegen::Module;
use serde_json::Value;

use crate::operations;
use crate::outcome::Failure;
use crate::packed::Code;

/// Returns each file, relative to the workspace, with the text that it should have.
///
/// # Errors
/// Fails if a text cannot be derived.
pub fn files(
    code: &Code,
    document: &dyn Fn(Module) -> Result<Value, Failure>,
) -> Result<Vec<(&'static Path, String)>, Failure> {
    Ok(vec![(Path::new(operations::FILE), operations::list(code, document)?)])
}
