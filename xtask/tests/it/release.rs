//! The scripts of a release, in a folder of their own, with `gh` replaced.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Answers like GitHub with at most one release, and records its calls.
const GH: &str = r#"#!/bin/sh
echo "$*" >>"$STATE/calls"
case "$*" in
  "release view"*) cat "$STATE/release" 2>/dev/null ;;
  "release delete"*) rm "$STATE/release" ;;
  "release create"*) echo true >"$STATE/release" ;;
esac
"#;

const MANIFEST: &str = "[workspace]\nmembers = []\n\n[workspace.package]\nversion = \"1.2.0\"\n\n\
    [workspace.dependencies]\nother = { version = \"1.1.0\" }\n";

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n- Next\n\n## [1.2.0] - 2026-11-24\n\n\
    ### Added\n\n- This\n\n## [1.1.0] - 2026-10-01\n\n- Before\n\n[1.2.0]: https://example.com\n";

struct Release {
    folder: TempDir,
}

impl Release {
    fn new() -> Self {
        let release = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "dist"] {
            fs::create_dir(release.path(folder)).unwrap();
        }
        release.program("bin/gh", GH);
        release.write("Cargo.toml", MANIFEST);
        release.write("CHANGELOG.md", CHANGELOG);
        release
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, file: &str, script: &str) {
        self.write(file, script);
        fs::set_permissions(self.path(file), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("STATE", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }

    fn script(&self, name: &str, arguments: &[&str]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let script = root.join(".github/scripts/release").join(name);
        self.command(&script).args(arguments).output().unwrap()
    }

    fn draft(&self, tag: &str) -> Result<String, String> {
        let _ = fs::remove_file(self.path("calls"));
        let output = self.script("draft.sh", &[tag, "dist", "notes.md"]);
        match output.status.success() {
            true => Ok(fs::read_to_string(self.path("calls")).unwrap()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }
}

#[test]
fn the_notes_are_the_section_of_the_version() {
    let release = Release::new();
    let output = release.script("notes.sh", &["v1.2.0"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "### Added\n\n- This");
}

#[test]
fn a_tag_of_another_version_or_without_notes_is_refused() {
    let release = Release::new();
    for (tag, problem) in [("v1.1.0", "is 1.2.0"), ("1.2.0", "is 1.2.0"), ("v1.2.0.1", "is 1.2.0")]
    {
        let output = release.script("notes.sh", &[tag]);
        assert!(!output.status.success(), "{tag}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(problem), "{tag}");
    }
    release.write("CHANGELOG.md", "## [1.2.0]\n\n\n## [1.1.0]\n\n- Before\n");
    let output = release.script("notes.sh", &["v1.2.0"]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("nothing under"));
}

#[test]
fn a_draft_has_every_file_with_its_checksum() {
    let release = Release::new();
    release.write("dist/a b.deb", "a");
    release.write("dist/c.tar.gz", "c");
    let calls = release.draft("v1.2.0").unwrap();
    let create = calls.lines().last().unwrap();
    assert!(create.starts_with("release create v1.2.0 --verify-tag --draft"), "{create}");
    assert!(create.ends_with("dist/SHA256SUMS dist/a b.deb dist/c.tar.gz"), "{create}");
    assert!(!create.contains("--prerelease"), "{create}");
    let mut check = release.command(Path::new("sha256sum"));
    let check = check.current_dir(release.path("dist")).args(["--check", "SHA256SUMS"]);
    let checked = String::from_utf8(check.output().unwrap().stdout).unwrap();
    assert_eq!(checked, "a b.deb: OK\nc.tar.gz: OK\n");
}

#[test]
fn a_draft_is_replaced_and_a_release_is_not() {
    let release = Release::new();
    release.write("dist/a.deb", "a");
    release.draft("v1.2.0").unwrap();
    let again = release.draft("v1.2.0").unwrap();
    assert!(again.contains("release delete v1.2.0 --yes\nrelease create"), "{again}");
    release.write("release", "false\n");
    assert!(release.draft("v1.2.0").unwrap_err().contains("published already"));
}

#[test]
fn a_version_with_a_suffix_is_a_prerelease_and_nothing_is_no_release() {
    let release = Release::new();
    assert!(release.draft("v1.2.0-rc.1").unwrap_err().contains("nothing to release"));
    release.write("dist/a.deb", "a");
    assert!(release.draft("v1.2.0-rc.1").unwrap().contains("--prerelease"));
}

#[test]
fn equal_programs_are_equal_archives() {
    let release = Release::new();
    for program in ["overview", "exporter", "alert", "report"] {
        release.program(&format!("target/release/sendmux-{program}"), "#!/bin/sh\n");
    }
    let files = ["LICENSE-APACHE", "LICENSE-MIT", "apps/README.md", "apps/alert.example.toml"];
    let more = ["apps/dashboards/sendmux.json", "deploy/prometheus/a.yml", "deploy/systemd/a.env"];
    files.iter().chain(&more).for_each(|file| release.write(file, "text\n"));
    for arguments in [
        &["init", "--quiet"][..],
        &["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--allow-empty", "-qm", "A"],
    ] {
        assert!(release.command(Path::new("git")).args(arguments).status().unwrap().success());
    }
    let archive = || {
        let output = release.script("archive.sh", &["1.2.0", "x86_64-linux-gnu", "dist"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(release.path("dist/sendmux-1.2.0-x86_64-linux-gnu.tar.gz")).unwrap()
    };
    let first = archive();
    release.write("apps/README.md", "text\n");
    assert_eq!(archive(), first);
    let mut list = release.command(Path::new("tar"));
    let list = list.args(["-tzf", "dist/sendmux-1.2.0-x86_64-linux-gnu.tar.gz"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for file in ["bin/sendmux-alert", "LICENSE-MIT", "dashboard.json", "systemd/a.env"] {
        let file = format!("sendmux-1.2.0-x86_64-linux-gnu/{file}");
        assert!(list.lines().any(|line| line == file), "{list}");
    }
}
