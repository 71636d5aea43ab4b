//! The program `alert`, from its arguments to its exit status.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use sendmux_mock::DemoAccount;
use tempfile::TempDir;

struct Run {
    directory: TempDir,
}

impl Run {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn rules(self, text: &str) -> Self {
        fs::write(self.directory.path().join("rules.toml"), text).unwrap();
        self
    }

    fn alert(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alert"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SENDMUX_") {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.directory).args(arguments);
        command
    }

    fn once(&self, arguments: &[&str]) -> (i32, String, String) {
        finish(self.alert(arguments).arg("--once"))
    }

    fn of(&self, account: &DemoAccount) -> (i32, String, String) {
        let mut command = self.alert(&["--once", "--rules", "rules.toml"]);
        finish(
            command.args(["--base-url", account.base_url()]).env("SENDMUX_API_KEY", account.key()),
        )
    }
}

fn finish(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const DOWN: &str = "[[rule]]\nname = \"down\"\nkind = \"provider-down\"\n";
const QUIET: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"-5\"\n";

#[test]
fn the_demo_has_something_to_say() {
    let run = Run::new();
    let (code, said, complaints) = run.once(&["--demo"]);
    assert_eq!((code, complaints.as_str()), (1, ""));
    assert!(said.contains("firing (critical) sending-account-down: Backup relay"), "{said}");
    assert_eq!(fs::read_dir(&run.directory).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn what_was_said_is_not_said_again() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let run = Run::new().rules(DOWN);
    let (code, said, _) = run.of(&account);
    assert_eq!((code, said.lines().count()), (1, 2), "{said}");
    assert_eq!(run.of(&account), (1, String::new(), String::new()));
}

#[test]
fn silence_is_a_success() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    assert_eq!(Run::new().rules(QUIET).of(&account), (0, String::new(), String::new()));
}

#[test]
fn what_cannot_be_evaluated_is_told() {
    let account = DemoAccount::builder().without_permission("billing.read").start();
    let (code, said, complaints) = Run::new().rules(QUIET).of(&account);
    assert_eq!((code, said.as_str()), (3, ""));
    assert!(complaints.contains("billing.read"), "{complaints}");
    let (code, _, _) = Run::new().rules(&format!("{QUIET}{DOWN}")).of(&account);
    assert_eq!(code, 1, "an alert weighs more");
}

#[test]
fn wrong_settings_are_refused_before_anything_is_read() {
    let account = DemoAccount::start();
    let run = Run::new().rules("[[rule]]\nname = \"a\"\nkind = \"odd\"\n");
    let (code, _, complaints) = run.of(&account);
    assert_eq!(code, 2);
    assert!(complaints.contains("rules.toml: line 3: `kind`"), "{complaints}");

    let run = Run::new().rules(QUIET);
    fs::write(run.directory.path().join("sendmux-alert.json"), "{\"version\":1").unwrap();
    let (code, _, complaints) = run.of(&account);
    assert_eq!(code, 2);
    assert!(complaints.contains("sendmux-alert.json is damaged"), "{complaints}");

    assert_eq!(Run::new().once(&[]).0, 2);
    let (code, _, complaints) = Run::new().once(&["--demo", "--rules", "missing.toml"]);
    assert_eq!(code, 2);
    assert!(complaints.contains("missing.toml"), "{complaints}");
    assert_eq!(Run::new().once(&["--demo", "--every", "0s"]).0, 2);
}

#[cfg(unix)]
#[test]
fn it_watches_until_it_is_asked_to_end() {
    let run = Run::new();
    let mut child = run.alert(&["--demo", "--every", "1h"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("firing"), "{line}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
