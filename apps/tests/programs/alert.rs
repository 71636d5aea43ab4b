//! Runs `sendmux-alert` and checks output and exit status.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use sendmux_mock::DemoAccount;
use tempfile::TempDir;

use crate::{finish, program};

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
        let mut command = program(env!("CARGO_BIN_EXE_sendmux-alert"), arguments);
        command.current_dir(&self.directory);
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

const DOWN: &str = "[[rule]]\nname = \"down\"\nkind = \"provider-down\"\n";
const QUIET: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"-5\"\n";

#[test]
fn the_demo_fires_alerts() {
    let run = Run::new();
    let (code, stdout, stderr) = run.once(&["--demo"]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    assert!(stdout.contains("firing (critical) sending-account-down: Backup relay"), "{stdout}");
    assert_eq!(fs::read_dir(&run.directory).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_firing_alert_is_notified_once() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let run = Run::new().rules(DOWN);
    let (code, stdout, _) = run.of(&account);
    assert_eq!((code, stdout.lines().count()), (1, 2), "{stdout}");
    assert_eq!(run.of(&account), (1, String::new(), String::new()));
}

#[test]
fn no_alert_is_a_success() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    assert_eq!(Run::new().rules(QUIET).of(&account), (0, String::new(), String::new()));
}

#[test]
fn an_unevaluated_rule_is_reported() {
    let account = DemoAccount::builder().without_permission("billing.read").start();
    let (code, stdout, stderr) = Run::new().rules(QUIET).of(&account);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(stderr.contains("billing.read"), "{stderr}");
    let (code, _, _) = Run::new().rules(&format!("{QUIET}{DOWN}")).of(&account);
    assert_eq!(code, 1, "a firing alert has precedence");
}

#[test]
fn invalid_settings_are_rejected() {
    let account = DemoAccount::start();
    let run = Run::new().rules("[[rule]]\nname = \"a\"\nkind = \"odd\"\n");
    let (code, _, stderr) = run.of(&account);
    assert_eq!(code, 2);
    assert!(stderr.contains("rules.toml: line 3: `kind`"), "{stderr}");

    let run = Run::new().rules(QUIET);
    fs::write(run.directory.path().join("sendmux-alert.json"), "{\"version\":1").unwrap();
    let (code, _, stderr) = run.of(&account);
    assert_eq!(code, 2);
    assert!(stderr.contains("sendmux-alert.json is damaged"), "{stderr}");

    assert_eq!(Run::new().once(&[]).0, 2);
    let (code, _, stderr) = Run::new().once(&["--demo", "--rules", "missing.toml"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("missing.toml"), "{stderr}");
    assert_eq!(Run::new().once(&["--demo", "--every", "0s"]).0, 2);
}

#[cfg(unix)]
#[test]
fn it_evaluates_until_terminated() {
    let run = Run::new();
    let mut child = run.alert(&["--demo", "--every", "1h"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("firing"), "{line}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
