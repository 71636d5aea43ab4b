//! Runs `sendmux-exporter` and checks its metrics, and that the dashboard uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use httpmock::MockServer;
use sendmux_mock::DemoAccount;
use serde_json::Value;

use crate::{finish, program};

fn exporter(arguments: &[&str]) -> Command {
    program(env!("CARGO_BIN_EXE_sendmux-exporter"), arguments)
}

fn of(account: &DemoAccount, arguments: &[&str]) -> Command {
    let mut command = exporter(arguments);
    command.args(["--base-url", account.base_url()]).env("SENDMUX_API_KEY", account.key());
    command
}

/// Parses the series by name and labels.
fn series(text: &str) -> BTreeMap<&str, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap()).map(|(k, v)| (k, v.parse().unwrap())).collect()
}

fn names(text: &str) -> BTreeSet<&str> {
    series(text).into_keys().map(|key| key.split('{').next().unwrap()).collect()
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child =
            command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("sendmux-exporter: http://").unwrap();
        let address = address.strip_suffix("/metrics").unwrap().parse().unwrap();
        // An unread pipe would block the exporter once it is full.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        String::from_utf8(self.get_with(path, "")).unwrap()
    }

    /// Sends a request with additional headers.
    fn get_with(&self, path: &str, headers: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close");
        write!(stream, "{head}\r\n{headers}\r\n").unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        response
    }

    #[cfg(unix)]
    fn terminate(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_demo_is_complete() {
    let (code, text, stderr) = finish(&mut exporter(&["--demo", "--once"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    let series = series(&text);
    for group in [
        "account",
        "providers",
        "usage",
        "limits",
        "emails",
        "hours",
        "balance",
        "spend",
        "domains",
        "webhooks",
    ] {
        assert_eq!(series[format!("sendmux_up{{group=\"{group}\"}}").as_str()], 1.0);
    }
    assert!(series["sendmux_balance_dollars"] > 0.0);
    assert_eq!(series["sendmux_rate_limit_requests"], 600.0);
    for line in text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, help) = line.split_once(' ').unwrap();
        let known = name.starts_with("sendmux_") || name.starts_with("process_");
        assert!(known && help.len() > 15, "{line}");
    }
}

#[test]
fn the_dashboard_queries_existing_metrics() {
    let (_, text, _) = finish(&mut exporter(&["--demo", "--once"]));
    let mut known = names(&text);
    known.insert("sendmux_refresh_failures_total");
    let dashboard: Value =
        serde_json::from_str(include_str!("../../dashboards/sendmux.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut queried = BTreeSet::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            queried.extend(words.filter(|word| word.starts_with("sendmux_")).map(str::to_owned));
        }
    }
    let missing: Vec<_> = queried.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(queried.len() >= 15, "{queried:?}");
    let identifiers: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(identifiers.len(), panels.len());
}

#[test]
fn the_rules_for_prometheus_query_existing_metrics() {
    let (_, text, _) = finish(&mut exporter(&["--demo", "--once"]));
    let known = names(&text);
    let rules = include_str!("../../../deploy/prometheus/sendmux.rules.yml");
    let expressions = rules.lines().filter(|line| !line.contains("record:"));
    let words = expressions
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c)));
    // Names with a colon are recorded by the rules, and sendmux_alert_ ones are of the other program.
    let queried: BTreeSet<_> = words
        .filter(|word| word.starts_with("sendmux_") && !word.starts_with("sendmux_alert_"))
        .collect();
    let missing: Vec<_> = queried.iter().filter(|name| !known.contains(*name)).collect();
    assert!(missing.is_empty() && queried.len() >= 10, "{missing:?} {queried:?}");
}

#[test]
fn groups_without_permission_are_left_out() {
    let account = DemoAccount::builder().without_permission("billing.read").start();
    let (code, text, stderr) = finish(&mut of(&account, &["--once"]));
    assert_eq!(code, 3);
    let series = series(&text);
    assert_eq!(series["sendmux_up{group=\"balance\"}"], 0.0);
    assert_eq!(
        series["sendmux_refresh_failures_total{group=\"balance\",kind=\"permission\"}"],
        1.0
    );
    assert_eq!(series["sendmux_up{group=\"emails\"}"], 1.0);
    assert!(!text.contains("_dollars"), "{text}");
    assert!(stderr.contains("billing.read"), "{stderr}");
    assert!(!stderr.contains(account.key()), "{stderr}");
}

