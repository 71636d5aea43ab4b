//! The workspace of what is published: the client with its code generated, without the generator, and
//! the demo account.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sendmux_client_codegen::{Generated, Module};

use crate::outcome::Failure;
use crate::process;
use crate::spec;

/// The packages, what is depended on first.
pub const PACKAGES: [&str; 2] = ["sendmux-mock", CLIENT];

/// The package of the client.
pub const CLIENT: &str = "sendmux-client";

/// The package that nothing published depends on.
pub const GENERATOR: &str = "sendmux-client-codegen";

/// Where the generated code lies in the package of the client.
pub const FOLDER: &str = "src/generated";

/// What the workspace has besides the manifest and the generated code.
const COPIED: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "docs",
    "examples",
    "mock",
];

/// The tests of the client, and what they read; it is not published.
const TESTS: [&str; 4] = ["codegen/names.json", "openapi-sending.json", "openapi.json", "tests"];

/// The one file that knows where the generated code lies.
const LOCATION: &str = r#"//! Where the generated code lies: in the folder `generated`. Nothing else knows.

/// Includes generated code of a module, by a path that is relative to the file of the caller: the
/// `module` itself and its `mocks` for a file in `src/`, the `cases` for one in a folder of `tests/`.
#[allow(unused_macros, reason = "a build without any module includes none")]
macro_rules! generated {
    (module $name:literal) => {
        include!(concat!("generated/", $name, ".rs"));
    };
    (mocks $name:literal) => {
        include!(concat!("generated/", $name, "_mocks.rs"));
    };
    (cases $name:literal) => {
        include!(concat!("../../src/generated/", $name, "_cases.rs"));
    };
}
#[allow(unused_imports, reason = "a build without any module includes none")]
pub(crate) use generated;
"#;

/// The generated code of the client.
#[derive(Debug)]
pub struct Code {
    /// Every module that is generated.
    pub modules: Vec<(Module, Generated)>,
}

impl Code {
    /// Generates the modules that are not given from the vendored documents.
    ///
    /// # Errors
    /// Fails if a vendored document cannot be read, or is refused.
    pub fn complete(root: &Path, mut given: Vec<(Module, Generated)>) -> Result<Self, Failure> {
        let mut modules = Vec::new();
        for module in Module::ALL {
            let known = given.iter().position(|(known, _)| *known == module);
            modules.push(match known {
                Some(index) => given.swap_remove(index),
                None => (module, generated(root, module)?),
            });
        }
        Ok(Self { modules })
    }

    /// Writes the workspace into a folder.
    ///
    /// # Errors
    /// Fails if a file cannot be read or written, or generated code does not parse.
    pub fn write_workspace(&self, root: &Path, folder: &Path) -> Result<(), Failure> {
        for name in COPIED.into_iter().chain(["src"]) {
            if root.join(name).exists() {
                copy(&root.join(name), &folder.join(name))?;
            }
        }
        let manifest = manifest(&read(&root.join("Cargo.toml"))?)
            .map_err(|error| Failure(format!("Cargo.toml: {error}")))?;
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join("src/generated.rs"), LOCATION)?;
        for (module, generated) in &self.modules {
            let file = |suffix: &str, source: &str| {
                let name = format!("{}{suffix}.rs", module.name());
                write(&folder.join(FOLDER).join(name), &formatted(generated, source)?)
            };
            file("", generated.source())?;
            if let Module::Surface(_) = module {
                file("_mocks", generated.mocks())?;
            }
        }
        Ok(())
    }

    /// Writes the tests of the client, and what they read, into its package.
    ///
    /// # Errors
    /// Fails as [`Self::write_workspace`] does.
    pub fn write_tests(&self, root: &Path, package: &Path) -> Result<(), Failure> {
        for name in TESTS {
            copy(&root.join(name), &package.join(name))?;
        }
        for (module, generated) in &self.modules {
            let name = format!("{}_cases.rs", module.name());
            let text = formatted(generated, generated.cases())?;
            write(&package.join(FOLDER).join(name), &text)?;
        }
        Ok(())
    }
}

