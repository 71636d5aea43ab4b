//! The generated code, for people who want to read it.

use std::path::Path;

use sendmux_client_codegen::{Module, generate};

use crate::outcome::Failure;

/// A module, formatted.
///
/// # Errors
/// If the vendored document cannot be read, or not be generated from.
pub fn source(root: &Path, module: Module) -> Result<String, Failure> {
    let generated = generated(root, module)?;
    let file = syn::parse_file(generated.source())
        .map_err(|error| Failure(format!("the generated code does not parse: {error}")))?;
    Ok(format!("// {}\n\n{}", module.name(), prettyplease::unparse(&file)))
}

/// What was changed in the document on the way, one line each.
///
/// # Errors
/// As [`source`].
pub fn repairs(root: &Path, module: Module) -> Result<String, Failure> {
    let generated = generated(root, module)?;
    let lines = generated
        .repairs
        .iter()
        .map(|repair| format!("{}\t{}\t{}\n", repair.step, repair.pointer, repair.what));
    Ok(lines.collect())
}

fn generated(root: &Path, module: Module) -> Result<sendmux_client_codegen::Generated, Failure> {
    let path = root.join(module.document());
    let document = std::fs::read_to_string(&path)
        .map_err(|error| Failure(format!("{} cannot be read: {error}", path.display())))?;
    generate(&document, module).map_err(|error| Failure(format!("{}: {error}", module.document())))
}
