//! `cargo xtask package` on a small workspace, and what `update-spec` compiles of it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

const MANIFEST: &str = r#"
[workspace]
members = [".", "codegen", "mock"]

[workspace.dependencies]
sendmux-client-codegen = { path = "codegen", version = "0.1.0" }

[package]
name = "sendmux-client"
version = "0.1.0"
edition = "2024"
description = "A client"
license = "MIT"
publish = false

[build-dependencies]
sendmux-client-codegen.workspace = true

[features]
full = []
mock = ["dep:sendmux-mock"]

[dependencies]
sendmux-mock = { path = "mock", version = "0.1.0", optional = true }

[[test]]
name = "behaviour"

[dev-dependencies]
sendmux-mock = { path = "mock", version = "0.1.0" }
"#;

fn member(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         description = \"A crate\"\nlicense = \"MIT\"\n"
    )
}

/// A document with the operations at some paths.
fn document(paths: &[&str]) -> String {
    let operation = json!({"get": {"responses": {"204": {"description": ""}}}});
    let paths: serde_json::Map<_, _> =
        paths.iter().map(|path| ((*path).to_owned(), operation.clone())).collect();
    let event = json!({"type": "object", "properties": {
        "id": {"type": "string"},
        "type": {"type": "string", "enum": ["ping"]},
    }});
    json!({
        "openapi": "3.1.0",
        "paths": paths,
        "components": {"schemas": {"WebhookEventPayload": event}},
    })
    .to_string()
}

/// A committed workspace of the same form as the real one.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in [
            (".gitignore", "target\n"),
            ("Cargo.toml", MANIFEST),
            ("build.rs", "fn main() {}"),
            ("tests/behaviour.rs", ""),
            ("src/lib.rs", "//! A client.\n"),
            ("src/generated.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/management.rs\"));\n"),
            ("codegen/Cargo.toml", &member("sendmux-client-codegen")),
            ("codegen/src/lib.rs", ""),
            ("mock/Cargo.toml", &member("sendmux-mock")),
            ("mock/src/lib.rs", ""),
            ("openapi.json", &document(&["/domains", "/mailbox/me"])),
            ("openapi-sending.json", &document(&["/emails"])),
        ] {
            workspace.write(name, text);
        }
        workspace.git(&["init", "--quiet"]);
        workspace.commit();
        workspace
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.root()).args(["-c", "user.name=A", "-c", "user.email=a@one.example"]);
        assert!(git.args(arguments).status().unwrap().success());
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "A"]);
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(self.root())
            .env("CARGO_MANIFEST_DIR", self.root().join("xtask"))
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("GITHUB_ACTIONS")
            .args(arguments);
        command
    }

    fn package(&self, out: &Path) -> Output {
        self.xtask(&["package", "--out"]).arg(out).output().unwrap()
    }

    /// Puts a `cargo` before the real one that prints a line and fails.
    fn broken_cargo(&self) -> std::ffi::OsString {
        self.write("target/bin/cargo", "#!/bin/sh\necho 'error[E0000]: broken' >&2\nexit 101\n");
        let folder = self.root().join("target/bin");
        fs::set_permissions(folder.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).unwrap()
    }
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_packed_client_has_its_code_and_no_generator() {
    let workspace = Workspace::new();
    let target = tempfile::tempdir().unwrap();
    let out = target.path().join("new/out");
    let output = workspace.package(&out);
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| fs::read_to_string(out.join("sendmux-client").join(name)).unwrap();
    for name in ["management", "mailbox", "sending", "webhooks"] {
        assert!(read(&format!("src/generated/{name}.rs")).contains("pub mod types"), "{name}");
    }
    assert!(read("src/generated/management_mocks.rs").contains("impl "));
    assert!(!read("src/generated.rs").contains("OUT_DIR"));
    assert!(!read("Cargo.toml").contains("codegen") && !read("Cargo.lock").contains("codegen"));
    assert!(!read("Cargo.toml").contains("publish"));
    let check = Command::new("cargo")
        .args(["check", "--quiet", "--offline", "--tests"])
        .current_dir(out.join("sendmux-client"))
        .env("CARGO_TARGET_DIR", target.path().join("build"))
        .status();
    assert!(check.unwrap().success(), "it does not build where it is");
    for absent in ["build.rs", "Cargo.toml.orig", "src/generated/management_cases.rs"] {
        assert!(!out.join("sendmux-client").join(absent).exists(), "{absent}");
    }
    assert!(out.join("sendmux-mock/Cargo.toml").is_file());
    assert_eq!(fs::read_dir(out.parent().unwrap()).unwrap().count(), 1, "a folder remains");
}

