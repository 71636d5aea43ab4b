//! Runs a task: everything between the arguments and the exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cli::{
    Ci, Cli, DiffSpec, Expand, Format, Mutants, Package, Reporting, Task, UpdateSpec,
};
use crate::compare::{self, Side};
use crate::fetch::Limits;
use crate::outcome::{Failure, Outcome};
use crate::report::{self, Bump, Report};
use crate::source::Source;
use crate::spec::Spec;
use crate::update::{self, Update};
use crate::{atomic, ci, expand, ignore, mutants, package, tidy};

/// The environment in which a task runs.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Whether the task runs on GitHub Actions.
    pub github_actions: bool,
    /// The file for the summary of the step on GitHub Actions.
    pub step_summary: Option<PathBuf>,
}

impl Environment {
    /// Reads the environment.
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // Cargo sets the variable when it runs a package; a binary that is run by itself only knows
        // where it was built.
        let package = variable("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let package = PathBuf::from(package);
        Self {
            root: package.parent().unwrap_or(&package).to_owned(),
            github_actions: variable("GITHUB_ACTIONS").is_some(),
            step_summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
        }
    }
}

/// Runs the task that the arguments name and returns the exit code.
pub fn run(cli: &Cli, environment: &Environment) -> u8 {
    let code = match &cli.task {
        Task::UpdateSpec(arguments) => update_spec(arguments, environment).map(Outcome::code),
        Task::DiffSpec(arguments) => diff_spec(arguments, environment).map(Outcome::code),
        Task::Expand(arguments) => expand(arguments, environment).map(Outcome::code),
        Task::Tidy => check_tidiness(environment).map(Outcome::code),
        Task::Package(arguments) => pack(arguments, environment).map(Outcome::code),
        Task::Mutants(arguments) => test_mutants(arguments, environment).map(Outcome::code),
        Task::Ci(arguments) => run_ci(arguments, environment).map(Outcome::code),
    };
    code.unwrap_or_else(|failure| {
        anstream::eprintln!("error: {failure}");
        if environment.github_actions {
            anstream::eprint!("{}", report::failure(&failure.to_string()));
        }
        Outcome::Failed.code()
    })
}

fn update_spec(arguments: &UpdateSpec, environment: &Environment) -> Result<Outcome, Failure> {
    let from = arguments.from.as_deref().map(Source::parse).transpose().map_err(Failure)?;
    let specs = match (arguments.surface, &from) {
        (Some(choice), Some(from)) if choice.specs().len() > 1 && !from.is_folder() => {
            return Err(Failure(
                "--from names one document; choose --surface app or sending, or name a folder with \
                 both"
                    .to_owned(),
            ));
        }
        (Some(choice), _) => choice.specs(),
        (None, Some(from)) if from.is_folder() => Spec::ALL.to_vec(),
        (None, Some(_)) => Vec::new(),
        (None, None) => Spec::ALL.to_vec(),
    };
    let task = Update {
        root: environment.root.clone(),
        specs,
        from,
        check: arguments.check,
        compile: !arguments.no_compile,
        test: arguments.test,
        limits: Limits::default(),
    };
    let mut updated = update::update(&task, &mut std::thread::sleep)?;
    set_aside(&mut updated.report, &arguments.report)?;
    for file in &updated.written {
        anstream::eprintln!("updated {}", file.display());
    }
    let changed = updated.report.summary().bump != Bump::None || !updated.written.is_empty();
    let next = match (changed, arguments.check) {
        (false, _) => String::new(),
        (true, true) => update_command(arguments),
        (true, false) => TEST.to_owned(),
    };
    let file = updated.specs.first().map_or("", |spec| spec.file());
    let outcome = deliver(&updated.report, &arguments.report, &next, file, environment)?;
    for file in &updated.stale {
        anstream::eprintln!(
            "{} is not what the documents say; run `cargo xtask update-spec --from .`",
            file.display()
        );
    }
    Ok(if updated.stale.is_empty() { outcome } else { Outcome::Drift })
}

const TEST: &str = "cargo test --workspace --features full";

/// Returns the command that writes what a check has only reported.
fn update_command(arguments: &UpdateSpec) -> String {
    let mut command = "cargo xtask update-spec".to_owned();
    let surface = arguments.surface.and_then(|choice| choice.to_possible_value());
    if let Some(surface) = surface {
        command.push_str(&format!(" --surface {}", surface.get_name()));
    }
    if let Some(from) = &arguments.from {
        command.push_str(&format!(" --from {from}"));
    }
    command
}

