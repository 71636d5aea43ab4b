//! Prints the generated code for people who want to read it.

use std::path::Path;

use sendmux_client_codegen::{Module, generate};

use crate::outcome::Failure;

/// Returns the code of a module, formatted.
///
/// # Errors
/// Fails if the vendored document cannot be read or the module cannot be generated from it.
pub fn code(root: &Path, module: Module) -> Result<String, Failure> {
    let generated =
        generate(&document(root, module)?, module).map_err(|error| refused(module, &error))?;
    let file = syn::parse_file(generated.source())
        .map_err(|error| Failure(format!("the generated code does not parse: {error}")))?;
    Ok(format!("// {}\n\n{}", module.name(), prettyplease::unparse(&file)))
}

/// Returns what the generator changed in the document, one line each.
///
/// # Errors
/// Fails as [`code`] does.
pub fn repairs(root: &Path, module: Module) -> Result<String, Failure> {
    let repairs = sendmux_client_codegen::repairs(&document(root, module)?, module)
        .map_err(|error| refused(module, &error))?;
    let lines = repairs
        .iter()
        .map(|repair| format!("{}\t{}\t{}\n", repair.step, repair.pointer, repair.what));
    Ok(lines.collect())
}

fn document(root: &Path, module: Module) -> Result<String, Failure> {
    let path = root.join(module.document());
    std::fs::read_to_string(&path)
        .map_err(|error| Failure(format!("cannot read {}: {error}", path.display())))
}

fn refused(module: Module, error: &sendmux_client_codegen::Error) -> Failure {
    Failure(format!("{}: {error}", module.document()))
}
