//! A Prometheus exporter for a Sendmux account: see `sendmux-exporter --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::cli;
use sendmux_apps::exporter::{self, Args};

fn main() -> ExitCode {
    cli::run(exporter::run(&Args::parse()))
}