/// Sets aside the findings that the file of `--ignore` lists.
fn set_aside(report: &mut Report, options: &Reporting) -> Result<(), Failure> {
    if let Some(path) = &options.ignore {
        let entries = ignore::read(path).map_err(Failure)?;
        ignore::apply(report, &entries, &ignore::today());
    }
    Ok(())
}

fn diff_spec(arguments: &DiffSpec, environment: &Environment) -> Result<Outcome, Failure> {
    let side = |argument: &str| -> Result<Side, Failure> {
        let text = Source::parse(argument).and_then(|source| source.read(&environment.root));
        let text = text.map_err(Failure)?;
        Side::parse(text).map_err(|error| Failure(format!("{argument}: {error}")))
    };
    let (old, new) = (side(&arguments.old)?, side(&arguments.new)?);
    let mut report = compare::compare(&old, &new)
        .map_err(|error| Failure(format!("{}: {error}", arguments.new)))?;
    set_aside(&mut report, &arguments.report)?;
    let vendored = Spec::ALL.map(Spec::file).contains(&arguments.new.as_str());
    let next = match report.summary().bump {
        Bump::None => String::new(),
        _ if vendored => TEST.to_owned(),
        _ if arguments.new.starts_with("git:") => String::new(),
        _ => format!("cargo xtask update-spec --from {}", arguments.new),
    };
    deliver(&report, &arguments.report, &next, &arguments.new, environment)
}

/// Writes a report where the arguments say, and where GitHub shows it.
fn deliver(
    report: &Report,
    options: &Reporting,
    next: &str,
    file: &str,
    environment: &Environment,
) -> Result<Outcome, Failure> {
    let text = match options.format {
        Format::Text => report::text(report, next),
        Format::Markdown => report::markdown(report, next),
        Format::Json => report::json(report),
    };
    match &options.output {
        Some(path) => {
            let plain = anstream::adapter::strip_str(&text).to_string();
            atomic::replace(path, &plain)
                .map_err(|error| Failure(format!("cannot write {}: {error}", path.display())))?;
        }
        None => print(&text)?,
    }
    if environment.github_actions {
        let lines = report::annotations(report, file);
        // Standard output belongs to the report if a tool reads it.
        match (&options.output, options.format) {
            (None, Format::Json) => anstream::eprint!("{lines}"),
            _ => print(&lines)?,
        }
        if let Some(path) = &environment.step_summary {
            append(path, &report::markdown(report, next))?;
        }
    }
    Ok(Outcome::of(&report.findings, options.fail_on.level()))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader of the report may have seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("cannot print the report: {error}")))
        }
        _ => Ok(()),
    }
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()))
        .map_err(|error| Failure(format!("cannot write {}: {error}", path.display())))
}

fn expand(arguments: &Expand, environment: &Environment) -> Result<Outcome, Failure> {
    for module in arguments.surface.modules() {
        let text = match arguments.repairs {
            true => expand::repairs(&environment.root, module)?,
            false => expand::code(&environment.root, module)?,
        };
        print(&text)?;
    }
    Ok(Outcome::Quiet)
}

fn check_tidiness(environment: &Environment) -> Result<Outcome, Failure> {
    let violations = tidy::check(&environment.root)?;
    for violation in &violations {
        anstream::eprintln!("{violation}");
    }
    Ok(if violations.is_empty() { Outcome::Quiet } else { Outcome::Drift })
}

fn pack(arguments: &Package, environment: &Environment) -> Result<Outcome, Failure> {
    package::package(&package::Package {
        root: environment.root.clone(),
        out: arguments.out.clone(),
        test: arguments.test,
        allow_dirty: arguments.allow_dirty,
    })?;
    Ok(Outcome::Quiet)
}

fn test_mutants(arguments: &Mutants, environment: &Environment) -> Result<Outcome, Failure> {
    let explained = mutants::run(arguments, &environment.root)?;
    Ok(if explained { Outcome::Quiet } else { Outcome::Drift })
}

fn run_ci(arguments: &Ci, environment: &Environment) -> Result<Outcome, Failure> {
    let succeeded = ci::run(arguments, &environment.root)?;
    Ok(if succeeded { Outcome::Quiet } else { Outcome::Drift })
}
