//! Generates the modules that are switched on.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use sendmux_client_codegen::{Module, generate};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    for module in Module::ALL {
        let path = root.join(module.document());
        println!("cargo:rerun-if-changed={}", path.display());
        let feature = format!("CARGO_FEATURE_{}", module.name().to_ascii_uppercase());
        if env::var_os(feature).is_none() {
            continue;
        }
        let document = fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let generated = generate(&document, module)
            .map_err(|error| format!("{}: {error}", module.document()))?;
        let file = |code: &str| format!("{}\n{code}", generated.header());
        fs::write(out.join(format!("{}.rs", module.name())), file(generated.source()))?;
        if env::var_os("CARGO_FEATURE_MOCK").is_some() {
            fs::write(out.join(format!("{}_mocks.rs", module.name())), file(generated.mocks()))?;
            fs::write(out.join(format!("{}_cases.rs", module.name())), file(generated.cases()))?;
        }
    }
    Ok(())
}

fn variable(name: &str) -> Result<std::ffi::OsString, String> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set; run this through cargo"))
}
