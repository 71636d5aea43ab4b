//! The steps, in the order in which they run.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::step::{Need, Step};
use crate::outcome::Failure;

const CLIENT: &str = "sendmux-client";

/// Examples that run until they are stopped: they are only compiled.
const NOT_RUN: &[&str] = &["webhook_server"];

/// Sets of several features.
const FEATURE_SETS: &[&str] = &["management,blocking"];

/// Features that only add conversions or spans, of which one build with all of them says enough.
const ADDITIONS: &str = "chrono,jiff,schemars,time,tracing";

/// The features of the tests against a real server with the platform's TLS.
const NATIVE_TLS: &str = "management,mailbox,sending,native-tls";

/// The target of WebAssembly without an operating system.
const WASM: &str = "wasm32-unknown-unknown";

/// How long each fuzz target runs.
const FUZZ_SECONDS: u32 = 60;

/// The parts of the manifest that the steps depend on.
#[derive(Debug, Deserialize)]
struct Manifest {
    workspace: Workspace,
    features: toml::Table,
}

#[derive(Debug, Deserialize)]
struct Workspace {
    package: Package,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    rust_version: String,
}

/// Lists all steps; those of the first ring come first.
pub(super) fn all(root: &Path) -> Result<Vec<Step>, Failure> {
    let failure = |error: String| Failure(format!("Cargo.toml: {error}"));
    let text = std::fs::read_to_string(root.join("Cargo.toml"))
        .map_err(|error| failure(error.to_string()))?;
    let manifest: Manifest = toml::from_str(&text).map_err(|error| failure(error.to_string()))?;
    let features: Vec<&str> = manifest
        .features
        .keys()
        .map(String::as_str)
        .filter(|name| !["default", "full"].contains(name))
        .collect();
    let mut steps = first_ring(root, &features);
    let second = second_ring(root, &features, &manifest.workspace.package.rust_version);
    steps.extend(second.into_iter().map(Step::long));
    Ok(steps)
}

fn first_ring(root: &Path, features: &[&str]) -> Vec<Step> {
    let mut steps = vec![
        Step::new("format", &["cargo", "fmt", "--all", "--check"]),
        Step::new("tidy", &["cargo", "xtask", "tidy"]),
        // What is kept beside the documents says what they do.
        Step::new("documents", &["cargo", "xtask", "update-spec", "--from", ".", "--check"]),
        Step::new("typos", &["typos"])
            .needs(Need::tool(&["typos", "--version"], "cargo install --locked typos-cli")),
        Step::new("taplo", &["taplo", "fmt", "--check", "--diff"])
            .env("RUST_LOG", "warn")
            .needs(Need::tool(&["taplo", "--version"], "cargo install --locked taplo-cli")),
        clippy("clippy:full", &["--workspace", "--all-targets", "--features", "full"]),
        clippy("clippy:default", &["--package", CLIENT]),
        clippy("clippy:none", &["--package", CLIENT, "--no-default-features"]),
        // The entry points of the fuzz targets, which `cargo fuzz` alone would compile.
        clippy("clippy:fuzzing", &["--package", CLIENT, "--lib", "--features", "full"])
            .args(&["--cfg", "fuzzing"]),
    ];
    // Each feature by itself compiles without a warning.
    for set in features.iter().chain(FEATURE_SETS) {
        let arguments = ["--package", CLIENT, "--no-default-features", "--features", set];
        steps.push(clippy(&format!("clippy:{set}"), &arguments));
    }
    // What runs in a browser or an edge worker: the types and the verification of webhooks.
    steps.push(
        Step::new("wasm", &["cargo", "check", "--package", CLIENT, "--no-default-features"])
            .args(&["--features", "webhooks", "--target", WASM])
            .needs(Need::target(WASM)),
    );
    steps.push(Step::new("test", &["cargo", "test", "--workspace", "--features", "full"]));
    steps.push(Step::new("overview", &["cargo", "overview"]));
    for example in sources(&root.join("examples")) {
        if NOT_RUN.contains(&example.as_str()) {
            continue;
        }
        let command = ["cargo", "run", "--quiet", "--package", CLIENT, "--features", "full"];
        steps.push(
            Step::new(&format!("example:{example}"), &command).args(&["--example", &example]),
        );
    }
    steps.push(doc("doc:full", &["--workspace", "--features", "full"]));
    steps.push(doc("doc:default", &["--package", CLIENT]));
    steps.push(Step::new("package", &["cargo", "xtask", "package", "--test"]));
    steps.push(
        Step::new("deny", &["cargo", "deny", "--log-level", "error"])
            .args(&["check", "bans", "licenses", "sources"])
            .needs(Need::subcommand("deny")),
    );
    steps.push(
        Step::new("advisories", &["cargo", "deny", "--log-level", "error"])
            .args(&["check", "--disable-fetch", "advisories"])
            .needs(Need::subcommand("deny"))
            .needs(Need::data(cargo_home().join("advisory-dbs"), "cargo deny fetch db")),
    );
    steps
}

