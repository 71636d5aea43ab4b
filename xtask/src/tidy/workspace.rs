//! The packages of the workspace and the files that Cargo compiles first, as the manifests state
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::outcome::Failure;

/// One package.
#[derive(Debug)]
pub(super) struct Package {
    /// Relative to the workspace; empty for its root.
    pub(super) folder: PathBuf,
    pub(super) targets: Vec<Target>,
}

/// One crate of a package.
#[derive(Debug)]
pub(super) struct Target {
    /// What a module map calls it; tests, examples and benches have none.
    pub(super) map: Option<String>,
    /// Relative to the workspace.
    pub(super) root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(default)]
    workspace: Workspace,
    package: Option<Named>,
    lib: Option<Listed>,
    #[serde(default)]
    bin: Vec<Listed>,
    #[serde(default)]
    test: Vec<Listed>,
    #[serde(default)]
    example: Vec<Listed>,
    #[serde(default)]
    bench: Vec<Listed>,
}

#[derive(Debug, Default, Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Listed {
    name: Option<String>,
    path: Option<PathBuf>,
}

/// Reads the packages that the manifest at `root` lists.
pub(super) fn packages(root: &Path) -> Result<Vec<Package>, Failure> {
    let members = manifest(root, Path::new(""))?.workspace.members;
    let members = if members.is_empty() { vec![PathBuf::from(".")] } else { members };
    members.iter().map(|member| package(root, member)).collect()
}

fn package(root: &Path, member: &Path) -> Result<Package, Failure> {
    let folder = if member == Path::new(".") { PathBuf::new() } else { member.to_owned() };
    let manifest = manifest(root, &folder)?;
    let name = manifest
        .package
        .map(|package| package.name)
        .ok_or_else(|| Failure(format!("{} has no package", shown(&folder.join("Cargo.toml")))))?;
    let exists = |file: &PathBuf| root.join(file).is_file();
    let library = manifest.lib.and_then(|lib| lib.path).unwrap_or_else(|| "src/lib.rs".into());
    let library = Some(folder.join(library)).filter(exists);
    let mut targets = Vec::new();
    let main = Some(folder.join("src/main.rs")).filter(exists).map(|root| {
        let map = if library.is_some() { format!("{name}/bin/{name}") } else { name.clone() };
        Target { map: Some(map), root }
    });
    targets.extend(library.map(|root| Target { map: Some(name.clone()), root }));
    targets.extend(main);
    for (stem, file) in roots(root, &folder.join("src/bin"), &manifest.bin, &folder)? {
        targets.push(Target { map: Some(format!("{name}/bin/{stem}")), root: file });
    }
    for (kind, listed) in
        [("tests", &manifest.test), ("examples", &manifest.example), ("benches", &manifest.bench)]
    {
        for (_, file) in roots(root, &folder.join(kind), listed, &folder)? {
            targets.push(Target { map: None, root: file });
        }
    }
    let script = Some(folder.join("build.rs")).filter(exists);
    targets.extend(script.map(|root| Target { map: None, root }));
    Ok(Package { folder, targets })
}

/// The crates in a folder that Cargo looks into (`x.rs` and `x/main.rs`), and those listed
/// with a path of their own.
fn roots(
    root: &Path,
    folder: &Path,
    listed: &[Listed],
    package: &Path,
) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    if !is_other_package(&root.join(folder)) {
        for name in entries(&root.join(folder))? {
            let entry = folder.join(&name);
            let nested = entry.join("main.rs");
            if let Some(stem) = name.strip_suffix(".rs") {
                found.push((stem.to_owned(), entry));
            } else if root.join(&nested).is_file() {
                found.push((name, nested));
            }
        }
    }
    for target in listed {
        let Some(path) = &target.path else { continue };
        let path = package.join(path);
        if !found.iter().any(|(_, file)| *file == path) {
            found.push((target.name.clone().unwrap_or_default(), path));
        }
    }
    Ok(found)
}

/// Whether a folder belongs to another package than the one around it.
fn is_other_package(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

/// The Rust files beneath a folder of a package, relative to the workspace.
pub(super) fn rust_files(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    if is_other_package(&root.join(folder)) {
        return Ok(files);
    }
    for name in entries(&root.join(folder))? {
        let entry = folder.join(&name);
        if root.join(&entry).is_dir() {
            files.extend(rust_files(root, &entry)?);
        } else if name.ends_with(".rs") {
            files.push(entry);
        }
    }
    Ok(files)
}

/// The names in a folder, sorted; none if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error| Failure(format!("{} cannot be read: {error}", folder.display()));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn manifest(root: &Path, folder: &Path) -> Result<Manifest, Failure> {
    let file = folder.join("Cargo.toml");
    let text = read(root, &file)?;
    toml::from_str(&text).map_err(|error| Failure(format!("{}: {error}", shown(&file))))
}

/// A path as it is written on every system.
pub(super) fn shown(file: &Path) -> String {
    file.display().to_string().replace('\\', "/")
}

/// Reads a file of the workspace.
pub(super) fn read(root: &Path, file: &Path) -> Result<String, Failure> {
    fs::read_to_string(root.join(file))
        .map_err(|error| Failure(format!("{} cannot be read: {error}", shown(file))))
}
