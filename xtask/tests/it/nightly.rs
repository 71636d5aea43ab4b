//! The scripts of the nightly job, on a repository of their own, with `gh`, `cargo` and `sleep` replaced.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const DOCUMENT: &str = "openapi.json";
const BRANCH: &str = "spec-drift";

/// Answers like GitHub with at most one pull request, and records its calls.
const GH: &str = r#"#!/bin/sh
echo "$*" | sed 's/body=@.*/body=@FILE/' >>"$STATE/calls"
for argument in "$@"; do
  case "$argument" in
    body=@*) cat "${argument#body=@}" >"$STATE/body" ;;
    state=closed) rm -f "$STATE/open" ;;
  esac
done
case "$*" in
  *"pulls?state=open"*) cat "$STATE/open" 2>/dev/null || true ;;
  *"pulls?state=all"*) cat "$STATE/last" 2>/dev/null || true ;;
  *"head=spec-drift"*) echo 7 >"$STATE/open" ;;
esac
"#;

/// A clone of a repository with one document, and folders for the stubs and their state.
struct Job {
    folder: TempDir,
}

impl Job {
    fn new() -> Self {
        let job = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "state", "origin"] {
            fs::create_dir(job.path(folder)).unwrap();
        }
        job.stub("gh", GH);
        job.git("origin", &["init", "--quiet", "--bare", "--initial-branch=main"]);
        job.git(".", &["clone", "--quiet", "origin", "seed"]);
        job.write("seed", DOCUMENT, "one\n");
        job.commit("seed", "maintainer@one.example");
        job.git("seed", &["push", "--quiet", "origin", "HEAD:main"]);
        job.clone_anew();
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, repository: &str, file: &str, text: &str) {
        fs::write(self.path(repository).join(file), text).unwrap();
    }

    fn stub(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &Path, folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.path(folder))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("STATE", self.path("state"))
            .env("GITHUB_REPOSITORY", "owner/name")
            .env("BASE", "main")
            .env("BRANCH", BRANCH)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = self.command(Path::new("git"), folder).args(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, repository: &str, email: &str) {
        self.git(repository, &["add", "--all"]);
        let name = format!("user.email={email}");
        self.git(repository, &["-c", "user.name=A", "-c", &name, "commit", "--quiet", "-m", "A"]);
    }

    /// Starts where a run of the job starts: with a fresh clone.
    fn clone_anew(&self) {
        let _ = fs::remove_dir_all(self.path("clone"));
        self.git(".", &["clone", "--quiet", "origin", "clone"]);
    }

    fn script(&self, name: &str, arguments: &[&str]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let script = root.join(".github/scripts/drift").join(name);
        self.command(&script, "clone").args(arguments).output().unwrap()
    }

    /// Runs the last step with a document that the API publishes; returns the calls of `gh`.
    fn publish(&self, document: &str) -> String {
        self.clone_anew();
        self.write("clone", DOCUMENT, document);
        fs::write(self.path("report.md"), "REPORT\n").unwrap();
        fs::write(self.path("result.md"), "RESULT\n").unwrap();
        let calls = self.path("state").join("calls");
        let _ = fs::remove_file(&calls);
        let output = self.script("pull-request.sh", &["../report.md", "../result.md"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(calls).unwrap()
    }

    /// Returns the commits of the branch that main lacks, and its document.
    fn branch(&self) -> Option<(usize, String)> {
        let heads = self.git("origin", &["branch", "--list", BRANCH]);
        if heads.is_empty() {
            return None;
        }
        let commits = self.git("origin", &["rev-list", "--count", &format!("main..{BRANCH}")]);
        let document = self.git("origin", &["show", &format!("{BRANCH}:{DOCUMENT}")]);
        Some((commits.parse().unwrap(), document))
    }

    /// Commits to the branch as a maintainer does.
    fn help(&self) {
        self.git("seed", &["fetch", "--quiet"]);
        self.git("seed", &["switch", "--quiet", BRANCH]);
        self.write("seed", "fix.rs", "fix\n");
        self.commit("seed", "maintainer@one.example");
        self.git("seed", &["push", "--quiet", "origin", BRANCH]);
    }

    fn is_open(&self) -> bool {
        self.path("state").join("open").exists()
    }
}

#[test]
fn nothing_is_changed_if_nothing_changed() {
    let job = Job::new();
    let calls = job.publish("one\n");
    assert_eq!(job.branch(), None);
    assert!(calls.lines().all(|call| !call.contains("--silent")), "{calls}");
}

#[test]
fn a_change_opens_a_pull_request_and_starts_its_checks() {
    let job = Job::new();
    let calls = job.publish("two\n");
    assert_eq!(job.branch(), Some((1, "two".to_owned())));
    assert!(job.is_open());
    assert!(calls.contains("actions/workflows/tests.yml/dispatches -f ref=spec-drift"), "{calls}");
    assert!(calls.contains("inputs[full]=false"), "{calls}");
    let body = fs::read_to_string(job.path("state").join("body")).unwrap();
    assert_eq!(body, "RESULT\n\nREPORT\n");
}

#[test]
fn the_same_change_the_next_night_is_left_alone() {
    let job = Job::new();
    job.publish("two\n");
    let before = job.git("origin", &["rev-parse", BRANCH]);
    let calls = job.publish("two\n");
    assert_eq!(job.git("origin", &["rev-parse", BRANCH]), before);
    assert!(!calls.contains("--silent"), "{calls}");
}

#[test]
fn another_change_replaces_the_commit_of_the_job() {
    let job = Job::new();
    job.publish("two\n");
    let calls = job.publish("three\n");
    assert_eq!(job.branch(), Some((1, "three".to_owned())));
    assert!(calls.contains("--method PATCH repos/owner/name/pulls/7 -f title="), "{calls}");
}

#[test]
fn the_commit_of_a_maintainer_is_kept() {
    let job = Job::new();
    job.publish("two\n");
    job.help();
    job.publish("two\n");
    assert_eq!(job.branch(), Some((2, "two".to_owned())));
    job.publish("three\n");
    assert_eq!(job.branch(), Some((3, "three".to_owned())));
    assert_eq!(job.git("origin", &["show", &format!("{BRANCH}:fix.rs")]), "fix");
}

#[test]
fn a_rollback_closes_the_pull_request() {
    let job = Job::new();
    job.publish("two\n");
    let calls = job.publish("one\n");
    assert!(!job.is_open() && calls.contains("issues/7/comments"), "{calls}");
    assert_eq!(job.branch(), None);
}

#[test]
fn a_rollback_keeps_the_branch_with_a_commit_of_a_maintainer() {
    let job = Job::new();
    job.publish("two\n");
    job.help();
    job.publish("one\n");
    assert!(!job.is_open());
    assert_eq!(job.branch(), Some((2, "two".to_owned())));
}

#[test]
fn a_pull_request_that_was_closed_stays_closed_until_the_document_changes() {
    let job = Job::new();
    job.publish("two\n");
    fs::remove_file(job.path("state").join("open")).unwrap();
    let head = job.git("origin", &["rev-parse", BRANCH]);
    fs::write(job.path("state").join("last"), head).unwrap();
    job.publish("two\n");
    assert!(!job.is_open());
    job.publish("three\n");
    assert!(job.is_open());
}

#[test]
fn a_pull_request_that_could_not_be_opened_is_opened_the_next_night() {
    let job = Job::new();
    job.publish("two\n");
    fs::remove_file(job.path("state").join("open")).unwrap();
    job.publish("two\n");
    assert!(job.is_open());
}

fn with_cargo(script: &str) -> Job {
    let job = Job::new();
    job.stub("cargo", &format!("#!/bin/sh\necho \"$*\" >>\"$STATE/cargo\"\n{script}\n"));
    job.stub("sleep", "#!/bin/sh\necho \"$1\" >>\"$STATE/slept\"\n");
    job
}

fn slept(job: &Job) -> String {
    fs::read_to_string(job.path("state").join("slept")).unwrap_or_default()
}

#[test]
fn drift_is_no_failure_of_the_refresh() {
    for code in ["0", "1"] {
        let job = with_cargo(&format!("exit {code}"));
        assert!(job.script("refresh.sh", &["report.md", "3"]).status.success());
        assert_eq!(slept(&job), "");
    }
}

#[test]
fn a_refused_document_fails_at_once() {
    let job = with_cargo("echo 'error: x is refused: y' >&2; exit 2");
    let output = job.script("refresh.sh", &["report.md", "3", "9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is refused"));
    assert_eq!(slept(&job), "");
}

#[test]
fn an_api_that_cannot_be_reached_is_asked_again() {
    let job = with_cargo("echo 'error: 503 (tried 4 times)' >&2; exit 2");
    assert_eq!(job.script("refresh.sh", &["report.md", "3", "9"]).status.code(), Some(2));
    assert_eq!(slept(&job), "3\n9\n");
}

#[test]
fn the_new_documents_are_compiled_and_tested() {
    let result = |cargo: &str, document: &str| {
        let job = with_cargo(cargo);
        job.write("clone", DOCUMENT, document);
        assert!(job.script("check.sh", &["../result.md"]).status.success());
        let calls = fs::read_to_string(job.path("state").join("cargo")).unwrap_or_default();
        (fs::read_to_string(job.path("result.md")).unwrap(), calls)
    };
    let (text, calls) = result("exit 0", "two\n");
    assert!(text.contains("all tests pass"), "{text}");
    assert_eq!(calls.lines().count(), 2, "{calls}");
    let (text, _) = result("echo ERROR; exit 101", "two\n");
    assert!(text.contains("does not compile") && text.contains("ERROR"), "{text}");
    let (text, _) = result("[ \"$1\" = check ] || { echo FAILED; exit 101; }", "two\n");
    assert!(text.contains("tests fail") && text.contains("FAILED"), "{text}");
    assert_eq!(result("exit 0", "one\n"), (String::new(), String::new()));
}
