//! The checks that guard the repository, as one list of steps in two rings.
//!
//! The first ring runs on each change and takes less than 25 minutes on two cores. The second is
//! for the schedule and for releases. A step whose tool is missing is reported, and makes the run
//! fail unless that is allowed.

mod step;
mod steps;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use self::step::{Need, Step};
use crate::cli::Ci;
use crate::outcome::Failure;
use crate::process;

/// How a step ended.
enum Ending {
    Passed(Duration),
    Failed(Duration),
    Missing(Need),
    /// An earlier step failed.
    NotReached,
}

/// Runs the steps that the arguments choose; returns whether all is well.
///
/// # Errors
/// If `Cargo.toml` cannot be read, or a step that is asked for does not exist.
pub fn run(arguments: &Ci, root: &Path) -> Result<bool, Failure> {
    let steps = chosen(steps::all(root)?, arguments)?;
    if arguments.list {
        for step in &steps {
            anstream::println!("{:<28} {}", step.name, step.command_line());
        }
        return Ok(true);
    }
    // Asked for at the start: a step may build this program anew, in its place.
    let program = std::env::current_exe()
        .map_err(|error| Failure(format!("cannot find this program: {error}")))?;
    let mut endings = Vec::new();
    let mut failed = false;
    for step in &steps {
        let ending = if failed && !arguments.no_fail_fast {
            Ending::NotReached
        } else if let Some(need) = step.missing(root) {
            Ending::Missing(need.clone())
        } else {
            anstream::println!("\n== {}: {}", step.name, step.command_line());
            let _ = std::io::stdout().flush();
            let start = Instant::now();
            match execute(step, &program, root)? {
                true => Ending::Passed(start.elapsed()),
                false => Ending::Failed(start.elapsed()),
            }
        };
        failed |= matches!(ending, Ending::Failed(_));
        endings.push((step.name.as_str(), ending));
    }
    anstream::print!("{}", summary(&endings));
    let missing =
        endings.iter().any(|(_, ending)| matches!(ending, Ending::Missing(need) if need.is_tool));
    Ok(!failed && (!missing || arguments.allow_missing))
}

fn chosen(mut steps: Vec<Step>, arguments: &Ci) -> Result<Vec<Step>, Failure> {
    for name in &arguments.steps {
        if !steps.iter().any(|step| step.is_called(name)) {
            return Err(Failure(format!(
                "there is no step `{name}`; `cargo xtask ci --full --list` lists them"
            )));
        }
    }
    if arguments.steps.is_empty() {
        steps.retain(|step| arguments.full || !step.is_long);
    } else {
        steps.retain(|step| arguments.steps.iter().any(|name| step.is_called(name)));
    }
    Ok(steps)
}

fn execute(step: &Step, xtask: &Path, root: &Path) -> Result<bool, Failure> {
    let failure = |error: std::io::Error| Failure(format!("{} cannot be run: {error}", step.name));
    let Some((program, arguments)) = step.command.split_first() else { return Ok(true) };
    let mut command = match arguments.split_first() {
        // This program is `cargo xtask`; Cargo would wait to rebuild it.
        Some((first, rest)) if program == "cargo" && first == "xtask" => {
            let mut command = Command::new(xtask);
            command.args(rest).current_dir(root);
            command
        }
        _ => process::command(program, arguments, root),
    };
    command.envs(step.environment.iter().cloned());
    Ok(command.status().map_err(failure)?.success())
}

fn summary(endings: &[(&str, Ending)]) -> String {
    let mut text = String::from("\n");
    let mut total = Duration::ZERO;
    for (name, ending) in endings {
        let (time, word) = match ending {
            Ending::Passed(time) => (Some(*time), "passed"),
            Ending::Failed(time) => (Some(*time), "FAILED"),
            Ending::Missing(_) | Ending::NotReached => (None, "not run"),
        };
        total += time.unwrap_or_default();
        text += &format!("{name:<28} {:>9}  {word}\n", time.map(seconds).unwrap_or_default());
    }
    text += &format!("{:<28} {:>9}\n", "all", seconds(total));
    for (name, ending) in endings {
        if let Ending::Missing(need) = ending {
            text += &format!("not run: {name}, {}\n", need.explain());
        }
    }
    text
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
