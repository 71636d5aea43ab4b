//! Writes the crates as they go to the registry.

use std::fs;
use std::path::{Path, PathBuf};

use sendmux_client_codegen::Module;

use crate::outcome::Failure;
use crate::packed::{self, CLIENT, Code, FOLDER, GENERATOR, PACKAGES, Scratch, copy, read, write};
use crate::process::{command, output};

/// What to do with the crates.
#[derive(Debug, Clone)]
pub struct Package {
    /// The root of the workspace.
    pub root: PathBuf,
    /// The folder in which to put them; it must be empty or new.
    pub out: Option<PathBuf>,
    /// Whether to build and test them.
    pub test: bool,
    /// Whether changes that are not committed may be packed.
    pub allow_dirty: bool,
}

/// Packs the crates in a copy of the workspace and puts them, unpacked, into the folder. If anything
/// fails, nothing is left behind.
///
/// # Errors
/// Fails if the folder is not empty, the workspace is not committed, a tool is missing, a package
/// cannot be made or is not what it should be, or a test fails.
pub fn package(task: &Package) -> Result<(), Failure> {
    let root = &task.root;
    for tool in ["cargo", "git", "tar"] {
        output(&mut command(tool, &["--version"], root))
            .map_err(|_| Failure(format!("`{tool} --version` does not run; install {tool}")))?;
    }
    refuse(task)?;
    let documents = documents(root)?;
    let code = Code::complete(root, Vec::new())?;
    let work = tempfile::tempdir().map_err(|error| Failure(format!("no folder: {error}")))?;
    let packed = pack(root, &code, work.path())?;
    verify(&packed, &code)?;
    if task.test {
        test(root, &packed, &code)?;
    }
    if self::documents(root)? != documents {
        return Err(Failure("a document has changed in the meantime; pack again".to_owned()));
    }
    task.out.as_deref().map_or(Ok(()), |out| deliver(&packed, out))
}

/// Refuses what would not be packed as meant.
fn refuse(task: &Package) -> Result<(), Failure> {
    let root = &task.root;
    let stale = root.join(FOLDER);
    if stale.exists() {
        let stale = stale.display();
        return Err(Failure(format!("{stale} is in the way of the code to generate; delete it")));
    }
    let Some(out) = &task.out else { return Ok(()) };
    let shown = out.display();
    let is_empty = |folder: fs::ReadDir| folder.into_iter().next().is_none();
    if out.exists() && !fs::read_dir(out).is_ok_and(is_empty) {
        return Err(Failure(format!(
            "{shown} is not an empty folder; name one that is, or that does not exist"
        )));
    }
    let within = |folder: &Path| resolved(out).starts_with(resolved(folder));
    if within(root) && !within(&root.join("target")) {
        return Err(Failure(format!(
            "{shown} is in the workspace, which would take the crates for its own; name a folder \
             outside it or in target/"
        )));
    }
    if task.allow_dirty {
        return Ok(());
    }
    let changes = output(&mut command("git", &["status", "--porcelain"], root))?;
    match changes.lines().count() {
        0 => Ok(()),
        count => Err(Failure(format!(
            "{count} changes are not committed, such as `{}`; commit them, or pass --allow-dirty",
            changes.lines().next().unwrap_or_default().trim()
        ))),
    }
}

/// Returns the full path, without links where it exists.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = path.ancestors().find_map(|folder| {
        Some(fs::canonicalize(folder).ok()?.join(path.strip_prefix(folder).ok()?))
    });
    resolved.unwrap_or(path)
}

fn documents(root: &Path) -> Result<Vec<String>, Failure> {
    Module::ALL.iter().map(|module| read(&root.join(module.document()))).collect()
}

