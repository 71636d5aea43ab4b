//! Carries out a task: everything between the arguments and the exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::{Ci, Cli, DiffSpec, Expand, Format, Reporting, Task, UpdateSpec};
use crate::compare::{self, Side};
use crate::fetch::Limits;
use crate::outcome::{Failure, Outcome};
use crate::report::{self, Bump, Report};
use crate::source::Source;
use crate::surface::Spec;
use crate::update::{self, Update};
use crate::{atomic, ci, expand, tidy};

/// What a task is told by where it runs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The workspace.
    pub root: PathBuf,
    /// Whether GitHub Actions reads the output.
    pub actions: bool,
    /// Where GitHub Actions takes the summary of a step.
    pub summary: Option<PathBuf>,
}

impl Surroundings {
    /// Reads the environment.
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // cargo says where the package is that it runs; a binary run by itself only knows where it
        // was built.
        let package = variable("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let package = PathBuf::from(package);
        Self {
            root: package.parent().unwrap_or(&package).to_owned(),
            actions: variable("GITHUB_ACTIONS").is_some(),
            summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
        }
    }
}

/// Carries out what the arguments ask for and gives the exit code.
pub fn run(cli: &Cli, place: &Surroundings) -> u8 {
    let done = match &cli.task {
        Task::UpdateSpec(arguments) => update_spec(arguments, place).map(Outcome::code),
        Task::DiffSpec(arguments) => diff_spec(arguments, place).map(Outcome::code),
        Task::Expand(arguments) => print_expanded(arguments, place).map(Outcome::code),
        Task::Tidy => check_tidiness(place).map(Outcome::code),
        Task::Ci(arguments) => run_ci(arguments, place).map(Outcome::code),
    };
    done.unwrap_or_else(|failure| {
        anstream::eprintln!("error: {failure}");
        if place.actions {
            anstream::eprint!("{}", report::failure(&failure.to_string()));
        }
        Outcome::Unknown.code()
    })
}

fn update_spec(arguments: &UpdateSpec, place: &Surroundings) -> Result<Outcome, Failure> {
    let from = arguments.from.as_deref().map(Source::parse).transpose().map_err(Failure)?;
    let specs = match (arguments.surface, &from) {
        (Some(choice), Some(_)) if choice.specs().len() > 1 => {
            return Err(Failure("--from is one document; name its --surface".to_owned()));
        }
        (Some(choice), _) => choice.specs(),
        (None, Some(_)) => Vec::new(),
        (None, None) => Spec::ALL.to_vec(),
    };
    let task = Update {
        root: place.root.clone(),
        specs,
        from,
        check: arguments.check,
        limits: Limits::default(),
    };
    let updated = update::update(&task, &mut std::thread::sleep)?;
    for file in &updated.written {
        anstream::eprintln!("{file} is refreshed");
    }
    let changed = updated.report.summary().bump != Bump::None || !updated.written.is_empty();
    let next = match (changed, arguments.check) {
        (false, _) => "",
        (true, true) => "cargo xtask update-spec",
        (true, false) => "cargo test --workspace --features full",
    };
    let file = updated.specs.first().map_or("", |spec| spec.file());
    tell(&updated.report, &arguments.report, next, file, place)
}

fn diff_spec(arguments: &DiffSpec, place: &Surroundings) -> Result<Outcome, Failure> {
    let side = |word: &str| -> Result<Side, Failure> {
        let text = Source::parse(word).and_then(|source| source.read(&place.root));
        let text = text.map_err(Failure)?;
        Side::read(text).map_err(|error| Failure(format!("{word}: {error}")))
    };
    let (old, new) = (side(&arguments.old)?, side(&arguments.new)?);
    let report = compare::compare(&old, &new)
        .map_err(|error| Failure(format!("{}: {error}", arguments.new)))?;
    let next = match report.summary().bump {
        Bump::None => String::new(),
        _ if arguments.report.format == Format::Text => {
            format!("cargo xtask diff-spec {} {} --format markdown", arguments.old, arguments.new)
        }
        _ => "cargo xtask update-spec".to_owned(),
    };
    tell(&report, &arguments.report, &next, &arguments.new, place)
}

/// Puts a report where it was asked for, and where GitHub shows it.
fn tell(
    report: &Report,
    how: &Reporting,
    next: &str,
    file: &str,
    place: &Surroundings,
) -> Result<Outcome, Failure> {
    let text = match how.format {
        Format::Text => report::text(report, next),
        Format::Markdown => report::markdown(report, next),
        Format::Json => report::json(report),
    };
    match &how.output {
        Some(path) => {
            let plain = anstream::adapter::strip_str(&text).to_string();
            atomic::replace(path, &plain).map_err(|error| {
                Failure(format!("{} cannot be written: {error}", path.display()))
            })?;
        }
        None => print(&text)?,
    }
    if place.actions {
        let lines = report::annotations(report, file);
        // Standard output is the report's where a tool reads it.
        match (&how.output, how.format) {
            (None, Format::Json) => anstream::eprint!("{lines}"),
            _ => print(&lines)?,
        }
        if let Some(path) = &place.summary {
            append(path, &report::markdown(report, next))?;
        }
    }
    Ok(Outcome::of(&report.findings, how.fail_on.level()))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads the report may have seen enough of it.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("the report cannot be printed: {error}")))
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
        .map_err(|error| Failure(format!("{} cannot be written: {error}", path.display())))
}

fn print_expanded(arguments: &Expand, place: &Surroundings) -> Result<Outcome, Failure> {
    for module in arguments.surface.modules() {
        let text = match arguments.repairs {
            true => expand::repairs(&place.root, module)?,
            false => expand::source(&place.root, module)?,
        };
        print(&text)?;
    }
    Ok(Outcome::Quiet)
}

fn check_tidiness(place: &Surroundings) -> Result<Outcome, Failure> {
    let violations = tidy::check(&place.root)?;
    for violation in &violations {
        anstream::eprintln!("{violation}");
    }
    Ok(if violations.is_empty() { Outcome::Quiet } else { Outcome::Drift })
}

fn run_ci(arguments: &Ci, place: &Surroundings) -> Result<Outcome, Failure> {
    let succeeded = ci::run(arguments, &place.root)?;
    Ok(if succeeded { Outcome::Quiet } else { Outcome::Drift })
}
