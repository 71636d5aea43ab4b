//! An overview of a Sendmux account in the terminal: see `sendmux-overview --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::cli;
use sendmux_apps::overview::{self, Args};

fn main() -> ExitCode {
    cli::run(overview::run(&Args::parse()))
}
