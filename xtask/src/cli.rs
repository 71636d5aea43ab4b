//! The arguments of `cargo xtask`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sendmux_client_codegen::{Module, Surface};

use crate::diff::Level;
use crate::spec::Spec;

const EXIT_CODES: &str = "\
Exit codes of update-spec and diff-spec:
  0  no finding at or above the threshold of --fail-on
  1  at least one finding at or above the threshold
  2  the task failed: network, bad document, bad arguments, or a file that cannot
     be written

With GITHUB_ACTIONS set, findings become annotations, and the Markdown report is
appended to the step summary. docs/spec-drift.md explains every finding.";

/// Maintenance tasks of sendmux-client.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXIT_CODES)]
pub struct Cli {
    /// The task to run.
    #[command(subcommand)]
    pub task: Task,
}

/// The tasks.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Refresh the vendored API documents and report what the change means for Rust code.
    ///
    /// Fetches each document, proves that the crate can be generated from it and compiles, compares
    /// it with the vendored one, and replaces the files as a whole, those that follow from the
    /// documents too. If a document is refused, all of them stay as they are.
    #[command(after_help = EXIT_CODES)]
    UpdateSpec(UpdateSpec),
    /// Compare two API documents.
    ///
    /// OLD and NEW are files, URLs, or files of a commit as `git:REV:PATH`, such as
    /// `git:HEAD~3:openapi.json`.
    #[command(after_help = EXIT_CODES)]
    DiffSpec(DiffSpec),
    /// Print the generated Rust code, formatted.
    Expand(Expand),
    /// Check what the compiler does not: that modules import each other one way only, as
    /// ARCHITECTURE.md maps them, and that files are short, compiled and free of leftovers.
    Tidy,
    /// Write the crates as they go to the registry, with their code generated.
    ///
    /// Packs them in a copy of the workspace that has the generated code instead of the generator,
    /// and puts them into a folder from which they are published.
    Package(Package),
    /// Check that the unit tests notice each change to the modules that decide.
    ///
    /// Runs `cargo mutants`; what survives must be explained in .cargo/surviving-mutants.toml.
    Mutants(Mutants),
    /// Run the checks of continuous integration.
    Ci(Ci),
}

/// Arguments of `update-spec`.
#[derive(Debug, Args)]
pub struct UpdateSpec {
    /// The document to refresh [default: all; with --from, detected from the document].
    #[arg(long, value_enum)]
    pub surface: Option<SpecChoice>,
    /// Read the document from here instead of where the API publishes it; of a folder, the files
    /// that are named like the vendored ones.
    #[arg(long, value_name = "URL|FILE|DIR")]
    pub from: Option<String>,
    /// Report only; change no file.
    #[arg(long)]
    pub check: bool,
    /// Do not prove by compiling that the crate builds from the document.
    #[arg(long)]
    pub no_compile: bool,
    /// Prove as well that every operation sends and reads what the document describes; with --check
    /// too.
    #[arg(long, conflicts_with = "no_compile")]
    pub test: bool,
    /// How to report.
    #[command(flatten)]
    pub report: Reporting,
}

/// Arguments of `diff-spec`.
#[derive(Debug, Args)]
pub struct DiffSpec {
    /// The old document.
    pub old: String,
    /// The new document.
    pub new: String,
    /// How to report.
    #[command(flatten)]
    pub report: Reporting,
}

/// How to report a comparison.
#[derive(Debug, Args)]
pub struct Reporting {
    /// The lowest level of a finding that makes the exit code 1.
    #[arg(long, value_enum, default_value_t = Threshold::Breaking, value_name = "LEVEL")]
    pub fail_on: Threshold,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Do not count the findings that a file lists; docs/spec-drift.md describes it.
    #[arg(long, value_name = "FILE")]
    pub ignore: Option<PathBuf>,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `expand`.
#[derive(Debug, Args)]
pub struct Expand {
    /// The part of the crate to print.
    #[arg(long, value_enum, default_value_t = ModuleChoice::All)]
    pub surface: ModuleChoice,
    /// Print what the generator changed in the document instead of the code.
    #[arg(long)]
    pub repairs: bool,
}

/// Arguments of `package`.
#[derive(Debug, Args)]
pub struct Package {
    /// The folder for the crates, which must be empty or new: DIR/sendmux-client and
    /// DIR/sendmux-mock.
    #[arg(long, value_name = "DIR", required_unless_present = "test")]
    pub out: Option<PathBuf>,
    /// Build and test the packed client before it is written.
    #[arg(long)]
    pub test: bool,
    /// Pack changes that are not committed.
    #[arg(long)]
    pub allow_dirty: bool,
}

/// Arguments of `mutants`.
#[derive(Debug, Args)]
pub struct Mutants {
    /// The modules to change, as files [default: all that decide].
    #[arg(value_name = "FILE")]
    pub modules: Vec<String>,
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
    /// Returns the documents that the argument stands for.
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
    /// Events that the API posts to webhooks.
    Webhooks,
    /// Everything.
    All,
}

impl ModuleChoice {
    /// Returns the modules that the argument stands for.
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
    /// Programs may stop compiling or start failing.
    Breaking,
    /// Programs can do more.
    Compatible,
    /// Only the documentation changed.
    Docs,
    /// No finding counts.
    Never,
}

impl Threshold {
    /// Returns the lowest level that counts.
    pub fn level(self) -> Option<Level> {
        match self {
            Threshold::Breaking => Some(Level::Breaking),
            Threshold::Compatible => Some(Level::Compatible),
            Threshold::Docs => Some(Level::Docs),
            Threshold::Never => None,
        }
    }
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a terminal.
    Text,
    /// Markdown for pull requests.
    Markdown,
    /// JSON for tools.
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
