//! Runs `sendmux-report` and checks the files it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use scraper::{Html, Selector};
use sendmux_client::Decimal;
use sendmux_mock::DemoAccount;
use tempfile::TempDir;

use crate::{finish, program};

/// 2026-10-31T23:59:59Z.
const END_OF_OCTOBER: i64 = 1_793_491_199;

struct Run {
    directory: TempDir,
    command: Command,
}

impl Run {
    fn new(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = program(env!("CARGO_BIN_EXE_sendmux-report"), arguments);
        command.current_dir(&directory);
        Self { directory, command }
    }

    fn of(account: &DemoAccount, arguments: &[&str]) -> Self {
        let mut run = Self::new(&["--month", "2026-10"]);
        run.command.args(arguments).args(["--base-url", account.base_url()]);
        run.command.env("SENDMUX_API_KEY", account.key());
        run
    }

    fn finish(&mut self) -> (i32, String) {
        let (code, _, stderr) = finish(&mut self.command);
        (code, stderr)
    }

    fn files(&self) -> BTreeMap<String, String> {
        fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
                match path.is_dir() {
                    true => collect(&path, &format!("{name}/"), files),
                    false => _ = files.insert(name, fs::read_to_string(&path).unwrap()),
                }
            }
        }
        let mut files = BTreeMap::new();
        collect(self.directory.path(), "", &mut files);
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }
}

fn october() -> sendmux_mock::Builder {
    DemoAccount::builder().emails_per_day(20).now(END_OF_OCTOBER)
}

fn headline(html: &str) -> Vec<String> {
    let selector = Selector::parse(".value").unwrap();
    Html::parse_document(html).select(&selector).map(|found| found.text().collect()).collect()
}

fn sum<T: std::str::FromStr + std::iter::Sum>(csv: &str, column: &str) -> T {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let index = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    reader.records().map(|row| row.unwrap()[index].parse::<T>().ok().unwrap()).sum()
}

#[test]
fn the_page_and_csv_files_of_the_demo_agree() {
    let run = || {
        let mut run = Run::new(&["--demo", "--month", "2026-10", "--csv", "csv"]);
        assert_eq!(run.finish(), (0, String::new()));
        run.files()
    };
    let files = run();
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let csv = ["daily", "monthly", "providers", "reasons", "transactions"];
    let csv = csv.map(|name| format!("csv/{name}.csv"));
    assert_eq!(names[..5], csv);
    assert_eq!(names[5..], ["sendmux-2026-10.html"]);

    let [daily, monthly, providers, reasons, transactions] =
        csv.each_ref().map(|name| files[name].as_str());
    let emails: i64 = sum(daily, "emails");
    assert!(emails > 4000, "{emails}");
    assert_eq!(sum::<i64>(providers, "emails"), emails);
    let failures = sum::<i64>(daily, "failed") + sum::<i64>(daily, "rejected");
    assert_eq!(sum::<i64>(reasons, "emails"), failures);
    assert_eq!(csv::Reader::from_reader(daily.as_bytes()).records().count(), 31);
    let mut months = csv::Reader::from_reader(monthly.as_bytes());
    let months: Vec<_> = months.records().map(Result::unwrap).collect();
    let [.., september, october] = months.as_slice() else { panic!("{monthly}") };
    assert_eq!((&september[0], &october[0]), ("2026-09", "2026-10"));
    assert_eq!(october[1].parse(), Ok(emails));
    assert_eq!(october[7].parse(), Ok(sum::<Decimal>(daily, "spend_usd")));
    let used: Decimal = csv::Reader::from_reader(transactions.as_bytes())
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[2] == "USAGE")
        .map(|row| row[3].parse::<Decimal>().unwrap())
        .sum();
    assert_eq!(sum::<Decimal>(daily, "spend_usd"), -used);

    let page = &files["sendmux-2026-10.html"];
    assert_eq!(headline(page)[0].replace(',', ""), emails.to_string());
    assert!(page.contains("the metrics of the API agree") && page.contains("Demo account."));
    assert_eq!(files, run(), "equal months have equal reports");
}

#[test]
fn the_page_can_be_written_to_standard_output() {
    let account = october().start();
    let mut run = Run::of(&account, &["--output", "-"]);
    let output = run.command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    assert!(run.names().is_empty());
}

#[test]
fn settings_are_read_from_the_environment() {
    let account = october().start();
    let mut run = Run::new(&[]);
    run.command
        .env("SENDMUX_API_KEY", account.key())
        .env("SENDMUX_BASE_URL", account.base_url())
        .env("SENDMUX_REPORT_MONTH", "2026-10")
        .env("SENDMUX_REPORT_OUTPUT", "page.html")
        .env("SENDMUX_REPORT_CSV", "csv")
        .env("SENDMUX_REPORT_TIME_ZONE", "America/New_York");
    assert_eq!(run.finish(), (0, String::new()));
    let files = run.files();
    assert_eq!(files.len(), 6);
    assert!(files["page.html"].contains("Days are in America/New_York"));
}

