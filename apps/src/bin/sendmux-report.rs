//! A monthly report for a Sendmux account: see `sendmux-report --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::cli;
use sendmux_apps::report::{self, Args};

fn main() -> ExitCode {
    cli::run(report::run(&Args::parse()))
}