/// Packs the crates and returns the folder in which they are, unpacked.
fn pack(root: &Path, code: &Code, work: &Path) -> Result<PathBuf, Failure> {
    let (workspace, target, packed) =
        (work.join("workspace"), work.join("target"), work.join("packed"));
    code.write_workspace(root, &workspace)?;
    let mut arguments = vec!["package", "--quiet", "--no-verify", "--allow-dirty"];
    arguments.extend(PACKAGES.iter().flat_map(|name| ["--package", name]));
    output(command("cargo", &arguments, &workspace).env("CARGO_TARGET_DIR", &target))?;
    let archives = fs::read_dir(target.join("package"))
        .map_err(|error| Failure(format!("cargo package left no package: {error}")))?;
    let archives = archives.flatten().map(|entry| entry.path());
    let archives: Vec<PathBuf> =
        archives.filter(|path| path.extension().is_some_and(|end| end == "crate")).collect();
    for name in PACKAGES {
        // The next character is the version's, as one name begins with the other.
        let is_of = |path: &&PathBuf| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let version = stem.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        };
        let archive = archives.iter().find(is_of);
        let archive =
            archive.ok_or_else(|| Failure(format!("cargo package did not pack {name}")))?;
        let folder = packed.join(name);
        fs::create_dir_all(&folder)
            .map_err(|error| Failure(format!("cannot create {}: {error}", folder.display())))?;
        let archive = archive.to_string_lossy();
        let arguments = ["-xzf", archive.as_ref(), "--strip-components=1"];
        output(&mut command("tar", &arguments, &folder))?;
        // Cargo writes it anew.
        let _ = fs::remove_file(folder.join("Cargo.toml.orig"));
    }
    // The client builds where it is, before its demo account is published; Cargo publishes no path.
    let manifest = packed.join(CLIENT).join("Cargo.toml");
    let head = "dependencies.sendmux-mock]\n";
    let text = read(&manifest)?.replace(head, &format!("{head}path = \"../sendmux-mock\"\n"));
    write(&manifest, &text)?;
    Ok(packed)
}

/// Checks that the client was packed with the code, and without the generator.
fn verify(packed: &Path, code: &Code) -> Result<(), Failure> {
    let client = packed.join(CLIENT);
    for name in ["Cargo.toml", "Cargo.lock"] {
        if read(&client.join(name))?.contains(GENERATOR) {
            return Err(Failure(format!("{name} of the packed client names {GENERATOR}")));
        }
    }
    if client.join("build.rs").exists() {
        return Err(Failure("the packed client has a build script".to_owned()));
    }
    for (module, generated) in &code.modules {
        let name = format!("{FOLDER}/{}.rs", module.name());
        if read(&client.join(&name))?.lines().next() != Some(generated.header()) {
            return Err(Failure(format!("{name} of the packed client is of another document")));
        }
    }
    Ok(())
}

/// Builds the packed client as a user does, then runs its tests and builds its documentation.
fn test(root: &Path, packed: &Path, code: &Code) -> Result<(), Failure> {
    let scratch = Scratch::new(root)?;
    let client = scratch.path().join(CLIENT);
    for name in PACKAGES {
        copy(&packed.join(name), &scratch.path().join(name))?;
    }
    let workspace = format!("[workspace]\nmembers = [\"{CLIENT}\"]\nresolver = \"3\"\n");
    write(&scratch.path().join("Cargo.toml"), &workspace)?;
    copy(&root.join("Cargo.lock"), &scratch.path().join("Cargo.lock"))?;
    let run = |arguments: &[&str]| -> Result<(), Failure> {
        anstream::println!("packed: cargo {}", arguments.join(" "));
        let mut cargo = command("cargo", arguments, scratch.path());
        cargo.env("CARGO_TARGET_DIR", packed::target(root)).env("RUSTDOCFLAGS", "-D warnings");
        let status =
            cargo.status().map_err(|error| Failure(format!("cannot run cargo: {error}")))?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure(format!("packed: cargo {} failed", arguments.join(" ")))),
        }
    };
    run(&["check", "--quiet", "--package", CLIENT])?;
    code.write_tests(root, &client)?;
    // The compiler's messages name the file of generated code, which is another one here.
    let _ = fs::remove_file(client.join("tests/ui.rs"));
    let manifest = client.join("Cargo.toml");
    write(&manifest, &read(&manifest)?.replace("autotests = false", "autotests = true"))?;
    run(&["test", "--quiet", "--package", CLIENT, "--features", "full", "--lib", "--tests"])?;
    run(&["test", "--quiet", "--package", CLIENT, "--features", "full", "--doc"])?;
    run(&["doc", "--quiet", "--no-deps", "--package", CLIENT, "--features", "full"])
}

/// Moves the crates to where they were asked for, all at once.
fn deliver(packed: &Path, out: &Path) -> Result<(), Failure> {
    let failed = |error| Failure(format!("cannot write {}: {error}", out.display()));
    let out = std::path::absolute(out).map_err(failed)?;
    let above = out.parent().unwrap_or(&out);
    fs::create_dir_all(above).map_err(failed)?;
    let beside = tempfile::tempdir_in(above).map_err(failed)?;
    let complete = beside.path().join("complete");
    copy(packed, &complete)?;
    if out.exists() {
        fs::remove_dir(&out).map_err(failed)?;
    }
    fs::rename(&complete, &out).map_err(failed)
}
