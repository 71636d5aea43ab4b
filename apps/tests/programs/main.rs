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

#[cfg(unix)]
#[test]
fn output_that_nobody_reads_is_no_panic() {
    use std::process::Stdio;

    let programs = [
        (env!("CARGO_BIN_EXE_sendmux-overview"), &["--demo"][..]),
        (env!("CARGO_BIN_EXE_sendmux-overview"), &["--demo", "--json"]),
        (env!("CARGO_BIN_EXE_sendmux-overview"), &["--demo", "--check"]),
        (env!("CARGO_BIN_EXE_sendmux-exporter"), &["--demo", "--once"]),
        (env!("CARGO_BIN_EXE_sendmux-report"), &["--demo", "--output", "-"]),
        (env!("CARGO_BIN_EXE_sendmux-report"), &["--demo", "--check"]),
        (env!("CARGO_BIN_EXE_sendmux-alert"), &["--demo", "--once"]),
        (env!("CARGO_BIN_EXE_sendmux-alert"), &["--demo", "--check"]),
    ];
    for (path, arguments) in programs {
        let mut command = program(path, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|code| code <= 3), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}
