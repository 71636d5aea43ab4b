//! Alerts for a Sendmux account: see `sendmux-alert --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::alert::{self, Args};
use sendmux_apps::cli;

fn main() -> ExitCode {
    cli::run(alert::run(&Args::parse()))
}