#[test]
fn the_packed_code_is_never_older_than_the_document() {
    let workspace = Workspace::new();
    let target = tempfile::tempdir().unwrap();
    let out = |name: &str| target.path().join(name);
    assert!(workspace.package(&out("one")).status.success());
    workspace.write("openapi.json", &document(&["/domains", "/mailbox/me", "/mailboxes"]));
    assert!(error(&workspace.package(&out("two"))).contains("`M openapi.json`"));
    workspace.commit();
    assert!(error(&workspace.package(&out("one"))).contains("is not an empty folder"));
    assert!(workspace.package(&out("two")).status.success());
    let code = |name: &str| {
        fs::read_to_string(out(name).join("sendmux-client/src/generated/management.rs")).unwrap()
    };
    assert!(!code("one").contains("\"/mailboxes\"") && code("two").contains("\"/mailboxes\""));
    workspace.write("src/generated/management.rs", "// old\n");
    workspace.commit();
    assert!(error(&workspace.package(&out("three"))).contains("is in the way"));
    let cargo = Command::new("cargo")
        .args(["publish", "--dry-run", "--offline", "--package", "sendmux-client"])
        .current_dir(workspace.root())
        .output()
        .unwrap();
    let text = String::from_utf8(cargo.stderr).unwrap();
    assert!(!cargo.status.success() && text.contains("cannot be published"), "{text}");
}

#[test]
fn a_folder_in_the_workspace_is_refused_unless_it_is_built() {
    let workspace = Workspace::new();
    assert!(error(&workspace.package(Path::new("out"))).contains("is in the workspace"));
    assert!(!workspace.root().join("out").exists());
    assert!(workspace.package(Path::new("target/out")).status.success());
}

#[test]
fn nothing_is_left_of_packages_that_cannot_be_made() {
    let workspace = Workspace::new();
    workspace
        .write("mock/Cargo.toml", "[package]\nname = \"sendmux-mock\"\nlicense-file = \"no\"\n");
    workspace.commit();
    let target = tempfile::tempdir().unwrap();
    let error = error(&workspace.package(&target.path().join("out")));
    assert!(error.contains("cargo package") && error.contains("license-file"), "{error}");
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_tool_is_named() {
    let workspace = Workspace::new();
    let mut command = workspace.xtask(&["package", "--out", "target/out"]);
    let error = error(&command.env("PATH", workspace.root()).output().unwrap());
    assert!(error.contains("`cargo --version` does not run; install cargo"), "{error}");
}

#[test]
fn a_document_from_which_the_crate_compiles_is_written() {
    let workspace = Workspace::new();
    workspace.write("docs/operations.md", "");
    workspace.write("target/new.json", &document(&["/domains", "/mailbox/me", "/mailboxes"]));
    let arguments = ["update-spec", "--surface", "app", "--from", "target/new.json"];
    let output = workspace.xtask(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document = fs::read_to_string(workspace.root().join("openapi.json")).unwrap();
    assert!(document.contains("/mailboxes"));
    assert!(!workspace.root().join("target/packed").exists());
}

#[test]
fn a_document_from_which_the_crate_does_not_compile_is_refused() {
    let workspace = Workspace::new();
    workspace.write("docs/operations.md", "");
    workspace.write("target/new.json", &document(&["/domains", "/mailbox/me", "/mailboxes"]));
    let before = fs::read_to_string(workspace.root().join("openapi.json")).unwrap();
    let arguments = ["update-spec", "--surface", "app", "--from", "target/new.json"];
    let mut update = workspace.xtask(&arguments);
    let error = error(&update.env("PATH", workspace.broken_cargo()).output().unwrap());
    assert!(error.contains("target/new.json is refused: the crate does not compile"), "{error}");
    assert!(error.contains("error[E0000]: broken"), "{error}");
    assert_eq!(fs::read_to_string(workspace.root().join("openapi.json")).unwrap(), before);
    assert_eq!(fs::read_to_string(workspace.root().join("docs/operations.md")).unwrap(), "");
    assert!(!workspace.root().join("target/packed").exists());
    let mut update = workspace.xtask(&arguments);
    update.arg("--no-compile").env("PATH", workspace.broken_cargo());
    assert_eq!(update.output().unwrap().status.code(), Some(0));
    assert!(
        fs::read_to_string(workspace.root().join("docs/operations.md"))
            .unwrap()
            .contains("/mailboxes")
    );
}