/// Returns the code of a module that the vendored document describes.
fn generated(root: &Path, module: Module) -> Result<Generated, Failure> {
    let path = root.join(module.document());
    let text = read(&path)?;
    spec::generated(&text, module).map_err(|error| Failure(format!("{}: {error}", path.display())))
}

fn formatted(generated: &Generated, source: &str) -> Result<String, Failure> {
    let file = syn::parse_file(source)
        .map_err(|error| Failure(format!("the generated code does not parse: {error}")))?;
    Ok(format!("{}\n{}", generated.header(), prettyplease::unparse(&file)))
}

/// Returns the manifest of the workspace without the generator and the tests, which need it.
fn manifest(text: &str) -> Result<String, String> {
    let mut manifest: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    manifest.remove("build-dependencies");
    manifest.remove("test");
    let table = |table: Option<&mut toml::Value>, name: &str| match table {
        Some(toml::Value::Table(table)) => Ok(std::mem::take(table)),
        _ => Err(format!("has no [{name}]")),
    };
    let mut package = table(manifest.get_mut("package"), "package")?;
    package.remove("publish");
    manifest.insert("package".to_owned(), package.into());
    let mut workspace = table(manifest.get_mut("workspace"), "workspace")?;
    workspace.insert("members".to_owned(), vec![".", "mock"].into());
    workspace.remove("exclude");
    if let Some(toml::Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        dependencies.remove(GENERATOR);
    }
    manifest.insert("workspace".to_owned(), workspace.into());
    toml::to_string(&manifest).map_err(|error| error.to_string())
}

/// Proves that the client compiles with the generated code and, if the documents are given by the names of
/// their files, that every operation does on the wire what they describe.
///
/// # Errors
/// Fails with what the compiler or the tests printed if it does not.
pub fn check(root: &Path, code: &Code, documents: &[(&str, String)]) -> Result<(), Failure> {
    let scratch = Scratch::new(root)?;
    code.write_workspace(root, scratch.path())?;
    let mut arguments = vec!["check", "--quiet", "--package", CLIENT, "--features", "full"];
    if !documents.is_empty() {
        code.write_tests(root, scratch.path())?;
        for (file, text) in documents {
            write(&scratch.path().join(file), text)?;
        }
        arguments[0] = "test";
        arguments.extend(["--test", "operations"]);
    }
    let mut cargo = process::command("cargo", &arguments, scratch.path());
    process::output(cargo.env("CARGO_TARGET_DIR", target(root))).map(|_| ())
}

/// A folder below the build directory, always the same, so that Cargo goes on with what it built
/// there before. It is deleted in the end.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates the folder.
    ///
    /// # Errors
    /// Fails if it cannot be created.
    pub fn new(root: &Path) -> Result<Self, Failure> {
        let scratch = Self(target(root).join("packed"));
        let failed = |error| failure("create", &scratch.0, &error);
        match fs::remove_dir_all(&scratch.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => fs::create_dir_all(&scratch.0).map_err(failed)?,
        }
        Ok(scratch)
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the build directory.
pub fn target(root: &Path) -> PathBuf {
    let given = std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty());
    root.join(given.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// Copies a file, or a folder with everything in it.
///
/// # Errors
/// Fails if something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| failure("copy", from, &error);
    if !from.is_dir() {
        let folder = to.parent().map(fs::create_dir_all).transpose();
        folder.and_then(|_| fs::copy(from, to)).map_err(failed)?;
        return Ok(());
    }
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// Reads a file.
///
/// # Errors
/// Fails with a sentence that names it.
pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failure("read", path, &error))
}

/// Writes a file and the folders above it.
///
/// # Errors
/// Fails with a sentence that names it.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().map(fs::create_dir_all).transpose();
    folder.and_then(|_| fs::write(path, text)).map_err(|error| failure("write", path, &error))
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure(format!("cannot {what} {}: {error}", path.display()))
}
