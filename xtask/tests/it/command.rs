//! The binary: exit codes, formats, and the output for GitHub.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::returns;

fn xtask(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY");
    command
}

/// Creates a folder with two documents, of which the second lacks a field.
fn documents() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let schema = |fields: Value| json!({"type": "object", "properties": fields});
    let old = returns(schema(json!({"a": {"type": "string"}, "b": {"type": "string"}})));
    let new = returns(schema(json!({"a": {"type": "string", "description": "Words."}})));
    fs::write(folder.path().join("old.json"), old.to_string()).unwrap();
    fs::write(folder.path().join("new.json"), new.to_string()).unwrap();
    folder
}

fn diff(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = xtask(folder.path());
    command.current_dir(folder.path()).args(["diff-spec", "old.json", "new.json"]).args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_threshold_decides_the_exit_code() {
    let folder = documents();
    for (threshold, code) in [("breaking", 1), ("compatible", 1), ("docs", 1), ("never", 0)] {
        let output = diff(&folder, &["--fail-on", threshold]);
        assert_eq!(output.status.code(), Some(code), "{threshold}");
    }
    fs::copy(folder.path().join("old.json"), folder.path().join("new.json")).unwrap();
    assert_eq!(diff(&folder, &["--fail-on", "docs"]).status.code(), Some(0));
    fs::write(folder.path().join("new.json"), "<html>").unwrap();
    assert_eq!(diff(&folder, &["--fail-on", "never"]).status.code(), Some(2));
    assert_eq!(diff(&folder, &["--fail-on", "sometimes"]).status.code(), Some(2));
    let missing = xtask(folder.path()).args(["diff-spec", "none.json", "x"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("none.json"));
}

#[test]
fn json_has_the_documented_form() {
    let output = diff(&documents(), &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(
        report["summary"],
        json!({"breaking": 1, "compatible": 0, "docs": 1, "bump": "major"})
    );
    let finding = report["findings"][0].as_object().unwrap();
    let keys: Vec<&str> = finding.keys().map(String::as_str).collect();
    let mut expected =
        vec!["id", "level", "direction", "location", "operations", "message", "rust", "old", "new"];
    expected.sort_unstable();
    let mut found = keys;
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(finding["id"], "response-optional-property-removed");
    assert_eq!(finding["operations"], json!(["managementMakeThing"]));
}

#[test]
fn text_has_counts_bump_and_next_command_and_no_colors_in_a_file() {
    let folder = documents();
    let output = diff(&folder, &["--output", "report.txt"]);
    assert!(output.stdout.is_empty());
    let report = fs::read_to_string(folder.path().join("report.txt")).unwrap();
    assert!(report.contains("2 findings: 1 breaking, 0 compatible, 1 docs. Version bump: major."));
    assert!(report.contains("Next: cargo xtask"));
    assert!(!report.contains('\u{1b}'));
    let headings: Vec<&str> =
        report.lines().filter(|line| line.starts_with("managementMake")).collect();
    assert_eq!(headings, ["managementMakeThing"]);
}

#[test]
fn an_unwritable_report_is_a_failure() {
    let output = diff(&documents(), &["--output", "none/report.txt", "--fail-on", "never"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot write"));
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let folder = documents();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let mut command = xtask(folder.path());
    command.current_dir(folder.path()).args([
        "diff-spec",
        "old.json",
        "new.json",
        "--format",
        "json",
    ]);
    let output = command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    let lines = text(&output.stderr);
    assert!(lines.contains("::error file=new.json,title=response-optional-property-removed::"));
    assert!(lines.contains("::notice title=API drift::2 findings"));
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n## API drift"));
    assert!(summary.contains("| 1 | 0 | 1 | **major** |"));
}

#[test]
fn a_commit_is_a_source() {
    let folder = documents();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
        ]);
        assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "old.json"]);
    git(&["commit", "--quiet", "--message", "one"]);
    let mut command = xtask(folder.path());
    let output = command
        .args(["diff-spec", "git:HEAD:old.json"])
        .arg(folder.path().join("new.json"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let output =
        xtask(folder.path()).args(["diff-spec", "git:none:old.json", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn from_needs_a_single_surface() {
    let folder = documents();
    let arguments = ["update-spec", "--surface", "all", "--from", "new.json"];
    let output = xtask(folder.path()).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--surface"));
}

#[test]
fn a_deep_mistake_is_told_at_once() {
    let folder = documents();
    let document = |leaf: Value| {
        let nested = (0..50).fold(leaf, |inner, _| json!({"type": "array", "items": inner}));
        returns(nested).to_string()
    };
    fs::write(folder.path().join("old.json"), document(json!({"type": "string"}))).unwrap();
    fs::write(folder.path().join("new.json"), document(json!({"type": 5}))).unwrap();
    let start = std::time::Instant::now();
    let output = diff(&folder, &[]);
    assert!(start.elapsed().as_secs() < 10);
    let report = text(&output.stdout);
    assert!(report.contains("items/type: must be the name of a type"), "{report}");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_next_command_fits_the_command_that_ran() {
    let folder = documents();
    let report = text(&diff(&folder, &[]).stdout);
    assert!(report.contains("Next: cargo xtask update-spec --from new.json\n"), "{report}");
    fs::rename(folder.path().join("new.json"), folder.path().join("openapi.json")).unwrap();
    let mut command = xtask(folder.path());
    command.current_dir(folder.path()).args(["diff-spec", "old.json", "openapi.json"]);
    let report = text(&command.output().unwrap().stdout);
    assert!(report.contains("Next: cargo test "), "{report}");
}

#[test]
fn listed_findings_do_not_count_until_their_day() {
    let folder = documents();
    let entries = |until: &str, other: &str| {
        let removed = "response-optional-property-removed";
        format!(
            "[[ignore]]\nid = \"{removed}\"\noperation = \"managementMakeThing\"\n\
             pointer = \"/paths\"\nuntil = \"{until}\"\nwhy = \"Nobody reads it.\"\n{other}"
        )
    };
    let run = |text: String, format: &str| {
        fs::write(folder.path().join("ignore.toml"), text).unwrap();
        diff(&folder, &["--ignore", "ignore.toml", "--format", format])
    };
    let output = run(entries("2999-12-31", ""), "json");
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["bump"], "patch");
    assert_eq!(report["ignored"][0]["why"], "Nobody reads it.");
    assert_eq!(report["notes"], Value::Null);
    let output = run(entries("2020-12-31", ""), "text");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("until 2020-12-31 has expired."));
    let other = "[[ignore]]\nid = \"info-changed\"\nuntil = \"2999-12-31\"\nwhy = \"a\"\n";
    let output = run(entries("2999-12-31", other), "markdown");
    assert!(
        text(&output.stdout).contains("ignores `info-changed` until 2999-12-31 matches nothing.")
    );
    assert!(text(&output.stdout).contains("Ignored: 1"));
    assert_eq!(run("id = 1".to_owned(), "text").status.code(), Some(2));
}

#[test]
fn help_lists_the_exit_codes() {
    let output = xtask(Path::new(".")).args(["update-spec", "--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for word in ["--from", "--check", "--fail-on", "Exit codes", "If a document is refused"] {
        assert!(help.contains(word), "{word} is missing in {help}");
    }
}

#[test]
fn expanded_code_is_formatted_rust() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = xtask(root).args(["expand", "--surface", "sending"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let code = text(&output.stdout);
    assert!(code.contains("impl Client") && syn::parse_file(&code).is_ok());
    let output =
        xtask(root).args(["expand", "--surface", "sending", "--repairs"]).output().unwrap();
    assert!(text(&output.stdout).lines().all(|line| line.split('\t').count() >= 3));
}
