//! `cargo xtask ci` with programs that stand in for Cargo and its companions.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const MANIFEST: &str = "[workspace.package]\nrust-version = \"1.88\"\n\
                        [features]\ndefault = []\nfull = []\nalpha = []\nbeta = []\n";

/// A workspace whose `cargo` prints its arguments and fails where they contain `fails`.
fn workspace(fails: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), MANIFEST).unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    let script = format!("#!/bin/sh\necho \"ran $*\"\ncase \"$*\" in *{fails}*) exit 1 ;; esac\n");
    for program in ["cargo", "taplo"] {
        let file = folder.path().join("bin").join(program);
        fs::write(&file, &script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn ci(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env("PATH", root.join("bin"))
        .arg("ci")
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn each_feature_has_a_step_of_its_own() {
    let list = stdout(&ci(workspace("never").path(), &["--full", "--list"]));
    for step in ["clippy:alpha", "clippy:beta", "doc:alpha", "doc:beta"] {
        assert!(list.lines().any(|line| line.starts_with(&format!("{step} "))), "{step}: {list}");
    }
    assert!(!list.contains("--features default"), "{list}");
}

#[test]
fn each_fuzz_target_has_a_step_of_its_own() {
    let folder = workspace("never");
    fs::create_dir_all(folder.path().join("fuzz/fuzz_targets")).unwrap();
    fs::write(folder.path().join("fuzz/fuzz_targets/retry_after.rs"), "").unwrap();
    let list = stdout(&ci(folder.path(), &["--full", "--list"]));
    assert!(list.contains("\nfuzz:retry_after "), "{list}");
}

#[test]
fn long_steps_run_only_when_asked_for() {
    let folder = workspace("never");
    assert!(!stdout(&ci(folder.path(), &["--list"])).contains("mutants"));
    assert!(stdout(&ci(folder.path(), &["--full", "--list"])).contains("mutants"));
    assert!(stdout(&ci(folder.path(), &["machete"])).contains("ran machete"));
}

#[test]
fn a_group_means_all_its_steps_and_each_is_timed() {
    let output = ci(workspace("never").path(), &["format", "clippy"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("== format: cargo fmt --all --check\nran fmt --all --check\n"), "{text}");
    for step in ["format", "clippy:full", "clippy:beta"] {
        let line = text.lines().find(|line| line.starts_with(&format!("{step} "))).unwrap();
        assert!(line.ends_with(" s  passed"), "{line}");
    }
}

#[test]
fn a_failure_ends_the_run_unless_told_otherwise() {
    let folder = workspace("fmt");
    let output = ci(folder.path(), &["format", "test"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("FAILED"));
    assert!(!stdout(&output).contains("ran test"));
    let output = ci(folder.path(), &["--no-fail-fast", "format", "test"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("ran test"));
}

#[test]
fn a_missing_tool_is_reported_and_fails_the_run_unless_allowed() {
    let folder = workspace("never");
    let report = "not run: typos, because `typos --version` does not run; install with \
                  `cargo install --locked typos-cli`\n";
    let output = ci(folder.path(), &["typos", "format"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains(report), "{}", stdout(&output));
    assert!(stdout(&output).contains("ran fmt"), "{}", stdout(&output));
    let output = ci(folder.path(), &["typos", "--allow-missing"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains(report), "{}", stdout(&output));
}

#[test]
fn advisories_are_checked_once_there_is_a_database() {
    let folder = workspace("never");
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .env("CARGO_MANIFEST_DIR", folder.path().join("xtask"))
            .env("CARGO_HOME", folder.path().join("home"))
            .env("PATH", folder.path().join("bin"))
            .args(["ci", "advisories"])
            .output()
            .unwrap()
    };
    // What a failed download leaves.
    fs::create_dir_all(folder.path().join("home/advisory-dbs")).unwrap();
    fs::write(folder.path().join("home/advisory-dbs/db.lock"), "").unwrap();
    let output = run();
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("not run: advisories, because there is nothing in"));
    fs::create_dir(folder.path().join("home/advisory-dbs/advisory-db-1")).unwrap();
    assert!(stdout(&run()).contains("check --disable-fetch advisories"));
}

#[test]
fn what_only_a_release_brings_is_reported_and_fails_nothing() {
    let output = ci(workspace("never").path(), &["semver"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("not run: semver, because no commit has a tag of a release"));
}

#[test]
fn a_step_that_does_not_exist_is_an_error() {
    let output = ci(workspace("never").path(), &["formatting"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("there is no step `formatting`"), "{error}");
}
