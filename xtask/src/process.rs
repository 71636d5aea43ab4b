//! Programs that a task runs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::outcome::Failure;

/// Prepares a program as a shell would run it: subcommands of Cargo take a package in the
/// environment, which `cargo xtask` has, for their own.
pub fn command(program: &str, arguments: &[impl AsRef<str>], folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command.args(arguments.iter().map(AsRef::as_ref)).current_dir(folder);
    command
}

/// Runs a program that must succeed and returns what it printed.
///
/// # Errors
/// Fails if the program does not run, or with the end of what it printed if it fails.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    /// Lines of an error message.
    const LINES: usize = 60;

    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure(format!("cannot run {name}: {error}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let printed = text(&output.stdout) + &text(&output.stderr);
    let lines: Vec<&str> = printed.lines().collect();
    let end = lines.iter().skip(lines.len().saturating_sub(LINES)).copied();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    let end: Vec<&str> = end.collect();
    Err(Failure(format!("`{name} {}` failed:\n{}", words.join(" "), end.join("\n"))))
}