#[test]
fn a_scrape_does_not_wait_for_the_api() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", silent.local_addr().unwrap());
    let mut command = exporter(&["--base-url", &url]);
    command.env("SENDMUX_API_KEY", "smx_root_example");
    let server = Server::start(command);
    let metrics = server.get("/metrics");
    assert!(metrics.contains("sendmux_exporter_build_info"), "{metrics}");
    assert!(server.get("/readyz").starts_with("HTTP/1.1 503"));
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
}

#[cfg(unix)]
#[test]
fn it_ends_within_two_seconds_whatever_the_api_or_a_client_does() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", silent.local_addr().unwrap());
    let mut command = exporter(&["--base-url", &url]);
    command.env("SENDMUX_API_KEY", "smx_root_example");
    let mut server = Server::start(command);
    let mut half_open = TcpStream::connect(server.address).unwrap();
    half_open.write_all(b"GET /metrics HTTP/1.1\r\nHost:").unwrap();
    // A response shows that the exporter serves, and so handles signals.
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    let started = std::time::Instant::now();
    server.terminate();
    assert!(started.elapsed().as_secs() < 2);
}

#[cfg(unix)]
#[test]
fn it_serves_until_terminated() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let mut server = Server::start(of(&account, &[]));
    while !server.get("/readyz").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    let metrics = server.get("/metrics");
    assert!(metrics.contains("content-type: text/plain; version=0.0.4"), "{metrics}");
    assert!(metrics.contains("# TYPE sendmux_refreshes_total counter"), "{metrics}");
    let accept = "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n";
    let metrics = String::from_utf8(server.get_with("/metrics", accept)).unwrap();
    assert!(metrics.contains("application/openmetrics-text; version=1.0.0"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    let compressed = server.get_with("/metrics", "Accept-Encoding: gzip\r\n");
    let head = String::from_utf8_lossy(&compressed).into_owned();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(server.get("/").contains("<a href=\"/metrics\">"));
    assert!(metrics.contains("sendmux_last_success_timestamp_seconds"), "{metrics}");
    assert!(server.get("/elsewhere").starts_with("HTTP/1.1 404"));
    let mut check = exporter(&["--healthcheck"]);
    check.env("SENDMUX_EXPORTER_LISTEN", server.address.to_string());
    assert_eq!(finish(&mut check).0, 0);
    assert_eq!(finish(check.env("SENDMUX_EXPORTER_LISTEN", "127.0.0.1:1")).0, 1);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn invalid_settings_are_rejected() {
    for (arguments, word) in [
        (&["--refresh", "0s", "--demo"][..], "from 1s to 7d"),
        (&["--listen", "here", "--demo"], "--listen"),
        (&["--once"], "SENDMUX_API_KEY"),
        (&["--demo", "--refresh", "1h"], "--staleness"),
    ] {
        let (code, _, stderr) = finish(&mut exporter(arguments));
        assert_eq!(code, 2, "{arguments:?} {stderr}");
        assert!(stderr.contains(word), "{stderr}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = finish(&mut exporter(&["--demo", "--listen", &address]));
    assert_eq!(code, 2);
    assert!(stderr.contains(&address), "{stderr}");
}

#[test]
fn half_open_requests_do_not_stop_the_metrics() {
    let account = DemoAccount::builder().emails_per_day(3).start();
    let server = Server::start(of(&account, &[]));
    let half_open: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:").unwrap();
            stream
        })
        .collect();
    assert!(server.get("/metrics").contains("sendmux_exporter_build_info"));
    drop(half_open);
}

#[test]
fn check_says_what_it_would_do() {
    let account = DemoAccount::builder().without_permission("domain.read").start();
    let (code, stdout, _) = finish(&mut of(&account, &["--check", "--listen", "127.0.0.1:0"]));
    assert_eq!(code, 2, "{stdout}");
    assert!(stdout.contains("problem  the key lacks the permission domain.read"), "{stdout}");
    assert!(stdout.contains("would    serve http://127.0.0.1:0/metrics"), "{stdout}");
}

#[test]
fn invalid_responses_yield_no_values() {
    for body in ["", "<html>", "{\"ok\":true,\"data\":{}}", "[]"] {
        let api = MockServer::start();
        api.mock(|when, then| {
            when.any_request();
            then.status(200).body(body);
        });
        let mut command = exporter(&["--once", "--base-url", &api.url("/api/v1")]);
        command.env("SENDMUX_API_KEY", "smx_root_example");
        let (code, text, _) = finish(&mut command);
        assert_eq!(code, 1, "{body}");
        let series = series(&text);
        for group in ["providers", "balance"] {
            let failures =
                format!("sendmux_refresh_failures_total{{group=\"{group}\",kind=\"decode\"}}");
            assert_eq!(series[failures.as_str()], 1.0, "{body}");
        }
        assert!(!text.contains("_dollars"), "{text}");
    }
}
