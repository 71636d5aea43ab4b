//! `cargo xtask`: see `cargo xtask --help`.

use std::process::ExitCode;

use clap::Parser;
use xtask::cli::Cli;
use xtask::run::{Environment, run};

fn main() -> ExitCode {
    ExitCode::from(run(&Cli::parse(), &Environment::from_env()))
}
