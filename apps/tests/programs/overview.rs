//! Runs `sendmux-overview` and checks output and exit status.

use std::process::Command;

use httpmock::MockServer;
use sendmux_mock::DemoAccount;
use serde_json::{Value, json};

use crate::{finish, program};

fn overview(arguments: &[&str]) -> Command {
    program(env!("CARGO_BIN_EXE_sendmux-overview"), arguments)
}

fn of(account: &DemoAccount, arguments: &[&str]) -> Command {
    let mut command = overview(arguments);
    command.env("SENDMUX_API_KEY", account.key()).env("SENDMUX_BASE_URL", account.base_url());
    command
}

#[test]
fn without_a_key_it_shows_a_demo_account() {
    let (code, stdout, stderr) = finish(&mut overview(&[]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    for part in
        ["demo account", "Sending accounts", "Main relay", "Email in the last 30 days", "Balance"]
    {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    assert!(!stdout.contains('\u{1b}'), "no styles outside of a terminal");
}

#[test]
fn json_has_every_section() {
    let (code, stdout, stderr) = finish(&mut overview(&["--json"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&stdout).unwrap();
    let sections: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(sections, ["billing", "connection", "failures", "metrics", "providers"]);
}

#[test]
fn a_section_without_permission_is_replaced_by_the_reason() {
    let account = DemoAccount::builder().without_permission("billing.read").start();
    let (code, stdout, _) = finish(&mut of(&account, &[]));
    assert_eq!(code, 3);
    assert!(
        stdout.contains("Not available: the key lacks the permission billing.read"),
        "{stdout}"
    );
    let (code, stdout, _) = finish(&mut of(&account, &["--json"]));
    assert_eq!(code, 3);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert!(json["billing"]["problem"].as_str().unwrap().contains("billing.read"), "{stdout}");
}

#[test]
fn failures_are_one_sentence_with_an_exit_status() {
    let account = DemoAccount::start();
    let mut wrong_key = of(&account, &[]);
    wrong_key.env("SENDMUX_API_KEY", "smx_root_of_someone_else");
    let mut unreachable = of(&account, &[]);
    unreachable.env("SENDMUX_BASE_URL", "http://127.0.0.1:1/api/v1");
    let mut invalid_url = of(&account, &[]);
    invalid_url.env("SENDMUX_BASE_URL", "here");
    for (mut command, expected, message) in [
        (wrong_key, 1, "the API rejected the key"),
        (unreachable, 1, "the connection was refused"),
        (invalid_url, 2, "base URL"),
    ] {
        let (code, stdout, stderr) = finish(&mut command);
        assert_eq!((code, stdout.as_str()), (expected, ""), "{stderr}");
        assert!(stderr.contains(message) && !stderr.contains("smx_root"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    assert_eq!(finish(&mut overview(&["--xml"])).0, 2);
}

#[test]
fn text_from_the_api_does_not_control_the_terminal() {
    let hostile = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{7f}\r\n\tname";
    let api = MockServer::start();
    api.mock(|when, then| {
        when.path("/me");
        then.status(200).json_body(json!({
            "ok": true, "meta": {"request_id": "req_1"}, "data": {
                "credential": {"id": "key_1", "type": hostile, "name": hostile}, "label": hostile,
                "mailboxes": [], "permissions": [], "team": {"id": "team_1", "name": hostile},
            },
        }));
    });
    api.mock(|when, then| {
        when.path("/emails/logs");
        then.status(200).json_body(json!({
            "ok": true, "meta": {"request_id": "req_1"},
            "pagination": {"has_more": false, "next_cursor": null},
            "data": [{
                "id": "dlog_1", "status": "failed", "attempts": 1, "status_reason": hostile,
                "to_email": hostile, "provider_name": hostile, "created_at": "2026-10-05T00:00:00Z",
            }],
        }));
    });
    api.mock(|when, then| {
        when.any_request();
        then.status(403).json_body(json!({
            "ok": false, "meta": {"request_id": hostile},
            "error": {"code": "forbidden", "message": hostile},
        }));
    });
    for arguments in [&[][..], &["--json"]] {
        let mut command = overview(arguments);
        command.env("SENDMUX_API_KEY", "smx_root_example").env("SENDMUX_BASE_URL", api.base_url());
        let (code, stdout, stderr) = finish(&mut command);
        assert_eq!(code, 3, "{stderr}");
        assert!(stdout.contains("name"), "{stdout:?}");
        for text in [&stdout, &stderr] {
            let hidden = text
                .chars()
                .find(|c| c.is_control() && *c != '\n' || "\u{202e}\u{2066}".contains(*c));
            assert_eq!(hidden, None, "{text:?}");
        }
    }
}