fn second_ring(root: &Path, features: &[&str], rust_version: &str) -> Vec<Step> {
    let nightly = || Need::toolchain("nightly");
    let mut steps = Vec::new();
    for feature in features {
        let arguments = ["--package", CLIENT, "--no-default-features", "--features", feature];
        steps.push(doc(&format!("doc:{feature}"), &arguments));
    }
    steps.push(
        Step::new("powerset", &["cargo", "hack", "clippy", "--quiet", "--package", CLIENT])
            .args(&["--feature-powerset", "--depth", "2"])
            .args(&["--exclude-features", "_client,default,full", "--group-features", ADDITIONS])
            .args(&["--", "-D", "warnings"])
            .needs(Need::subcommand("hack")),
    );
    steps.push(
        Step::new("msrv", &["rustup", "run", rust_version, "cargo", "check", "--locked"])
            .args(&["--workspace", "--features", "full"])
            .needs(Need::toolchain(rust_version)),
    );
    // Every lower bound in a manifest is one that works.
    for (name, command) in [
        ("lock", &["generate-lockfile"] as &[&str]),
        ("check", &["check", "--workspace", "--features", "full"]),
    ] {
        steps.push(
            Step::new(&format!("minimal-versions:{name}"), &["rustup", "run", "nightly", "cargo"])
                .args(command)
                .args(&["-Z", "direct-minimal-versions", "-Z", "lockfile-path", "--config"])
                .arg("resolver.lockfile-path='target/minimal-versions/Cargo.lock'")
                .needs(nightly()),
        );
    }
    // What an API may describe, beside what this one does: each operation is tested on the wire.
    let probes = root.join("target/probes").display().to_string();
    let written = ["--package", "sendmux-client-codegen", "--test", "probes", "--", "--ignored"];
    steps.push(
        Step::new("probes:write", &["cargo", "test", "--quiet"])
            .args(&written)
            .env("SENDMUX_PROBES", &probes),
    );
    steps.push(
        Step::new("probes:wire", &["cargo", "xtask", "update-spec", "--surface", "app"]).args(&[
            "--from",
            &probes,
            "--check",
            "--test",
            "--fail-on",
            "never",
        ]),
    );
    steps.push(
        Step::new("docs-rs", &["rustup", "run", "nightly", "cargo", "doc", "--quiet"])
            .args(&["--no-deps", "--package", CLIENT, "--features", "full"])
            .env("RUSTDOCFLAGS", "--cfg docsrs -D warnings")
            .needs(nightly()),
    );
    steps.push(
        Step::new("coverage", &["cargo", "llvm-cov", "--quiet", "--workspace"])
            .args(&["--features", "full", "--summary-only"])
            .needs(Need::subcommand("llvm-cov")),
    );
    steps.push(Step::new("machete", &["cargo", "machete"]).needs(Need::subcommand("machete")));
    steps.push(semver(root));
    for target in sources(&root.join("fuzz/fuzz_targets")) {
        steps.push(
            Step::new(&format!("fuzz:{target}"), &["rustup", "run", "nightly", "cargo", "fuzz"])
                .args(&["run", &target, "--"])
                .arg(format!("-max_total_time={FUZZ_SECONDS}"))
                .arg(format!("-seed_inputs={}", files(&root.join("fuzz/seeds").join(&target))))
                .needs(nightly())
                .needs(Need::subcommand("fuzz")),
        );
    }
    // A build has one TLS backend: rustls if it has both.
    for (backend, arguments) in [
        ("rustls", &["--features", "full"] as &[&str]),
        ("native-tls", &["--no-default-features", "--features", NATIVE_TLS]),
    ] {
        steps.push(
            Step::new(&format!("nginx:{backend}"), &["cargo", "test", "--package", CLIENT])
                .args(arguments)
                .args(&["--test", "faults", "--", "--ignored", "--test-threads", "1", "nginx::"])
                .needs(Need::tool(&["nginx", "-v"], "apt-get install nginx-light")),
        );
    }
    steps.push(
        Step::new("chain", &["deploy/prometheus/chain.sh"])
            .needs(Need::tool(&["promtool", "--version"], "apt-get install prometheus"))
            .needs(Need::tool(
                &["prometheus-alertmanager", "--version"],
                "apt-get install prometheus-alertmanager",
            )),
    );
    steps.push(
        Step::new("mutants", &["cargo", "xtask", "mutants"]).needs(Need::subcommand("mutants")),
    );
    steps
}

fn clippy(name: &str, arguments: &[&str]) -> Step {
    Step::new(name, &["cargo", "clippy", "--quiet"]).args(arguments).args(&["--", "-D", "warnings"])
}

fn doc(name: &str, arguments: &[&str]) -> Step {
    Step::new(name, &["cargo", "doc", "--quiet", "--no-deps"])
        .args(arguments)
        .env("RUSTDOCFLAGS", "-D warnings")
}

/// Compares the public interface with that of the last release.
fn semver(root: &Path) -> Step {
    let last = ["describe", "--tags", "--abbrev=0", "--match", "v*"];
    let tag = std::process::Command::new("git").args(last).current_dir(root).output();
    let tag = tag.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let tag = tag.unwrap_or_default();
    let command = ["cargo", "semver-checks", "--package", CLIENT, "--baseline-rev", &tag];
    Step::new("semver", &command)
        .args(&["--only-explicit-features", "--features", "full"])
        .needs(Need::state(
            &[&["git"], last.as_slice()].concat(),
            "no commit has a tag of a release",
            "it runs from the first release on",
        ))
        .needs(Need::subcommand("semver-checks"))
}

fn cargo_home() -> PathBuf {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || std::env::home_dir().unwrap_or_default().join(".cargo");
    given.unwrap_or_else(usual)
}

/// Returns the paths of the files in a folder, separated by commas.
fn files(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path().display().to_string()).collect();
    paths.sort();
    paths.join(",")
}

/// Returns the names of the Rust files in a folder, without the extension.
fn sources(folder: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(folder);
    let names = folder.into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut names: Vec<String> = names
        .filter_map(|name| name.to_string_lossy().strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    names
}
