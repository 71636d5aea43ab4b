//! What a step is: a command, and what must be there for it to run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::process::command;

/// A check that is one command.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// `GROUP` or `GROUP:MEMBER`.
    pub(super) name: String,
    pub(super) command: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) needs: Vec<Need>,
    /// Whether it runs only with `--full`.
    pub(super) is_long: bool,
}

/// What a step cannot run without.
#[derive(Debug, Clone)]
pub(super) struct Need {
    probe: Probe,
    reason: String,
    remedy: String,
    /// Whether it can be had; what cannot does not make the run fail.
    pub(super) is_tool: bool,
}

/// How to see that a need is met.
#[derive(Debug, Clone)]
enum Probe {
    /// A command succeeds.
    Command(Vec<String>),
    /// A folder has others in it.
    Folders(PathBuf),
}

impl Step {
    pub(super) fn new(name: &str, command: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            command: owned(command),
            environment: Vec::new(),
            needs: Vec::new(),
            is_long: false,
        }
    }

    pub(super) fn arg(mut self, argument: impl Into<String>) -> Self {
        self.command.push(argument.into());
        self
    }

    pub(super) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.extend(owned(arguments));
        self
    }

    pub(super) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(super) fn needs(mut self, need: Need) -> Self {
        self.needs.push(need);
        self
    }

    pub(super) fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// Whether an argument means this step: by its name, or by its group.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.name.split(':').next() == Some(name)
    }

    /// The command as a person would type it.
    pub(super) fn command_line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}={value:?} "));
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        variables.collect::<String>() + &words.join(" ")
    }

    /// The first need that is not met.
    pub(super) fn missing(&self, root: &Path) -> Option<&Need> {
        self.needs.iter().find(|need| !need.is_met(root))
    }
}

impl Need {
    /// A program that `install` brings.
    pub(super) fn tool(probe: &[&str], install: &str) -> Self {
        Self {
            probe: Probe::Command(owned(probe)),
            reason: format!("`{}` does not run", probe.join(" ")),
            remedy: format!("install with `{install}`"),
            is_tool: true,
        }
    }

    /// A subcommand of Cargo, of the crate of the same name.
    pub(super) fn subcommand(name: &str) -> Self {
        Self::tool(&["cargo", name, "--version"], &format!("cargo install --locked cargo-{name}"))
    }

    /// A toolchain of rustup.
    pub(super) fn toolchain(name: &str) -> Self {
        Self::tool(
            &["rustup", "run", name, "cargo", "--version"],
            &format!("rustup toolchain install {name} --profile minimal"),
        )
    }

    /// A target of the toolchain in use. A run goes on without it.
    pub(super) fn target(name: &str) -> Self {
        let installed = format!("rustup target list --installed | grep -qx {name}");
        Self::state(
            &["sh", "-c", &installed],
            &format!("the target {name} is not installed"),
            &format!("install with `rustup target add {name}`"),
        )
    }

    /// Folders that `install` puts into this one. It needs the network, so that a run goes on without
    /// them.
    pub(super) fn data(path: PathBuf, install: &str) -> Self {
        Self {
            reason: format!("there is nothing in {}", path.display()),
            remedy: format!("get it with `{install}`"),
            probe: Probe::Folders(path),
            is_tool: false,
        }
    }

    /// Something that only the future brings.
    pub(super) fn state(probe: &[&str], reason: &str, remedy: &str) -> Self {
        Self {
            probe: Probe::Command(owned(probe)),
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
            is_tool: false,
        }
    }

    /// Why a step did not run, and what to do.
    pub(super) fn explain(&self) -> String {
        format!("because {}; {}", self.reason, self.remedy)
    }

    fn is_met(&self, root: &Path) -> bool {
        let words = match &self.probe {
            Probe::Command(words) => words,
            Probe::Folders(path) => {
                let mut entries = std::fs::read_dir(path).into_iter().flatten().flatten();
                return entries.any(|entry| entry.path().is_dir());
            }
        };
        let Some((program, arguments)) = words.split_first() else { return true };
        let mut probe = command(program, arguments, root);
        probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
