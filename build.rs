//! Generates the modules of the surfaces that are switched on.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use sendmux_client_codegen::{Surface, generate};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    for surface in Surface::ALL {
        let path = root.join(surface.document());
        println!("cargo:rerun-if-changed={}", path.display());
        let feature = format!("CARGO_FEATURE_{}", surface.module().to_ascii_uppercase());
        if env::var_os(feature).is_none() {
            continue;
        }
        let document = fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let generated = generate(&document, surface)
            .map_err(|error| format!("{}: {error}", surface.document()))?;
        fs::write(out.join(format!("{}.rs", surface.module())), generated.source())?;
    }
    Ok(())
}

fn variable(name: &str) -> Result<std::ffi::OsString, String> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set; run this through cargo"))
}
