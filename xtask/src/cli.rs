//! The arguments of `cargo xtask`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sendmux_client_codegen::{Module, Surface};

use crate::diff::Level;
use crate::surface::Spec;

const EXIT_CODES: &str = "\
Exit codes of update-spec and diff-spec:
  0  nothing at or above the threshold of --fail-on
  1  drift at or above the threshold
  2  could not tell: network, bad document, bad arguments, a file that cannot be written

With GITHUB_ACTIONS set, findings become annotations, and the Markdown report is
appended to the step summary. docs/spec-drift.md explains every finding.";

/// Maintenance tasks of sendmux-client.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// The tasks.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Refresh the vendored API documents and say what the change means for Rust code.
    ///
    /// Fetches each document, proves that the crate can be generated from it, compares it with
    /// the vendored one, and replaces that as a whole. A document that is refused leaves the old
    /// one as it is, byte for byte.
    #[command(after_help = EXIT_CODES)]
    UpdateSpec(UpdateSpec),
    /// Compare any two API documents.
    ///
    /// OLD and NEW are files, addresses, or `git:REV:PATH` for a file of a commit, such as
    /// `git:HEAD~3:openapi.json`.
    #[command(after_help = EXIT_CODES)]
    DiffSpec(DiffSpec),
    /// Print the generated Rust code, formatted.
    Expand(Expand),
    /// Check what no compiler checks: that modules use each other one way only, as
    /// ARCHITECTURE.md maps them, and that files are short, compiled and free of leftovers.
    Tidy,
    /// Run what continuous integration runs.
    Ci(Ci),
}

/// Arguments of `update-spec`.
#[derive(Debug, Args)]
pub struct UpdateSpec {
    /// Which document; with --from, told by the document if left out.
    #[arg(long, value_enum)]
    pub surface: Option<SpecChoice>,
    /// Take the document from here instead of where the API publishes it.
    #[arg(long, value_name = "URL|FILE")]
    pub from: Option<String>,
    /// Only report; write nothing but what --output asks for.
    #[arg(long)]
    pub check: bool,
    /// How and when to report.
    #[command(flatten)]
    pub report: Reporting,
}

/// Arguments of `diff-spec`.
#[derive(Debug, Args)]
pub struct DiffSpec {
    /// The document before.
    pub old: String,
    /// The document after.
    pub new: String,
    /// How and when to report.
    #[command(flatten)]
    pub report: Reporting,
}

/// How a comparison is reported.
#[derive(Debug, Args)]
pub struct Reporting {
    /// The least level of a finding that makes the exit code 1.
    #[arg(long, value_enum, default_value_t = Threshold::Breaking, value_name = "LEVEL")]
    pub fail_on: Threshold,
    /// Text for people, Markdown for pull requests, JSON for tools.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `expand`.
#[derive(Debug, Args)]
pub struct Expand {
    /// Which part of the crate.
    #[arg(long, value_enum, default_value_t = ModuleChoice::All)]
    pub surface: ModuleChoice,
    /// Print what was changed in the document on the way instead of the code.
    #[arg(long)]
    pub repairs: bool,
}

/// Arguments of `ci`.
#[derive(Debug, Args)]
pub struct Ci {
    /// Run the long steps too, which the schedule runs: fuzzing, mutants, every feature set, …
    #[arg(long)]
    pub full: bool,
    /// Run only these steps, of either kind.
    #[arg(value_name = "STEP", conflicts_with = "full")]
    pub steps: Vec<String>,
    /// Print the steps instead of running them.
    #[arg(long)]
    pub list: bool,
    /// Go on after a step that failed.
    #[arg(long)]
    pub no_fail_fast: bool,
    /// Succeed even if a tool is missing and its step cannot run.
    #[arg(long)]
    pub allow_missing: bool,
}

/// The documents, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SpecChoice {
    /// The app host: management and mailbox.
    App,
    /// The sending host.
    Sending,
    /// Both.
    All,
}

impl SpecChoice {
    /// The documents that it stands for.
    pub fn specs(self) -> Vec<Spec> {
        match self {
            SpecChoice::App => vec![Spec::App],
            SpecChoice::Sending => vec![Spec::Sending],
            SpecChoice::All => Spec::ALL.to_vec(),
        }
    }
}

/// The modules, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModuleChoice {
    /// Domains, mailboxes, webhooks, logs, billing.
    Management,
    /// Messages, folders and threads of one mailbox.
    Mailbox,
    /// Management and mailbox, which share a document.
    App,
    /// Sending mail.
    Sending,
    /// Events that are posted to webhooks.
    Webhooks,
    /// Everything.
    All,
}

impl ModuleChoice {
    /// The modules that it stands for.
    pub fn modules(self) -> Vec<Module> {
        match self {
            ModuleChoice::Management => vec![Surface::Management.into()],
            ModuleChoice::Mailbox => vec![Surface::Mailbox.into()],
            ModuleChoice::App => vec![Surface::Management.into(), Surface::Mailbox.into()],
            ModuleChoice::Sending => vec![Surface::Sending.into()],
            ModuleChoice::Webhooks => vec![Module::Webhooks],
            ModuleChoice::All => Module::ALL.to_vec(),
        }
    }
}

/// The threshold, as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Threshold {
    /// A program can stop compiling or start failing.
    Breaking,
    /// Programs can do more.
    Compatible,
    /// Only words changed.
    Docs,
    /// Nothing counts.
    Never,
}

impl Threshold {
    /// The least level that counts.
    pub fn level(self) -> Option<Level> {
        match self {
            Threshold::Breaking => Some(Level::Breaking),
            Threshold::Compatible => Some(Level::Compatible),
            Threshold::Docs => Some(Level::Docs),
            Threshold::Never => None,
        }
    }
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For pull requests.
    Markdown,
    /// For tools.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }
}