#[test]
fn parts_without_permission_are_reported_as_missing() {
    let account = october().without_permission("logs.read").start();
    let mut run = Run::of(&account, &["--csv", "."]);
    let (code, stderr) = run.finish();
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("the key lacks the permission logs.read"), "{stderr}");
    let files = run.files();
    assert_eq!(
        run.names(),
        ["daily.csv", "monthly.csv", "sendmux-2026-10.html", "transactions.csv"]
    );
    let page = &files["sendmux-2026-10.html"];
    assert!(page.contains("This report is incomplete."));
    let counted: i64 = sum(&files["daily.csv"], "emails");
    assert_eq!(headline(page)[0].replace(',', ""), counted.to_string());

    let account = october().without_permission("billing.read").start();
    let mut run = Run::of(&account, &["--csv", "."]);
    assert_eq!(run.finish().0, 3);
    let csv = ["daily.csv", "monthly.csv", "providers.csv", "reasons.csv"];
    assert_eq!(run.names(), [&csv[..], &["sendmux-2026-10.html"]].concat());
}

#[test]
fn nothing_is_written_if_nothing_can_be_read() {
    let permissions = ["logs.read", "analytics.read", "provider.read", "billing.read"];
    let builder =
        permissions.into_iter().fold(october(), |builder, name| builder.without_permission(name));
    let account = builder.start();
    let mut run = Run::of(&account, &["--csv", "."]);
    let (code, stderr) = run.finish();
    assert!(stderr.contains("the key lacks the permission"), "{stderr}");
    assert_eq!(code, 1, "{stderr}");
    assert!(run.names().is_empty(), "{:?}", run.names());

    let account = october().start();
    let mut run = Run::of(&account, &[]);
    run.command.env("SENDMUX_API_KEY", "smx_root_of_someone_else");
    let (code, stderr) = run.finish();
    assert_eq!((code, run.names().len()), (1, 0), "{stderr}");
    assert!(stderr.contains("rejected the key") && !stderr.contains("smx_root"), "{stderr}");
}

#[test]
fn invalid_settings_and_failures_have_different_exit_statuses() {
    for (arguments, code, message) in [
        (&["--demo", "--month", "2026-13"][..], 2, "not a month such as 2026-10"),
        (&["--demo", "--time-zone", "Middle/Earth"], 2, "not a time zone"),
        (&["--demo", "--key-file", "key"], 2, "cannot be used with"),
        (&["--month", "9998-12"], 2, "December 9998 has not begun yet"),
        (&[], 2, "no API key"),
        (&["--key-file", "none"], 2, "cannot read"),
        (&["--demo", "--output", "none/page.html"], 1, "cannot write none/page.html"),
        (&["--demo", "--output", "."], 1, "cannot write"),
    ] {
        let mut run = Run::new(arguments);
        let (found, stderr) = run.finish();
        assert_eq!(found, code, "{arguments:?}: {stderr}");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert!(run.names().is_empty());
    }
}

#[test]
fn the_report_is_sent_once_however_often_it_is_repeated() {
    let account = october().start();
    let to = ["--send-to", "ada@example.org,alan@example.org", "--send-from", "a@example.com"];
    for _ in 0..2 {
        let mut run = Run::of(&account, &to);
        run.command.env("SENDMUX_SEND_KEY", account.mailbox_key());
        let (code, stderr) = run.finish();
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("sent to ada@example.org, alan@example.org"), "{stderr}");
        assert_eq!(account.emails_sent(), 2);
        assert!(run.names().is_empty(), "no file unless it is asked for");
    }
    let mut run = Run::of(&account, &to);
    let (code, stderr) = run.finish();
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("SENDMUX_SEND_KEY"), "{stderr}");
}

#[test]
fn csv_files_begin_with_a_byte_order_mark_on_request() {
    let account = october().start();
    let mut run = Run::of(&account, &["--csv", ".", "--csv-bom"]);
    assert_eq!(run.finish().0, 0);
    let files = run.files();
    let csv: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".csv")).collect();
    assert_eq!(csv.len(), 5);
    for (name, text) in csv {
        assert!(text.starts_with('\u{feff}'), "{name}");
    }
}

#[test]
fn check_says_what_it_would_do_and_writes_nothing() {
    let account = october().without_permission("billing.read").start();
    let mut run = Run::of(&account, &["--check", "--csv", "csv"]);
    let (code, stdout, stderr) = finish(&mut run.command);
    assert_eq!((code, stderr.as_str()), (2, ""), "{stdout}");
    assert!(stdout.contains("problem  the key lacks the permission billing.read"), "{stdout}");
    assert!(stdout.contains("would    write sendmux-2026-10.html"), "{stdout}");
    assert!(run.names().is_empty());
}

#[test]
fn help_lists_every_option() {
    let output = Run::new(&["--help"]).command.output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for setting in [
        "--month",
        "--output",
        "--csv",
        "--time-zone",
        "--verbatim-reasons",
        "--demo",
        "--key-file",
    ] {
        assert!(help.contains(setting), "{setting}");
    }
    assert!(help.contains("SENDMUX_REPORT_MONTH") && help.contains("Exit status"), "{help}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_report_leaves_no_files() {
    // A server that accepts the connection and never responds.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for signal in ["-INT", "-TERM"] {
        let url = format!("http://{}/api/v1", server.local_addr().unwrap());
        let mut run = Run::new(&["--month", "2020-01", "--csv", ".", "--base-url", &url]);
        run.command.env("SENDMUX_API_KEY", "smx_root_x").stderr(std::process::Stdio::piped());
        let child = run.command.spawn().unwrap();
        let (_connection, _) = server.accept().unwrap();
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, "sendmux-report: interrupted; nothing was written\n");
        assert!(run.names().is_empty(), "{:?}", run.names());
    }
}
