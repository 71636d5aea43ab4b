//! Runs `sendmux-alert` and checks output and exit status.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use httpmock::MockServer;
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
    assert!(
        stdout.contains("firing (critical) sending-account-down: 2 incidents\n  Backup relay"),
        "{stdout}"
    );
    assert_eq!(fs::read_dir(&run.directory).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_firing_alert_is_notified_once() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let run = Run::new().rules(DOWN);
    let (code, stdout, _) = run.of(&account);
    assert_eq!((code, stdout.lines().count()), (1, 3), "{stdout}");
    assert!(stdout.starts_with("firing (warning) down: 2 incidents\n"), "{stdout}");
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
    assert_eq!(code, 3);
    assert!(stdout.starts_with("firing (critical) sendmux-alert: balance:"), "{stdout}");
    assert!(stdout.contains("billing.read") && stderr.contains("billing.read"), "{stderr}");
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
    fs::write(run.directory.path().join("sendmux-alert.json"), "{\"version\":2").unwrap();
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

#[test]
fn check_says_what_it_would_do_and_does_nothing() {
    let account =
        DemoAccount::builder().emails_per_day(3).without_permission("billing.read").start();
    let run = Run::new().rules(&format!("{QUIET}{DOWN}"));
    let mut command = run.alert(&["--check", "--rules", "rules.toml"]);
    command.args(["--base-url", account.base_url()]).env("SENDMUX_API_KEY", account.key());
    let (code, stdout, stderr) = finish(&mut command);
    assert_eq!((code, stderr.as_str()), (2, ""), "{stdout}");
    for line in [
        "ok       2 rules",
        "ok       receiver `stdout`: standard output",
        "ok       permission provider.read",
        "problem  the key lacks the permission billing.read",
        "would    read every 1m: sending accounts, balance",
        "would    evaluate (warning) down",
    ] {
        assert!(stdout.lines().any(|found| found == line), "{line}\n{stdout}");
    }
    assert_eq!(fs::read_dir(&run.directory).unwrap().count(), 1, "only the rules");
}

#[test]
fn a_test_notification_is_sent_to_the_named_receiver() {
    let hook = MockServer::start();
    let received = hook.mock(|when, then| {
        when.method("POST").path("/t0ken").header("x-token", "s3cret").body_includes("test");
        then.status(200);
    });
    let rules = format!(
        "[[notify]]\nname = \"hook\"\nto = \"webhook\"\nurl = \"{}\"\n\
         headers = {{ X-Token = {{ env = \"HOOK_TOKEN\" }} }}\n\
         [[notify]]\nname = \"gone\"\nto = \"slack\"\nurl = \"http://127.0.0.1:9/t0ken\"\n{QUIET}",
        hook.url("/t0ken"),
    );
    let run = Run::new().rules(&rules);
    let test = |arguments: &[&str]| {
        let mut command = run.alert(&["--rules", "rules.toml", "test-sink"]);
        // A proxy must not see what is for this machine.
        command.args(arguments).env("HOOK_TOKEN", "s3cret").env("HTTP_PROXY", "http://127.0.0.1:9");
        finish(&mut command)
    };
    let (code, _, stderr) = test(&["hook"]);
    assert_eq!((code, received.calls()), (0, 1), "{stderr}");
    let (code, _, stderr) = test(&[]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("`gone`: cannot be reached") && !stderr.contains("t0ken"), "{stderr}");
    let (code, _, stderr) = test(&["nobody"]);
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn messages_can_be_json() {
    let account = DemoAccount::builder().without_permission("billing.read").start();
    let run = Run::new().rules(QUIET);
    let mut command = run.alert(&["--once", "--rules", "rules.toml", "--log-format", "json"]);
    command.args(["--base-url", account.base_url()]).env("SENDMUX_API_KEY", account.key());
    let (_, _, stderr) = finish(&mut command);
    let message: serde_json::Value = serde_json::from_str(stderr.lines().next().unwrap()).unwrap();
    assert_eq!(message["program"], "sendmux-alert");
    assert!(message["message"].as_str().unwrap().contains("billing.read"), "{stderr}");
}

/// Asks a process to end and returns how long it took.
#[cfg(unix)]
fn terminate(child: &mut std::process::Child) -> std::time::Duration {
    let pid = child.id().to_string();
    let started = std::time::Instant::now();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap();
    started.elapsed()
}

#[cfg(unix)]
#[test]
fn it_ends_within_two_seconds_whatever_a_receiver_or_the_api_does() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let account = DemoAccount::builder().emails_per_day(3).start();
    let hook = format!("[[notify]]\nname = \"hook\"\nto = \"webhook\"\nurl = \"{silent}\"\n");
    let terminal = "[[notify]]\nname = \"terminal\"\nto = \"stdout\"\n";
    let run = Run::new().rules(&format!("{hook}{terminal}{DOWN}"));
    let mut silent_receiver = run.alert(&["--rules", "rules.toml", "--state", "a.json"]);
    silent_receiver.args(["--base-url", account.base_url()]);
    let mut child = silent_receiver
        .env("SENDMUX_API_KEY", account.key())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("firing"), "{line}");
    assert!(terminate(&mut child).as_secs() < 2);

    let mut silent_api = run.alert(&["--rules", "rules.toml", "--state", "b.json"]);
    silent_api.args(["--base-url", &silent, "--listen", "127.0.0.1:0"]);
    let mut child = silent_api
        .env("SENDMUX_API_KEY", "smx_root_example")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first message comes once the signal is handled.
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("/metrics"), "{line}");
    assert!(terminate(&mut child).as_secs() < 2);
}

#[cfg(unix)]
#[test]
fn rules_are_read_again_on_sighup_and_metrics_are_served() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let run = Run::new().rules(QUIET);
    let mut command = run.alert(&["--rules", "rules.toml", "--listen", "127.0.0.1:0"]);
    command.args(["--base-url", account.base_url()]).env("SENDMUX_API_KEY", account.key());
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut messages = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = messages.next().unwrap().unwrap();
    let address = address.strip_prefix("sendmux-alert: http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap().to_owned();
    let get = |path: &str| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    };
    assert!(get("/healthz").starts_with("HTTP/1.1 200"));
    let healthcheck =
        |address: &str| finish(&mut run.alert(&["--healthcheck", "--listen", address])).0;
    assert_eq!((healthcheck(&address), healthcheck("127.0.0.1:9")), (0, 1));
    let hangup = || {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    fs::write(run.directory.path().join("rules.toml"), "[[rule]]\n").unwrap();
    hangup();
    let message = messages.next().unwrap().unwrap();
    assert!(message.contains("the rules stay as they are"), "{message}");
    fs::write(run.directory.path().join("rules.toml"), DOWN).unwrap();
    hangup();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("firing (warning) down"), "{line}");
    let metrics = get("/metrics");
    assert!(metrics.contains("sendmux_alert_rounds_total 1"), "{metrics}");
    terminate(&mut child);
}
