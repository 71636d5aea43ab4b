//! Runs the programs and checks their output, files and exit status.

#![allow(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod alert;
mod exporter;
mod overview;
mod report;

use std::process::{Command, Output};

/// Returns a command that is independent of the environment of the tests.
fn program(path: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SENDMUX_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CLICOLOR_FORCE").args(arguments);
    command
}

/// Runs a command and returns its exit status, standard output and standard error.
fn finish(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}
